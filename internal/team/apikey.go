package team

import (
	"context"
	"errors"
	"slices"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// Rate limit tiers of a key.
const (
	TierStandard = "standard"
	TierHigh     = "high"
)

// APIKey is an API key, which is a principal with its own roles.
type APIKey struct {
	ID        string
	AccountID string
	Name      string
	KeyPrefix string
	// Hash is the SHA-256 of the whole secret, which is not stored itself.
	Hash []byte
	// OldHash is the hash of the previous secret, which works until OldUntil, the end of the grace period.
	OldHash  []byte
	OldUntil time.Time
	Tier     string
	// IssuedAt is when the current secret was created. ExpiresAt - IssuedAt is the lifetime that a regeneration grants again.
	IssuedAt   time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time
	IsActive   bool
	// CreatedBy is the principal that created the key; CreatedByUser is the person behind it, if an API key created it.
	CreatedBy     string
	CreatedByUser string
	CreatedAt     time.Time
	UpdatedAt     time.Time

	// ExternalIDs are only set by Identify, and in the result of a change. A store neither reads nor writes them.
	ExternalIDs ExternalIDs
	// Memberships are the key's role in the account and in projects, read with it; a store does not write them.
	Memberships []Member
}

// Suspended reports whether the key is suspended in the account, so that it has no access to projects either.
func (k *APIKey) Suspended() bool {
	return slices.ContainsFunc(k.Memberships, func(m Member) bool { return m.ProjectID == "" && m.Status == StatusSuspended })
}

// NewAPIKey describes a key. RoleID assigns it an account role, and Projects a role in each of them; without either,
// the key has no permissions.
type NewAPIKey struct {
	Name      string
	Tier      string    // "standard" when empty
	ExpiresAt time.Time // zero means never
	RoleID    string
	Projects  []ProjectRole
	ManagedBy string // "api" when empty
	// ExternalIDs are the external ids of the key.
	ExternalIDs ExternalIDs
}

// ProjectRole is a role in a project.
type ProjectRole struct{ ProjectID, RoleID string }

// APIKeyChange changes the fields that are not nil. ExpiresAt pointing to the zero time means never.
type APIKeyChange struct {
	Name, Tier *string
	IsActive   *bool
	ExpiresAt  *time.Time
	// ExternalIDs changes the external ids of the key.
	ExternalIDs ExternalIDChange
	// Base is the version that the change was made for.
	Base Base
}

// MaxGrace is the longest grace period of an old secret after a rotation.
const MaxGrace = 7 * 24 * time.Hour

// ListAPIKeys lists the account's keys in order of creation.
func (s *Service) ListAPIKeys(ctx context.Context, p *Principal, f APIKeyFilter) ([]APIKey, int, error) {
	f.AccountID = p.AccountID
	if err := s.Require(p, permission.APIKeysView, permission.APIKeysManage); err != nil {
		return nil, 0, err
	}
	return s.store.APIKeys(ctx, f)
}

// GetAPIKey reads one key, without its secret.
func (s *Service) GetAPIKey(ctx context.Context, p *Principal, id string) (APIKey, error) {
	if err := s.Require(p, permission.APIKeysView, permission.APIKeysManage); err != nil {
		return APIKey{}, err
	}
	return s.store.APIKey(ctx, p.AccountID, id)
}

// CreateAPIKey creates a key and returns its secret, which cannot be read again.
func (s *Service) CreateAPIKey(ctx context.Context, p *Principal, n NewAPIKey) (APIKey, string, error) {
	if err := s.Require(p, permission.APIKeysCreate); err != nil {
		return APIKey{}, "", err
	}
	if err := CheckName(n.Name, 128); err != nil {
		return APIKey{}, "", err
	}
	if n.Tier == "" {
		n.Tier = TierStandard
	}
	if err := checkTier(p, TierStandard, n.Tier); err != nil {
		return APIKey{}, "", err
	}
	if err := s.checkExpiry(n.ExpiresAt); err != nil {
		return APIKey{}, "", err
	}
	if err := n.ExternalIDs.change().check(); err != nil {
		return APIKey{}, "", err
	}
	var k APIKey
	var secret string
	err := s.write(ctx, p, Shared, func(w *work) error {
		if err := s.Require(w.p, permission.APIKeysCreate); err != nil {
			return err
		}
		var err error
		if k, secret, err = w.newKey(n); err != nil {
			return err
		}
		if _, err := w.identify(&k, n.ExternalIDs.change()); err != nil {
			return err
		}
		w.made = k
		return w.mayOutlast(n.ExpiresAt) // last, because missing permissions are the more useful error
	})
	if err != nil {
		return APIKey{}, "", err
	}
	return k, secret, nil
}

func (w *work) newKey(n NewAPIKey) (APIKey, string, error) {
	none := func(err error) (APIKey, string, error) { return APIKey{}, "", err }
	if n.ManagedBy == "" {
		n.ManagedBy = ManagedByAPI
	}
	secret, err := newSecret(w.s.rand)
	if err != nil {
		return none(err)
	}
	k := APIKey{
		ID: w.s.newID(), AccountID: w.p.AccountID, Name: n.Name, KeyPrefix: secret[:keyPrefixShown], Hash: HashOf(secret),
		Tier: n.Tier, IssuedAt: w.at, ExpiresAt: n.ExpiresAt, IsActive: true, CreatedBy: w.p.by(), CreatedByUser: w.p.person(),
		CreatedAt: w.at, UpdatedAt: w.at,
	}
	if err := w.room(CountedAPIKeys); err != nil {
		return none(err)
	}
	if err := w.InsertAPIKey(w.ctx, k); err != nil {
		return none(err)
	}
	to, err := w.audience()
	if err != nil {
		return none(err)
	}
	if err := w.ShowSecret(w.ctx, k.ID, to); err != nil {
		return none(err)
	}
	told := event.APIKeyCreated{KeyPrefix: k.KeyPrefix, RateLimitTier: k.Tier}
	if !k.ExpiresAt.IsZero() {
		told.ExpiresAt = &event.Expiry{Time: k.ExpiresAt}
	}
	if n.RoleID != "" {
		m, err := w.giveKeyRole(k, n)
		if err != nil {
			return none(err)
		}
		k.Memberships = []Member{m}
		told.Role, told.RoleName = m.Role.Slug, m.Role.Name
	}
	if err := w.recordKey(k, told); err != nil {
		return none(err)
	}
	for _, to := range n.Projects {
		m, _, err := w.addMember(NewMember{ProjectID: to.ProjectID, APIKeyID: &k.ID, RoleID: to.RoleID, ManagedBy: n.ManagedBy})
		if e, ok := errors.AsType[*Error](err); ok {
			in := *e
			in.Field = "projects" // not role_id, which is the account role
			err = &in
		}
		if err != nil {
			return none(err)
		}
		k.Memberships = append(k.Memberships, m)
	}
	return k, secret, nil
}

func (w *work) giveKeyRole(k APIKey, n NewAPIKey) (Member, error) {
	role, err := w.Role(w.ctx, w.p.AccountID, n.RoleID)
	if err != nil {
		return Member{}, NotFoundIs(err, invalidReference("role_id", "role"))
	}
	m := Member{
		ID: w.s.newID(), AccountID: w.p.AccountID, Role: role, Status: StatusActive, ManagedBy: n.ManagedBy, InvitedBy: w.p.by(),
		CreatedAt: w.at, UpdatedAt: w.at,
	}
	m.bindKey(k)
	if _, err := w.mayBind(m.subject(), role, ""); err != nil {
		return Member{}, err
	}
	if _, err := w.InsertMember(w.ctx, m); err != nil {
		return Member{}, err
	}
	return m, nil
}

// checkTier allows only the operator of the server to set the high tier.
func checkTier(p *Principal, from, to string) error {
	switch {
	case to != TierStandard && to != TierHigh:
		return RefusalUnknownTier.With()
	case to == TierHigh && from != TierHigh && p.Type != TypeOperator:
		e := RefusalTierByOperator.With()
		e.Field = "rate_limit_tier"
		return e
	}
	return nil
}

func (s *Service) checkExpiry(t time.Time) error {
	if Expired(t, s.Now()) {
		return RefusalExpiryInPast.With()
	}
	return nil
}

// UpdateAPIKey renames, disables or enables a key, or changes its expiry or tier.
func (s *Service) UpdateAPIKey(ctx context.Context, p *Principal, id string, c APIKeyChange) (APIKey, error) {
	if err := s.Require(p, permission.APIKeysManage); err != nil {
		return APIKey{}, err
	}
	if c.Name == nil && c.Tier == nil && c.IsActive == nil && c.ExpiresAt == nil && len(c.ExternalIDs) == 0 {
		return APIKey{}, RefusalNoKeyChange.With()
	}
	if c.Name != nil {
		if err := CheckName(*c.Name, 128); err != nil {
			return APIKey{}, err
		}
	}
	if err := c.ExternalIDs.check(); err != nil {
		return APIKey{}, err
	}
	var k APIKey
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		if err := s.Require(w.p, permission.APIKeysManage); err != nil {
			return err
		}
		var err error
		if k, err = w.APIKey(ctx, w.p.AccountID, id); err != nil {
			return err
		}
		if err := c.Base.matches(k.UpdatedAt); err != nil {
			return err
		}
		before := k
		if err := w.changeKey(&k, c); err != nil {
			return err
		}
		if changed := keyDiff(before, k); changed != (event.APIKeyUpdated{}) {
			k.UpdatedAt = w.since(before.UpdatedAt)
			if err := w.UpdateAPIKey(ctx, k); err != nil {
				return err
			}
			if err := w.recordKey(k, changed); err != nil {
				return err
			}
		}
		return w.reidentify(&k, c.ExternalIDs, before.UpdatedAt, &k.UpdatedAt)
	})
	return k, err
}

