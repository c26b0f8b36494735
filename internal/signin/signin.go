package signin

import (
	"context"
	"strings"

	"raff/internal/event"
	"raff/internal/naming"
	"raff/internal/team"
)

// userAgentLength is how much is kept of what a browser says of itself, in characters.
const userAgentLength = 200

// SignIn is the input for signing in.
type SignIn struct {
	Email, Password string
	// Source is the network address of the caller; empty if it is unknown.
	Source    string
	UserAgent string
	// Device is the DeviceToken that the browser keeps for this address, or empty.
	Device string
	// Fresh says that the person gave or set this password a moment ago with a link: the attempt is no guess, and what
	// others guess does not stop it.
	Fresh bool
	// Old is the token of the session the browser had before; signing in ends it.
	Old string
}

// SignIn starts a session and returns its token, of which only the hash is kept. The session of someone with a second
// factor awaits that first. The answer to a wrong password and to an address nobody has is the same, and takes the same
// time.
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
		ok, awaits, err := tx.InsertSession(ctx, session, hash, u.PasswordHash)
		if err == nil && !ok {
			err = team.Conflict("try_again", "The password was changed a moment ago. Sign in again with the new one.")
		}
		return entry{awaits: awaits}, err
	})
}

var wrongCredentials = &team.Error{Kind: team.KindUnauthenticated, Code: "invalid_credentials", Field: "password", Message: "Wrong email or password. Try again, or set a new password."}

// entry is how someone came in: not yet, while the second factor is awaited, or as the event tells.
type entry struct {
	awaits bool
	told   event.SignedIn
}

// startSession signs a person in who proved who they are; insert writes the session.
func (s *Service) startSession(ctx context.Context, u team.User, in SignIn, insert func(Tx, team.Session, []byte) (entry, error)) (string, error) {
	token, err := team.NewToken(s.rand)
	if err != nil {
		return "", err
	}
	account, err := s.accountToEnter(ctx, u.ID)
	if err != nil {
		return "", err
	}
	userAgent := cleanUserAgent(in.UserAgent)
	err = s.aboutPerson(ctx, u.ID, func(tx Tx, logs []string) error {
		now := s.team.Now()
		session := team.Session{
			ID: s.team.NewID(), UserID: u.ID, AccountID: account, UserAgent: userAgent,
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

// accountToEnter is the account a person was in last, else the first they have access to, else none.
func (s *Service) accountToEnter(ctx context.Context, userID string) (string, error) {
	accounts, err := s.store.AccountsOf(ctx, userID, s.team.Now())
	if err != nil || len(accounts) == 0 {
		return "", err
	}
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

// cleanUserAgent is one harmless line: the first characters that can be seen.
func cleanUserAgent(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if naming.Hidden(r) {
			continue
		}
		if n == userAgentLength {
			break
		}
		n++
		b.WriteRune(r)
	}
	return b.String()
}
