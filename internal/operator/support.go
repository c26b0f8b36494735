package operator

import (
	"context"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// NewSupport describes a support session to open: who gets access, why, and for how long; zero means team.DefaultSupportSession.
type NewSupport struct {
	Person, Reason string
	For            time.Duration
}

// Support returns the access that an account grants to support, and the open sessions.
func (s *Service) Support(ctx context.Context, accountID string) (team.SupportAccess, error) {
	if _, err := s.store.OperatedAccount(ctx, accountID); err != nil {
		return team.SupportAccess{}, err
	}
	return s.team.SupportAccessOf(ctx, nil, accountID)
}

// OpenSupport opens a session for a person of support in an account that grants support access.
func (s *Service) OpenSupport(ctx context.Context, c Caller, accountID string, n NewSupport) (out team.OpenedSupport, err error) {
	if c.hash == nil {
		return out, RefusalSupportNeedsKey.With()
	}
	err = s.supporting(ctx, c, accountID, team.Shared, func(tx Tx, a *Account, k Key) error {
		out, err = s.team.OpenSupport(ctx, tx.Team(), team.NewSupportSession{
			AccountID: accountID, OperatorKeyID: k.ID, OperatorKeyName: k.Name, Person: n.Person, Reason: n.Reason, For: n.For, Until: k.ExpiresAt,
		})
		if err != nil {
			return err
		}
		return s.record(ctx, tx, c, a.Target(), team.SupportOpened(out))
	})
	if err == nil {
		s.mailQueued()
	}
	return out, err
}

// EndSupport ends a session of support in an account. No request of it that begins after EndSupport has returned is accepted.
func (s *Service) EndSupport(ctx context.Context, c Caller, accountID, sessionID string) (told event.SupportSessionEnded, err error) {
	err = s.supporting(ctx, c, accountID, team.Exclusive, func(tx Tx, a *Account, _ Key) error {
		if told, err = s.team.EndSupportSession(ctx, tx.Team(), accountID, sessionID); err != nil {
			return err
		}
		return s.record(ctx, tx, c, a.Target(), told)
	})
	return told, err
}

// supporting runs fn under the lock of an account, after it has read the operator key again.
func (s *Service) supporting(ctx context.Context, c Caller, accountID string, lock team.Lock, fn func(tx Tx, a *Account, k Key) error) error {
	return s.store.Update(ctx, accountID, lock, func(tx Tx) error {
		var k Key
		if c.hash != nil {
			var err error
			if k, err = s.keyOf(ctx, tx, c.hash); err != nil {
				return err
			}
			if !k.Scope.Supports() {
				return RefusalNoSupportKey.With()
			}
		}
		a, err := changeable(ctx, tx, accountID)
		if err != nil {
			return err
		}
		return fn(tx, &a, k)
	})
}
