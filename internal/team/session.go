package team

import (
	"context"
	"errors"
	"time"

	"raff/internal/event"
)

const (
	// SessionIdle ends a session that nobody uses for this long.
	SessionIdle = 12 * time.Hour
	// SessionLife ends every session, however much it is used.
	SessionLife = 30 * 24 * time.Hour
	// sessionSeen is how exactly it is kept when a session was last used, so that not every page is a write.
	sessionSeen = time.Minute
)

// Session is one browser in which a user is signed in.
type Session struct {
	ID     string
	UserID string
	// AccountID is where the person works now; empty when they have access to no account.
	AccountID string
	UserAgent string
	CreatedAt time.Time
	// LastSeenAt is exact to a minute.
	LastSeenAt time.Time
	ExpiresAt  time.Time
	// Awaits says that the second factor is still to be proved; until then the session is good for nothing else.
	Awaits bool
}

// alive reports whether the session is still valid.
func (s Session) alive(now time.Time) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.LastSeenAt.Add(SessionIdle))
}

// SignedIn is a person with the session they came with.
type SignedIn struct {
	Session Session
	User    User
	// Principal acts in the session's account. It is nil when the person has access to none, or lost it.
	Principal *Principal
	// Suspended says that Principal is nil because the membership is suspended, NeedsFactor that it is because the
	// account asks for a second factor and the person has none.
	Suspended, NeedsFactor bool

	hash []byte
}

// ErrSignedOut is the error for every invalid session.
var ErrSignedOut = &Error{Kind: KindUnauthenticated, Code: "signed_out", Message: "You are signed out. Sign in again."}

// Session finds who is signed in with this token. Whatever is wrong with the token, the error is ErrSignedOut, but for
// one that awaits its second factor: then it is ErrFactorNeeded.
func (s *Service) Session(ctx context.Context, token string) (SignedIn, error) {
	if len(token) != TokenLength {
		return SignedIn{}, ErrSignedOut
	}
	me, err := s.session(ctx, s.store, HashOf(token))
	if err != nil {
		return SignedIn{}, err
	}
	if now := s.Now(); now.Sub(me.Session.LastSeenAt) >= sessionSeen {
		err = s.store.TouchSession(ctx, me.Session.ID, now)
	}
	if errors.Is(err, ErrUnavailable) {
		err = nil // who only reads needs no database that can write; the next page notes the use
	}
	return me, err
}

// session reads who is signed in, from outside a write or again inside one.
func (s *Service) session(ctx context.Context, r Reader, hash []byte) (SignedIn, error) {
	now := s.Now()
	row, err := r.Session(ctx, hash, now)
	if err != nil {
		return SignedIn{}, NotFoundIs(err, ErrSignedOut)
	}
	if !row.Session.alive(now) {
		return SignedIn{}, ErrSignedOut
	}
	if row.Session.Awaits {
		if !now.Before(row.Session.CreatedAt.Add(factorWait)) {
			return SignedIn{}, ErrSignedOut
		}
		return SignedIn{}, ErrFactorNeeded
	}
	me := SignedIn{Session: row.Session, User: row.User, hash: hash}
	p := &Principal{
		Type: TypeUser, ID: row.User.ID, AccountID: row.Session.AccountID, Name: row.User.Name, Email: row.User.Email,
		canonical: row.User.CanonicalEmail, InPerson: true, Tier: TierStandard, account: row.Account, sessionHash: hash,
	}
	if row.Member != nil {
		me.Suspended = p.takeRole(*row.Member, now) != nil
	}
	me.NeedsFactor = row.Account.RequireFactor && !row.HasFactor
	if me.Suspended || me.NeedsFactor {
		return me, nil
	}
	if p.MemberID != "" || row.InProject {
		me.Principal = p
	}
	return me, nil
}