func (w *work) changeKey(k *APIKey, c APIKeyChange) error {
	if err := w.mayTouchKey(*k); err != nil {
		return err
	}
	renewed := false
	if c.Name != nil {
		k.Name = *c.Name
	}
	if c.Tier != nil {
		if err := checkTier(w.p, k.Tier, *c.Tier); err != nil {
			return err
		}
		k.Tier = *c.Tier
	}
	if c.IsActive != nil {
		renewed = *c.IsActive && !k.IsActive
		k.IsActive = *c.IsActive
	}
	if c.ExpiresAt != nil && !c.ExpiresAt.Equal(k.ExpiresAt) {
		if err := w.s.checkExpiry(*c.ExpiresAt); err != nil {
			return err
		}
		longer := !k.ExpiresAt.IsZero() && (c.ExpiresAt.IsZero() || c.ExpiresAt.After(k.ExpiresAt))
		if longer && w.p.ID == k.ID {
			return selfRenewal()
		}
		if longer {
			if err := w.mayOutlast(*c.ExpiresAt); err != nil {
				return err
			}
		}
		renewed = renewed || longer
		k.ExpiresAt = *c.ExpiresAt
	}
	if !renewed {
		return nil
	}
	return w.mayCommand(*k)
}

// selfRenewal returns the error for a key that tries to extend its own lifetime.
func selfRenewal() error {
	return RefusalKeyExtendsItself.With()
}

