package team

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"raff/internal/event"
)

// The secrets of support sessions have the form of an API key, with prefixes of their own.
const (
	supportCredentialPrefix = "rsp_"
	supportCookiePrefix     = "rsw_"
)

// NewSupportSession describes a support session to open. The zero For means DefaultSupportSession.
type NewSupportSession struct {
	AccountID                      string
	OperatorKeyID, OperatorKeyName string
	// Person is who gets access, and Reason why, such as the number of a ticket.
	Person, Reason string
	For            time.Duration
	// Until is when the operator key expires; zero means never.
	Until time.Time
}

// OpenedSupport is a new support session. Its secrets are shown only once.
type OpenedSupport struct {
	SupportSession
	Level SupportLevel
	// Credential is for the API. Link opens the dashboard once, in the next SupportLinkLife.
	Credential, Link string
}

// OpenSupport opens a session in an account that grants support access, in a transaction under the lock of that account. Its Owner is told by
// email. The session ends with the support access and with the operator key.
func (s *Service) OpenSupport(ctx context.Context, tx Tx, n NewSupportSession) (out OpenedSupport, err error) {
	if n.For == 0 {
		n.For = DefaultSupportSession
	}
	if err := CheckName(n.Person, 64); err != nil {
		return out, RefusalSupportPerson.With()
	}
	switch {
	case strings.TrimSpace(n.Reason) == "" || utf8.RuneCountInString(n.Reason) > maxSupportReason:
		return out, RefusalSupportWhy.With(maxSupportReason)
	case n.For < MinSupportSession || n.For > MaxSupportSession:
		return out, RefusalSupportSessionTime.With(int(MinSupportSession/time.Minute), int(MaxSupportSession/time.Minute))
	}
	row := SupportRow{}
	if row.Account, err = tx.Account(ctx, n.AccountID); err != nil {
		return out, err
	}
	if err := row.Account.Usable(); err != nil {
		return out, err
	}
	access, err := s.SupportAccessOf(ctx, tx, n.AccountID)
	switch {
	case err != nil:
		return out, err
	case access.Grant.ID == "":
		return out, RefusalSupportNotGranted.With()
	case len(access.Sessions) >= maxSupportSessions:
		return out, RefusalManySupportSessions.With(maxSupportSessions)
	}
	now := s.Now()
	row.Grant = access.Grant
	row.Session = SupportSession{
		ID: s.newID(), AccountID: n.AccountID, GrantID: access.Grant.ID, OperatorKeyID: n.OperatorKeyID, OperatorKeyName: n.OperatorKeyName,
		Person: n.Person, Reason: n.Reason, CreatedAt: now, ExpiresAt: sooner(sooner(now.Add(n.For), access.Grant.ExpiresAt), n.Until),
	}
	out = OpenedSupport{SupportSession: row.Session, Level: access.Grant.Level}
	if out.Credential, err = newSecretOf(supportCredentialPrefix, s.rand); err != nil {
		return out, err
	}
	token, err := NewToken(s.rand)
	if err != nil {
		return out, err
	}
	out.Link = s.publicURL + "/support/" + token
	if err := tx.InsertSupportSession(ctx, row.Session, HashOf(out.Credential), HashOf(token)); err != nil {
		return out, err
	}
	w := s.work(ctx, tx, s.supportOf(row, SupportCredential, nil))
	if err := w.record(row.Account.Target(), SupportOpened(out)); err != nil {
		return out, err
	}
	return out, w.tellOwner(&row)
}

// SupportOpened is the event of a new support session.
func SupportOpened(o OpenedSupport) event.SupportSessionOpened {
	return event.SupportSessionOpened{
		ExpiresAt: o.ExpiresAt.Format(time.RFC3339), Level: string(o.Level), OperatorKey: o.OperatorKeyName, Person: o.Person, Reason: o.Reason, SessionID: o.ID,
	}
}

// tellOwner queues an email to the Owner about a support session that was opened.
func (w *work) tellOwner(row *SupportRow) error {
	return w.noticeToOwner(row.Account, row.Account.ID, Notice{
		What: NoticeSupport, By: row.Session.Person, Role: string(row.Grant.Level), Reason: row.Session.Reason, Until: row.Session.ExpiresAt,
	})
}

