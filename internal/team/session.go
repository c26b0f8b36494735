package team

import (
	"context"
	"errors"
	"strings"
	"time"
)

const (
	// SessionIdle is how long a session stays valid without being used.
	SessionIdle = 12 * time.Hour
	// SessionLife is how long a session stays valid at most.
	SessionLife = 30 * 24 * time.Hour
	// sessionSeen is the precision of LastSeenAt, so that not every request is a write.
	sessionSeen = time.Minute
)

// Session is one browser in which a user is signed in.
type Session struct {
	ID     string
	UserID string
	// AccountID is the account that the user works in; empty if they have access to none.
	AccountID string
	UserAgent string
	// Address is the network address of the last use, as accurate as LastSeenAt.
	Address   string
	CreatedAt time.Time
	// LastSeenAt is accurate to a minute.
	LastSeenAt time.Time
	ExpiresAt  time.Time
	// Awaits says that the second factor must still be verified; until then the session cannot be used for anything
	// else.
	Awaits bool
}

// Alive reports whether the session is still valid.
func (s Session) Alive(now time.Time) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.LastSeenAt.Add(SessionIdle))
}

// SignedIn is a user with the session of their request.
type SignedIn struct {
	Session Session
	User    User
	// Principal acts in the session's account. It is nil if the user has access to no account, or lost it.
	Principal *Principal
	// Suspended says that Principal is nil because the membership is suspended, NeedsFactor because the account requires
	// a second factor and the user has none.
	Suspended, NeedsFactor bool
	// Closed says that Principal is nil because nobody can use the account, and why.
	Closed *Refusal
	// Support is set if this is not a user but the operator's support, in a support session. User then has only a name.
	Support *SupportRow
	// Access is the support access that the account grants now; nil if there is none.
	Access *SupportGrant

	// Hash is the hash of the session's token.
	Hash []byte
}

// FactorWait is how long a user has to verify the second factor after the password.
const FactorWait = 10 * time.Minute

// ErrFactorNeeded says that the password was correct and the second factor must still be verified.
var ErrFactorNeeded = RefusalSecondFactorNeeded.With()

// ErrSignedOut is the error for every invalid session.
var ErrSignedOut = RefusalSignedOut.With()

// Session returns the signed-in user of this token. The error is ErrSignedOut for every invalid token, and
// ErrFactorNeeded for a session that waits for its second factor.
func (s *Service) Session(ctx context.Context, token string) (SignedIn, error) {
	if strings.HasPrefix(token, supportCookiePrefix) && len(token) != TokenLength {
		return s.supportSignedIn(ctx, token)
	}
	if len(token) != TokenLength {
		return SignedIn{}, ErrSignedOut
	}
	me, err := s.ReadSession(ctx, s.store, HashOf(token))
	if err != nil {
		return SignedIn{}, err
	}
	if now := s.Now(); now.Sub(me.Session.LastSeenAt) >= sessionSeen {
		err = s.store.TouchSession(ctx, me.Session.ID, OriginOf(ctx).Address, now)
	}
	if errors.Is(err, ErrUnavailable) {
		err = nil // who only reads needs no database that can write; the next page notes the use
	}
	return me, err
}

// ReadSession reads who is signed in with the token of this hash. r is a transaction, or nil for the store of the service.
func (s *Service) ReadSession(ctx context.Context, r Reader, hash []byte) (SignedIn, error) {
	now := s.Now()
	if r == nil {
		r = s.store
	}
	row, err := r.Session(ctx, hash, now)
	if err != nil {
		return SignedIn{}, NotFoundIs(err, ErrSignedOut)
	}
	if !row.Session.Alive(now) {
		return SignedIn{}, ErrSignedOut
	}
	if row.Session.Awaits {
		if !now.Before(row.Session.CreatedAt.Add(FactorWait)) {
			return SignedIn{}, ErrSignedOut
		}
		return SignedIn{}, ErrFactorNeeded
	}
	me := SignedIn{Session: row.Session, User: row.User, Hash: hash}
	p := &Principal{
		Type: TypeUser, ID: row.User.ID, AccountID: row.Session.AccountID, Name: row.User.Name, Email: row.User.Email,
		canonical: row.User.CanonicalEmail, InPerson: true, Tier: TierStandard, account: row.Account, sessionHash: hash,
	}
	if row.Member != nil {
		me.Suspended = p.takeRole(*row.Member, now) != nil
	}
	if me.Closed = row.Account.Closed(); me.Closed != nil {
		return me, nil
	}
	me.NeedsFactor = row.Account.RequireFactor && !row.HasFactor
	if me.Suspended || me.NeedsFactor {
		return me, nil
	}
	if p.MemberID != "" || row.InProject {
		me.Principal = p
	}
	if row.Support.Live(now) {
		me.Access = &row.Support
	}
	return me, nil
}

// cutSessions ends the sessions of a user in this account, and returns how many of them were valid.
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
		if one.AccountID == m.AccountID && !one.Awaits && one.Alive(w.at) {
			n++
		}
	}
	return n, w.DeleteSessionsOf(w.ctx, m.UserID, m.AccountID, "")
}
