package team

import (
	"context"
	"slices"
	"time"

	"raff/internal/event"
)

// SecretHolder is a user or an API key that was shown a secret of a key: who created or rotated it and, if an API key did
// that, everyone who was shown that key's secret.
type SecretHolder struct {
	Type PrincipalType // TypeUser or TypeAPIKey
	ID   string
	// Until is when the secret they were shown stops working; zero for the current secret.
	Until time.Time
	// CanonicalEmail is the user's email. A store reads it, but does not write it.
	CanonicalEmail string
}

// holds reports whether a secret they were shown works at that time.
func (h SecretHolder) holds(now time.Time) bool { return h.Until.IsZero() || now.Before(h.Until) }

// HeldKey is an API key whose secret a user was shown.
type HeldKey struct {
	APIKey
	// Current says that a secret they were shown still works.
	Current bool
	// Disabled says that the current change disabled the key.
	Disabled bool
}

// audience returns who is shown a secret that the caller is shown: the caller and, if it is an API key, everyone who was
// shown its secret. It must be called before that secret is replaced.
func (g *guard) audience() ([]SecretHolder, error) {
	switch g.p.Type {
	case TypeUser:
		return []SecretHolder{{Type: TypeUser, ID: g.p.ID}}, nil
	case TypeAPIKey:
		holders, err := g.holders()
		if err != nil {
			return nil, err
		}
		to := []SecretHolder{{Type: TypeAPIKey, ID: g.p.ID}}
		for _, h := range holders {
			if h.Until.IsZero() != g.p.replaced && h.holds(g.at) {
				to = append(to, h)
			}
		}
		return to, nil
	}
	return nil, nil
}

// holders returns everyone who was ever shown a secret of the acting API key; none if a user acts.
func (g *guard) holders() ([]SecretHolder, error) {
	if g.p.Type != TypeAPIKey || g.p.holdersRead {
		return g.p.holders, nil
	}
	holders, err := g.SecretHolders(g.ctx, g.p.ID)
	if err == nil {
		g.p.holders, g.p.holdersRead = holders, true
	}
	return holders, err
}

// isHolder reports whether the caller is an API key and the subject is a user who was shown its secret, so that the key
// acts on behalf of that user.
func (g *guard) isHolder(to subject) (bool, error) {
	if g.p.Type != TypeAPIKey || to.keyID != "" {
		return false, nil
	}
	holders, err := g.holders()
	return slices.ContainsFunc(holders, func(h SecretHolder) bool {
		return h.Type == TypeUser && (h.ID == to.userID || to.canonical != "" && h.CanonicalEmail == to.canonical)
	}), err
}

// isOwn reports whether the caller, or a user who was shown the caller's secret, was ever shown a secret of the key.
func (g *guard) isOwn(keyID string) (bool, error) {
	theirs, err := g.SecretHolders(g.ctx, keyID)
	if err != nil {
		return false, err
	}
	mine, err := g.holders()
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(theirs, func(h SecretHolder) bool {
		return h.ID == g.p.ID || slices.ContainsFunc(mine, func(m SecretHolder) bool { return m.ID == h.ID })
	}), nil
}

func holderDenied() error {
	return RefusalSecretHolder.With()
}

// mayOutlast refuses an expiry later than that of the credential that creates, rotates or extends the key, so that no
// credential can prolong its own access.
func (g *guard) mayOutlast(expires time.Time) error {
	end := g.p.ends
	if end.IsZero() || !expires.IsZero() && !expires.After(end) {
		return nil
	}
	e := RefusalCredentialExpires.With(end)
	e.Field = "expires_at"
	return e
}

// replaced refuses changes of a key with its own old secret, in its grace period.
func (g *guard) replaced(k APIKey) error {
	if g.p.ID != k.ID || !g.p.replaced {
		return nil
	}
	return RefusalReplacedSecret.With()
}

// heldBy returns the keys whose secret a user was shown: all of the account, or those with a role in the project.
func (g *guard) heldBy(m Member) ([]HeldKey, error) {
	if m.Type != TypeUser {
		return nil, nil
	}
	keys, err := g.KeysHeldBy(g.ctx, g.p.AccountID, m.UserID, g.at)
	if m.ProjectID == "" {
		return keys, err
	}
	return slices.DeleteFunc(keys, func(k HeldKey) bool {
		return !slices.ContainsFunc(k.Memberships, func(seat Member) bool { return seat.ProjectID == m.ProjectID })
	}), err
}