// keyDiff returns what changed between two versions of a key.
func keyDiff(a, b APIKey) (d event.APIKeyUpdated) {
	d.Name = event.Changed(a.Name, b.Name)
	d.RateLimitTier = event.Changed(a.Tier, b.Tier)
	d.IsActive = event.Changed(a.IsActive, b.IsActive)
	if !a.ExpiresAt.Equal(b.ExpiresAt) {
		d.ExpiresAt = &event.Change[event.Expiry]{From: event.Expiry{Time: a.ExpiresAt}, To: event.Expiry{Time: b.ExpiresAt}}
	}
	return d
}

// Regeneration describes how the secret of a key is rotated.
type Regeneration struct {
	// Grace is how long the old secret keeps working, 0 to MaxGrace.
	Grace time.Duration
	// Base is the version of the key that the caller has read.
	Base Base
}

// RegenerateAPIKey rotates the secret of a key. Id, name and roles stay the same. A key with a lifetime gets the same
// lifetime again from now. The old secret works exactly for the grace period.
func (s *Service) RegenerateAPIKey(ctx context.Context, p *Principal, id string, r Regeneration) (APIKey, string, error) {
	if r.Grace < 0 || r.Grace > MaxGrace {
		return APIKey{}, "", RefusalGraceOutOfRange.With(int(MaxGrace.Seconds()))
	}
	var k APIKey
	var secret string
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		if err := s.Require(w.p, permission.APIKeysManage); err != nil {
			return err
		}
		var err error
		if k, err = w.APIKey(ctx, w.p.AccountID, id); err != nil {
			return err
		}
		if err := r.Base.matches(k.UpdatedAt); err != nil {
			return err
		}
		if err := w.mayCommand(k); err != nil {
			return err
		}
		if w.p.ID == k.ID && !k.ExpiresAt.IsZero() {
			return selfRenewal()
		}
		if err := w.named(&k); err != nil {
			return err
		}
		secret, err = w.newSecretFor(&k, r.Grace)
		w.made = k
		return err
	})
	if err != nil {
		return APIKey{}, "", err
	}
	return k, secret, nil
}

