package signin

import (
	"context"
	"slices"

	"raff/internal/event"
	"raff/internal/team"
)

// SignIn is the input for signing in.
type SignIn struct {
	Email, Password string
	// Source is the network address of the caller; empty if it is unknown.
	Source    string
	UserAgent string
	// Device is the DeviceToken that the browser keeps for this email, or empty. DeviceOf returns it for the canonical email of the
	// user whom a passkey identifies; nil means that the browser keeps none.
	Device   string
	DeviceOf func(canonical string) string
	// Fresh says that the user has just entered or set this password with a link: the attempt does not count as a guess,
	// and is not limited by the guesses of others.
	Fresh bool
	// Old is the token of the browser's previous session, which signing in ends.
	Old string
}

// SignIn starts a session and returns its token, of which only the hash is stored. If the user has a second factor, the
// session is pending until it is verified. The response is the same, and takes the same time, for a wrong password and
// for an unknown email.
func (s *Service) SignIn(ctx context.Context, in SignIn) (token string, err error) {
	canonical, err := team.CanonicalEmail(in.Email)
	if err != nil {
		return "", err
	}
	u, err := s.store.UserByEmail(ctx, canonical)
	if err != nil && !team.IsNotFound(err) {
		return "", err
	}
	from := origin{in.Source, s.device(in.Device, u)}
	if in.Fresh {
		from.device = s.team.NewID()
	}
	if err := s.guess(ctx, canonical, from, u.PasswordHash, in.Password, wrongCredentials); err != nil {
		s.refusedBy(ctx, err, u, event.ActionSignInFailed)
		return "", err
	}
	return s.startSession(ctx, u, in, func(tx Tx, session team.Session, hash []byte) (entry, error) {
		told := event.SignedIn{NewBrowser: from.device == ""}
		ok, awaits, err := tx.InsertSession(ctx, session, hash, u.PasswordHash)
		if err == nil && !ok {
			err = RefusalPasswordJustReplaced.With()
		}
		return entry{awaits: awaits, told: told}, err
	})
}

var wrongCredentials = RefusalWrongCredentials.With()

// entry is the result of inserting a session: awaits says that it waits for the second factor, told is the event
// otherwise.
type entry struct {
	awaits bool
	told   event.SignedIn
}

// startSession starts a session for a user who has been authenticated; insert writes it.
func (s *Service) startSession(ctx context.Context, u team.User, in SignIn, insert func(Tx, team.Session, []byte) (entry, error)) (string, error) {
	token, err := team.NewToken(s.rand)
	if err != nil {
		return "", err
	}
	account, err := s.accountToEnter(ctx, u.ID)
	if err != nil {
		return "", err
	}
	userAgent := team.CleanUserAgent(in.UserAgent)
	err = s.aboutPerson(ctx, u.ID, func(tx Tx, logs []string) error {
		now := s.team.Now()
		session := team.Session{
			ID: s.team.NewID(), UserID: u.ID, AccountID: account, UserAgent: userAgent, Address: in.Source,
			CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(team.SessionLife),
		}
		how, err := insert(tx, session, team.HashOf(token))
		if err != nil {
			return err
		}
		if in.Old != "" {
			if err := tx.DeleteSession(ctx, team.HashOf(in.Old)); err != nil {
				return err
			}
		}
		if err := tx.KeepSessions(ctx, u.ID, how.awaits, s.sessions); err != nil {
			return err
		}
		if how.awaits {
			return nil
		}
		return s.recordPerson(ctx, tx, logs, u.As, u, how.told)
	})
	return token, err
}

// accountToEnter returns the account that the user worked in last, else the first that they have access to, else an
// empty string. An account that nobody can use is only entered if there is no other.
func (s *Service) accountToEnter(ctx context.Context, userID string) (string, error) {
	accounts, err := s.store.AccountsOf(ctx, userID, s.team.Now())
	if err != nil || len(accounts) == 0 {
		return "", err
	}
	if !slices.ContainsFunc(accounts, func(a team.Account) bool { return !unusable(a) }) {
		return accounts[0].ID, nil
	}
	accounts = slices.DeleteFunc(accounts, unusable)
	sessions, err := s.store.SessionsOf(ctx, userID)
	if err != nil {
		return "", err
	}
	for _, last := range sessions {
		for _, a := range accounts {
			if a.ID == last.AccountID {
				return a.ID, nil
			}
		}
	}
	return accounts[0].ID, nil
}