// disables reports whether a key is disabled when the user who was shown its secret is suspended or removed.
func (g *guard) disables(k HeldKey) bool {
	return k.Current && k.IsActive && g.mayTouchKey(k.APIKey) == nil
}

// disableHeld disables the keys whose secret the user was shown, after the user lost access to the account. Keys that the
// caller may not change stay enabled. because is the action that caused it.
func (w *work) disableHeld(m Member, keys []HeldKey, because event.Action) error {
	for i := range keys {
		k := &keys[i]
		if !w.disables(*k) {
			continue
		}
		if err := w.deactivate(k, event.APIKeyUpdated{Because: because, MemberEmail: m.Email, MemberID: m.ID}); err != nil {
			return err
		}
	}
	return nil
}

// deactivate disables a key that is enabled. told is the event.
func (w *work) deactivate(k *HeldKey, told event.APIKeyUpdated) error {
	k.IsActive, k.UpdatedAt, k.Disabled = false, w.since(k.UpdatedAt), true
	if err := w.UpdateAPIKey(w.ctx, k.APIKey); err != nil {
		return err
	}
	told.IsActive = event.Changed(true, false)
	return w.recordKey(k.APIKey, told)
}

// unprovenKeys returns the UnprovenKeys in the account of the caller.
func (g *guard) unprovenKeys(u User) (keys []HeldKey, err error) {
	if u.Proven || u.ID == "" {
		return nil, nil
	}
	held, err := g.KeysHeldBy(g.ctx, g.p.AccountID, u.ID, g.at)
	if err != nil {
		return nil, err
	}
	for _, k := range held {
		if !k.Current || !k.IsActive || Expired(k.ExpiresAt, g.at) {
			continue
		}
		holders, err := g.SecretHolders(g.ctx, k.ID)
		if err != nil {
			return nil, err
		}
		others := func(h SecretHolder) bool { return h.Type == TypeUser && h.ID != u.ID && h.holds(g.at) }
		if !slices.ContainsFunc(holders, others) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// UnprovenKeys returns the enabled API keys of an account whose secret only this user was shown, if their email is not
// verified.
func (s *Service) UnprovenKeys(ctx context.Context, accountID string, u User) ([]HeldKey, error) {
	return s.guard(ctx, u.As(accountID)).unprovenKeys(u)
}

// EndUnprovenKeys disables the UnprovenKeys of a user in the account of the actor, or with disable false only names them.
func (s *Service) EndUnprovenKeys(ctx context.Context, tx Tx, actor *Principal, u User, disable bool) (kept, disabled []string, err error) {
	w := s.work(ctx, tx, actor)
	keys, err := w.unprovenKeys(u)
	if err != nil {
		return nil, nil, err
	}
	for i := range keys {
		if !disable {
			kept = append(kept, keys[i].Name)
			continue
		}
		disabled = append(disabled, keys[i].Name)
		if err := w.deactivate(&keys[i], event.APIKeyUpdated{Because: event.ActionSignInReset}); err != nil {
			return nil, nil, err
		}
	}
	return kept, disabled, nil
}

// EndHeldKeys disables the API keys of an account whose secret a user was shown, because the user is being erased, and returns their
// names.
func (s *Service) EndHeldKeys(ctx context.Context, tx Tx, actor *Principal, userID string) (disabled []string, err error) {
	w := s.work(ctx, tx, actor)
	keys, err := w.KeysHeldBy(ctx, actor.AccountID, userID, w.at)
	if err != nil {
		return nil, err
	}
	for i := range keys {
		if k := &keys[i]; k.Current && k.IsActive {
			disabled = append(disabled, k.Name)
			if err := w.deactivate(k, event.APIKeyUpdated{Because: event.ActionPersonErasureOrdered}); err != nil {
				return nil, err
			}
		}
	}
	return disabled, nil
}

// disabledNames returns the names of the keys that were disabled.
func disabledNames(keys []HeldKey) (names []string) {
	for _, k := range keys {
		if k.Disabled {
			names = append(names, k.Name)
		}
	}
	return names
}

// since returns the time of a change to a row: later than its last change, regardless of the clock, so that UpdatedAt
// identifies every version.
func (w *work) since(before time.Time) time.Time {
	if next := before.Add(time.Microsecond); w.at.Before(next) {
		return next
	}
	return w.at
}