// Sessions are the person's sessions that still work, the last used first.
func (s *Service) Sessions(ctx context.Context, me SignedIn) ([]Session, error) {
	all, err := s.store.SessionsOf(ctx, me.User.ID)
	if err != nil {
		return nil, err
	}
	now, alive := s.Now(), all[:0]
	for _, one := range all {
		if one.alive(now) {
			alive = append(alive, one)
		}
	}
	return alive, nil
}

// SignOut ends the session. Nothing that starts after it is let in, and no change of the session commits after it.
func (s *Service) SignOut(ctx context.Context, me SignedIn) error {
	return s.ownChange(ctx, me, event.SignedOut{}, func(tx Tx) error { return tx.DeleteSession(ctx, me.hash) })
}

// EndSession ends one of the person's sessions, for example on a device that was lost.
func (s *Service) EndSession(ctx context.Context, me SignedIn, id string) error {
	return s.ownChange(ctx, me, event.SessionEnded{}, func(tx Tx) error { return tx.DeleteSessionOf(ctx, me.User.ID, id) })
}

// EndOtherSessions ends all of the person's sessions but this one.
func (s *Service) EndOtherSessions(ctx context.Context, me SignedIn) error {
	return s.ownChange(ctx, me, event.SessionsEnded{}, func(tx Tx) error { return tx.DeleteSessionsOf(ctx, me.User.ID, "", me.Session.ID) })
}

// ownChange is a write of someone to what is theirs; the session is read again inside it.
func (s *Service) ownChange(ctx context.Context, me SignedIn, told event.Payload, fn func(Tx) error) error {
	return s.aboutPerson(ctx, me.User.ID, "", func(tx Tx, logs []string) error {
		// The person's row comes before the session's, in the order in which signing in takes them.
		if _, err := s.heldUser(ctx, tx, me.User.ID); err != nil {
			return err
		}
		if _, err := s.session(ctx, tx, me.hash); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return s.recordPerson(ctx, tx, logs, me.User.as, me.User, told)
	})
}

// Accounts are those the person has access to, by name.
func (s *Service) Accounts(ctx context.Context, me SignedIn) ([]Account, error) {
	return s.store.AccountsOf(ctx, me.User.ID, s.Now())
}

// SuspendedIn are the accounts in which the person's membership is suspended, by name.
func (s *Service) SuspendedIn(ctx context.Context, me SignedIn) ([]Account, error) {
	return s.store.SuspendedIn(ctx, me.User.ID)
}

// SwitchAccount makes the session work in another account of the person. Both accounts get to know, if the person is
// still in both, and neither what the other is.
func (s *Service) SwitchAccount(ctx context.Context, me SignedIn, accountID string) error {
	return s.aboutPerson(ctx, me.User.ID, "", func(tx Tx, logs []string) error {
		now, err := s.session(ctx, tx, me.hash)
		if err != nil {
			return err
		}
		if now.Session.AccountID == accountID {
			return nil
		}
		accounts, err := tx.AccountsOf(ctx, me.User.ID, s.Now())
		if err != nil {
			return err
		}
		for _, a := range accounts {
			if a.ID == accountID {
				return s.moveSession(ctx, tx, now, accountID, logs)
			}
		}
		return ErrNotFound
	})
}

func (s *Service) moveSession(ctx context.Context, tx Tx, me SignedIn, accountID string, logs []string) error {
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
		if err := s.recordPerson(ctx, tx, []string{one}, me.User.as, me.User, told); err != nil {
			return err
		}
	}
	return nil
}

// cutSessions ends the sessions of a person in this account, and says how many of them worked.
func (w *work) cutSessions(m Member) (int, error) {
	if m.Type != TypeUser || m.ProjectID != "" {
		return 0, nil
	}
	all, err := w.SessionsOf(w.ctx, m.UserID)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, one := range all {
		if one.AccountID == m.AccountID && !one.Awaits && one.alive(w.at) {
			n++
		}
	}
	return n, w.DeleteSessionsOf(w.ctx, m.UserID, m.AccountID, "")
}