// newSecretFor replaces the secret of a key. The old one works for the grace period, but never longer than it would
// have without the change.
func (w *work) newSecretFor(k *APIKey, grace time.Duration) (string, error) {
	secret, err := newSecret(w.s.rand)
	if err != nil {
		return "", err
	}
	until := w.at.Add(grace)
	if !k.ExpiresAt.IsZero() {
		if k.ExpiresAt.Before(until) {
			until = k.ExpiresAt
		}
		k.ExpiresAt = w.at.Add(k.ExpiresAt.Sub(k.IssuedAt))
	}
	if err := w.mayOutlast(k.ExpiresAt); err != nil {
		return "", err
	}
	k.OldHash, k.OldUntil = nil, time.Time{}
	if until.After(w.at) {
		k.OldHash, k.OldUntil = k.Hash, until
	} else {
		until = w.at
	}
	k.Hash, k.KeyPrefix, k.IssuedAt, k.LastUsedAt, k.UpdatedAt = HashOf(secret), secret[:keyPrefixShown], w.at, time.Time{}, w.since(k.UpdatedAt)
	to, err := w.audience()
	if err != nil {
		return "", err
	}
	if err := w.UpdateAPIKey(w.ctx, *k); err != nil {
		return "", err
	}
	if err := w.EndSecrets(w.ctx, k.ID, w.at, until); err != nil {
		return "", err
	}
	if err := w.ShowSecret(w.ctx, k.ID, to); err != nil {
		return "", err
	}
	return secret, w.recordKey(*k, event.APIKeyRegenerated{GraceSeconds: int(until.Sub(w.at).Seconds()), KeyPrefix: k.KeyPrefix})
}

// RevokeAPIKey deletes a key with all its memberships. A key can revoke itself.
func (s *Service) RevokeAPIKey(ctx context.Context, p *Principal, id string, base Base) error {
	return s.write(ctx, p, Exclusive, func(w *work) error {
		if err := s.Require(w.p, permission.APIKeysRevoke); err != nil {
			return err
		}
		k, err := w.APIKey(ctx, w.p.AccountID, id)
		if err != nil {
			return err
		}
		if err := base.matches(k.UpdatedAt); err != nil {
			return err
		}
		if w.p.ID != k.ID {
			err = w.mayTouchKey(k)
		} else {
			err = w.replaced(k)
		}
		if err != nil {
			return err
		}
		for _, m := range k.Memberships {
			if err := w.recordEnd(m, event.ActionAPIKeyRevoked); err != nil {
				return err
			}
		}
		if err := w.DeleteAPIKey(ctx, id); err != nil {
			return err
		}
		return w.recordKey(k, event.APIKeyRevoked{KeyPrefix: k.KeyPrefix, MembershipsRemoved: len(k.Memberships)})
	})
}

func (w *work) recordKey(k APIKey, p event.Payload) error {
	return w.record(event.Target{TargetType: "api_key", TargetID: k.ID, TargetName: k.Name}, p)
}