// EndSupportSession ends a session of support in an account, in a transaction under the lock of that account, and records it in the log
// of the account. The operator is the actor.
func (s *Service) EndSupportSession(ctx context.Context, tx Tx, accountID, id string) (event.SupportSessionEnded, error) {
	all, err := tx.SupportSessions(ctx, accountID)
	if err != nil {
		return event.SupportSessionEnded{}, err
	}
	for _, one := range all {
		if one.ID != id {
			continue
		}
		told := event.SupportSessionEnded{Person: one.Person, Requests: one.Requests, SessionID: one.ID}
		if err := tx.DeleteSupportSession(ctx, id); err != nil {
			return told, err
		}
		a, err := tx.Account(ctx, accountID)
		if err != nil {
			return told, err
		}
		return told, s.work(ctx, tx, Operator(accountID)).record(a.Target(), told)
	}
	return event.SupportSessionEnded{}, ErrNotFound
}

// LeaveSupport ends the support session that p acts with.
func (s *Service) LeaveSupport(ctx context.Context, p *Principal) error {
	return s.write(ctx, p, Shared, func(w *work) error {
		if w.p.support == nil {
			return ErrSignedOut
		}
		return w.endSupportSession(w.p.support.row.Session, false)
	})
}

// SupportLink returns the session whose link to the dashboard has this token, if the link can still be used.
func (s *Service) SupportLink(ctx context.Context, token string) (SupportRow, error) {
	p, err := s.byLink(ctx, s.store, token)
	if err != nil {
		return SupportRow{}, err
	}
	return p.support.row, nil
}

func (s *Service) byLink(ctx context.Context, r Reader, token string) (*Principal, error) {
	if len(token) != TokenLength {
		return nil, RefusalSupportLink.With()
	}
	p, err := s.supportPrincipal(ctx, r, SupportLink, HashOf(token))
	if err == nil && !s.Now().Before(p.support.row.Session.CreatedAt.Add(SupportLinkLife)) {
		err = ErrUnauthenticated
	}
	if err != nil && isRefusal(err) {
		return nil, RefusalSupportLink.With()
	}
	if err == nil {
		err = p.closed
	}
	return p, err
}

// EnterSupport uses up the link of a support session, and returns the token of the cookie for the dashboard.
func (s *Service) EnterSupport(ctx context.Context, token string) (cookie string, err error) {
	row, err := s.SupportLink(ctx, token)
	if err != nil {
		return "", err
	}
	if cookie, err = newSecretOf(supportCookiePrefix, s.rand); err != nil {
		return "", err
	}
	err = s.store.Update(ctx, row.Account.ID, Shared, func(tx Tx) error {
		p, err := s.byLink(ctx, tx, token)
		if err != nil {
			return err
		}
		ok, err := tx.TakeSupportLink(ctx, HashOf(token), HashOf(cookie))
		if err == nil && !ok {
			err = RefusalSupportLink.With()
		}
		if err != nil {
			return err
		}
		return s.work(ctx, tx, p).record(row.Account.Target(), event.SupportSessionEntered{})
	})
	return cookie, err
}

// supportSignedIn returns the person of support in this browser as Service.Session does for users.
func (s *Service) supportSignedIn(ctx context.Context, token string) (SignedIn, error) {
	if !wellFormedAs(supportCookiePrefix, token) {
		return SignedIn{}, ErrSignedOut
	}
	hash := HashOf(token)
	p, err := s.supportPrincipal(ctx, s.store, SupportCookie, hash)
	if err != nil {
		return SignedIn{}, err
	}
	s.usage.noteSupport(p.ID, s.Now())
	row := &p.support.row
	me := SignedIn{
		Session: Session{ID: row.Session.ID, AccountID: row.Account.ID, CreatedAt: row.Session.CreatedAt, ExpiresAt: p.ends},
		User:    User{Name: row.Session.Person}, Principal: p, Support: row, Access: &row.Grant, Hash: hash,
	}
	if me.Closed = row.Account.Closed(); me.Closed != nil {
		me.Principal = nil
	}
	return me, nil
}
