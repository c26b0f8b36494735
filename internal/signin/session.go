package signin

import (
	"context"
	"slices"

	"raff/internal/event"
	"raff/internal/team"
)

// Sessions returns the valid sessions of the user, most recently used first.
func (s *Service) Sessions(ctx context.Context, me team.SignedIn) ([]team.Session, error) {
	all, err := s.store.SessionsOf(ctx, me.User.ID)
	if err != nil {
		return nil, err
	}
	now, alive := s.team.Now(), all[:0]
	for _, one := range all {
		if one.Alive(now) {
			alive = append(alive, one)
		}
	}
	return alive, nil
}

// SignOut ends the session. Requests that start after it are refused, and no change made with the session commits after
// it.
func (s *Service) SignOut(ctx context.Context, me team.SignedIn) error {
	return s.ownChange(ctx, me, event.SignedOut{}, func(tx Tx) error { return tx.DeleteSession(ctx, me.Hash) })
}

// EndSession ends one of the user's sessions, for example on a lost device.
func (s *Service) EndSession(ctx context.Context, me team.SignedIn, id string) error {
	return s.ownChange(ctx, me, event.SessionEnded{}, func(tx Tx) error { return tx.DeleteSessionOf(ctx, me.User.ID, id) })
}

// EndOtherSessions ends all sessions of the user except this one.
func (s *Service) EndOtherSessions(ctx context.Context, me team.SignedIn) error {
	return s.ownChange(ctx, me, event.SessionsEnded{}, func(tx Tx) error { return tx.DeleteSessionsOf(ctx, me.User.ID, "", me.Session.ID) })
}

// ownChange is a change that a user makes to their own credentials or sessions. The session is read again inside the
// transaction.
func (s *Service) ownChange(ctx context.Context, me team.SignedIn, told event.Payload, fn func(Tx) error) error {
	return s.aboutPerson(ctx, me.User.ID, func(tx Tx, logs []string) error {
		// The user's row is locked before the session's, in the same order as when signing in.
		if _, err := s.heldUser(ctx, tx, me.User.ID); err != nil {
			return err
		}
		if _, err := s.team.ReadSession(ctx, tx.Team(), me.Hash); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return s.recordPerson(ctx, tx, logs, me.User.As, me.User, told)
	})
}

// Accounts returns the accounts that the user has access to and can use, by name.
func (s *Service) Accounts(ctx context.Context, me team.SignedIn) ([]team.Account, error) {
	accounts, err := s.store.AccountsOf(ctx, me.User.ID, s.team.Now())
	return slices.DeleteFunc(accounts, unusable), err
}

// unusable reports whether nobody can use an account.
func unusable(a team.Account) bool { return a.Closed() != nil }

// SuspendedIn returns the accounts in which the user is suspended, by name.
func (s *Service) SuspendedIn(ctx context.Context, me team.SignedIn) ([]team.Account, error) {
	return s.store.SuspendedIn(ctx, me.User.ID)
}

// SwitchAccount switches the session to another account of the user. Both accounts record it if the user is still a
// member of both, without naming the other account.
func (s *Service) SwitchAccount(ctx context.Context, me team.SignedIn, accountID string) error {
	return s.aboutPerson(ctx, me.User.ID, func(tx Tx, logs []string) error {
		now, err := s.team.ReadSession(ctx, tx.Team(), me.Hash)
		if err != nil {
			return err
		}
		if now.Session.AccountID == accountID {
			return nil
		}
		accounts, err := tx.AccountsOf(ctx, me.User.ID, s.team.Now())
		if err != nil {
			return err
		}
		for _, a := range accounts {
			if a.ID == accountID && !unusable(a) {
				return s.moveSession(ctx, tx, now, accountID, logs)
			}
		}
		return team.ErrNotFound
	})
}

func (s *Service) moveSession(ctx context.Context, tx Tx, me team.SignedIn, accountID string, logs []string) error {
	if err := tx.MoveSession(ctx, me.Session.ID, accountID); err != nil {
		return err
	}
	for _, one := range logs {
		if one != accountID && one != me.Session.AccountID {
			continue
		}
		told := event.AccountSwitched{Direction: "out"}
		if one == accountID {
			told.Direction = "in"
		}
		if err := s.recordPerson(ctx, tx, []string{one}, me.User.As, me.User, told); err != nil {
			return err
		}
	}
	return nil
}
