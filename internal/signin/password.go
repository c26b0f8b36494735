package signin

import (
	"context"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// resetLinkTTL is the lifetime of a link that resets a password.
const resetLinkTTL = time.Hour

// FirstPasswordLink returns a link with which the user sets their first password, created in a transaction.
func (s *Service) FirstPasswordLink(ctx context.Context, tx Tx, u team.User, ttl time.Duration) (team.Link, error) {
	return s.passwordLink(ctx, tx, u, team.LinkFirst, ttl)
}

// passwordLink returns a link with which the user sets a password.
func (s *Service) passwordLink(ctx context.Context, tx Tx, u team.User, purpose string, ttl time.Duration) (team.Link, error) {
	token, err := team.NewToken(s.rand)
	if err != nil {
		return team.Link{}, err
	}
	link := team.Link{URL: s.team.PublicURL() + "/password/" + token, ExpiresAt: s.team.Now().Add(ttl)}
	return link, tx.InsertLinkToken(ctx, team.LinkToken{Hash: team.HashOf(token), UserID: u.ID, Purpose: purpose, ExpiresAt: link.ExpiresAt})
}

// InspectPasswordLink returns the user whose password a link sets, and whether they have passkeys. It changes nothing.
func (s *Service) InspectPasswordLink(ctx context.Context, token string) (u team.User, passkeys bool, err error) {
	if u, _, err = s.behindPasswordLink(ctx, s.store, token); err != nil {
		return u, false, err
	}
	p, _, err := s.passkeyUser(ctx, s.store, u)
	return u, len(p.Credentials) > 0, err
}

func (s *Service) behindPasswordLink(ctx context.Context, r Reader, token string) (team.User, team.LinkToken, error) {
	t, err := r.LinkToken(ctx, team.HashOf(token))
	if err != nil {
		return team.User{}, t, team.NotFoundIs(err, RefusalPasswordLinkUnknown.With())
	}
	if t.Purpose != team.LinkFirst && t.Purpose != team.LinkReset {
		return team.User{}, t, RefusalPasswordLinkUnknown.With()
	}
	if !t.UsedAt.IsZero() || team.Expired(t.ExpiresAt, s.team.Now()) {
		return team.User{}, t, RefusalPasswordLinkGone.With()
	}
	u, err := r.User(ctx, t.UserID)
	return u, t, err
}

// NewPassword is the input for setting a password with a link.
type NewPassword struct {
	Token, Name, Password string
	// NoPasskeys also removes all passkeys of the user.
	NoPasskeys bool
	// NoKeys also disables the UnprovenKeys of the user.
	NoKeys bool
}

// lockToEnd returns the lock for a change that may disable API keys.
func lockToEnd(keys bool) team.Lock {
	if keys {
		return team.Exclusive
	}
	return team.Shared
}

// SetPasswordByLink sets a password, once per link. It ends all sessions of the user and invalidates their other links,
// so that no one who knew the old password remains signed in. If the email was not verified before, it also removes all
// second factors.
func (s *Service) SetPasswordByLink(ctx context.Context, n NewPassword) error {
	seen, t, err := s.behindPasswordLink(ctx, s.store, n.Token)
	if err != nil {
		return err
	}
	set, err := s.withPassword(ctx, seen, n.Name, n.Password)
	if err != nil {
		return err
	}
	return s.AboutPerson(ctx, lockToEnd(n.NoKeys), seen.ID, "", func(tx Tx, logs []string) error {
		before, err := s.heldUser(ctx, tx, seen.ID)
		if err != nil {
			return err
		}
		if _, _, err := s.behindPasswordLink(ctx, tx, n.Token); err != nil {
			return err
		}
		ok, err := tx.UseLinkToken(ctx, t.Hash, s.team.Now())
		if err != nil {
			return err
		}
		if !ok {
			return RefusalPasswordLinkUsed.With()
		}
		return s.prove(ctx, tx, logs, newWayIn{before: before, after: onto(before, seen, set), with: t.Purpose + "_link", noPasskeys: n.NoPasskeys, noKeys: n.NoKeys})
	})
}

// ChangePassword sets a new password for the signed-in user, after a confirmation. It ends all their other sessions.
func (s *Service) ChangePassword(ctx context.Context, me team.SignedIn, proof team.Proof, next string) error {
	if err := s.confirm(ctx, me, proof); err != nil {
		return err
	}
	u, err := s.withPassword(ctx, me.User, "", next)
	if err != nil {
		return err
	}
	var told event.Payload = event.PasswordChanged{}
	if me.User.PasswordHash == "" {
		told = event.PasswordSet{}
	}
	return s.replacePassword(ctx, me, u, told, nil)
}

// RemovePassword removes the password of a user with passkeys, so that it cannot be stolen. It ends all their other
// sessions. A password link can set one again.
func (s *Service) RemovePassword(ctx context.Context, me team.SignedIn, proof team.Proof) error {
	if err := s.confirm(ctx, me, proof); err != nil {
		return err
	}
	u := me.User
	u.PasswordHash, u.UpdatedAt = "", s.team.Now()
	return s.replacePassword(ctx, me, u, event.PasswordRemoved{}, func(tx Tx) error {
		p, _, err := s.passkeyUser(ctx, tx, u)
		if err == nil && len(p.Credentials) == 0 {
			err = RefusalPasswordIsOnlyWay.With()
		}
		return err
	})
}

// replacePassword stores a user whose password changed, unless it was changed in the meantime or check returns an error.
func (s *Service) replacePassword(ctx context.Context, me team.SignedIn, u team.User, told event.Payload, check func(Tx) error) error {
	return s.ownChange(ctx, me, told, func(tx Tx) error {
		now, err := s.heldUser(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if now.PasswordHash != me.User.PasswordHash {
			return RefusalPasswordJustChanged.With()
		}
		if check != nil {
			if err := check(tx); err != nil {
				return err
			}
		}
		// Nothing else of the user is written: the email or the name may have changed since the request began.
		now.PasswordHash, now.UpdatedAt = u.PasswordHash, u.UpdatedAt
		if err := tx.UpdateUser(ctx, now); err != nil {
			return err
		}
		if err := tx.UseLinkTokensOf(ctx, u.ID, s.team.Now()); err != nil {
			return err
		}
		return tx.DeleteSessionsOf(ctx, u.ID, "", me.Session.ID)
	})
}

// ForgotPassword sends a password link to an email, if a user has it. The response does not reveal whether one does, nor
// whether the limit on emails to this address is used up.
func (s *Service) ForgotPassword(ctx context.Context, email, source string) error {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return err
	}
	if !s.team.MailDelivered() {
		return RefusalMailNotConfigured.With()
	}
	if source != "" {
		if err := s.spend(ctx, s.mailLimits.ResetSource.Limits("forgetful", team.SourceOf(source))); err != nil {
			return err
		}
	}
	now := s.team.Now()
	if limits := s.mailLimits.Reset.Limits("forgot", canonical); len(limits) > 0 {
		// The response is the same if the limit is used up, but no email is sent.
		if ok, err := s.store.Take(ctx, limits, now); err != nil || !ok {
			return err
		}
	}
	if err := s.store.QueuePasswordMail(ctx, team.Message{ID: s.team.NewID(), Kind: team.MessagePassword, Address: canonical, NextAt: now, CreatedAt: now}); err != nil {
		return err
	}
	s.mailQueued()
	return nil
}

// PasswordLink returns a link that the operator of a server without email can give to a user.
func (s *Service) PasswordLink(ctx context.Context, email string) (team.Link, error) {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return team.Link{}, err
	}
	u, err := s.store.UserByEmail(ctx, canonical)
	if err != nil {
		return team.Link{}, team.NotFoundIs(err, RefusalUnknownInvitee.With())
	}
	return s.resetLink(ctx, u, team.Operator, nil)
}

// PasswordLinkOf is PasswordLink for a user. also runs in the transaction, with the link.
func (s *Service) PasswordLinkOf(ctx context.Context, u team.User, also func(Tx, team.Link) error) (team.Link, error) {
	return s.resetLink(ctx, u, team.Operator, also)
}

// resetLink creates a link that resets a password. actor returns the actor in each account; also may be nil.
func (s *Service) resetLink(ctx context.Context, u team.User, actor func(accountID string) *team.Principal, also func(Tx, team.Link) error) (team.Link, error) {
	var link team.Link
	err := s.aboutPerson(ctx, u.ID, func(tx Tx, logs []string) (err error) {
		if link, err = s.passwordLink(ctx, tx, u, team.LinkReset, resetLinkTTL); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx, link); err != nil {
				return err
			}
		}
		return s.recordPerson(ctx, tx, logs, actor, u, event.PasswordLinkMade{})
	})
	return link, err
}
