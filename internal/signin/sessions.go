package signin

import (
	"context"

	"raff/internal/event"
	"raff/internal/team"
)

// Sessions are the person's sessions that still work, the last used first.
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

// SignOut ends the session. Nothing that starts after it is let in, and no change of the session commits after it.
func (s *Service) SignOut(ctx context.Context, me team.SignedIn) error {
	return s.ownChange(ctx, me, event.SignedOut{}, func(tx Tx) error { return tx.DeleteSession(ctx, me.Hash) })
}

// EndSession ends one of the person's sessions, for example on a device that was lost.
func (s *Service) EndSession(ctx context.Context, me team.SignedIn, id string) error {
	return s.ownChange(ctx, me, event.SessionEnded{}, func(tx Tx) error { return tx.DeleteSessionOf(ctx, me.User.ID, id) })
}

// EndOtherSessions ends all of the person's sessions but this one.
func (s *Service) EndOtherSessions(ctx context.Context, me team.SignedIn) error {
	return s.ownChange(ctx, me, event.SessionsEnded{}, func(tx Tx) error { return tx.DeleteSessionsOf(ctx, me.User.ID, "", me.Session.ID) })
}

// ownChange is a write of someone to what is theirs; the session is read again inside it.
func (s *Service) ownChange(ctx context.Context, me team.SignedIn, told event.Payload, fn func(Tx) error) error {
	return s.aboutPerson(ctx, me.User.ID, func(tx Tx, logs []string) error {
		// The person's row comes before the session's, in the order in which signing in takes them.
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

// Accounts are those the person has access to, by name.
func (s *Service) Accounts(ctx context.Context, me team.SignedIn) ([]team.Account, error) {
	return s.store.AccountsOf(ctx, me.User.ID, s.team.Now())
}

// SuspendedIn are the accounts in which the person's membership is suspended, by name.
func (s *Service) SuspendedIn(ctx context.Context, me team.SignedIn) ([]team.Account, error) {
	return s.store.SuspendedIn(ctx, me.User.ID)
}

// SwitchAccount makes the session work in another account of the person. Both accounts get to know, if the person is
// still in both, and neither what the other is.
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
			if a.ID == accountID {
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
