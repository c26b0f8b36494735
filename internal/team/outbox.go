package team

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	mailLease    = 2 * time.Minute // longer than sending one mail takes; then another worker tries
	mailAttempts = 10
	// staleAfter is how long expired and declined invitations stay readable.
	staleAfter = 30 * 24 * time.Hour
)

// Mail is one email with everything that a sender needs. A mail about how a person signs in has no names in it but To,
// and Link of one that says that codes stopped leads to the page on which a password link is asked for; it holds no
// token and does not expire.
type Mail struct {
	ID           string
	Kind         MessageKind
	To           string
	AccountName  string
	ProjectName  string // empty for an invitation into the account
	RoleName     string
	InviterName  string
	InviterEmail string
	Link         string
	ExpiresAt    time.Time
}

// DeliverMail sends the mail whose turn it is, through send, and notes how it went; found is false when none is due. With
// urgentOnly it leaves all mails but those that someone waits for to other workers. Each attempt mints its own token, so
// that no link is stored; every link that was sent works until one is used. An error of send whose Permanent() is true ends
// the attempts; one that is the error of ctx says that the mail was certainly not sent. Many workers on several nodes may
// call it at once.
func (s *Service) DeliverMail(ctx context.Context, urgentOnly bool, send func(context.Context, Mail) error) (found bool, err error) {
	now := s.Now()
	msg, err := s.store.LeaseMessage(ctx, Lease{Now: now, Until: now.Add(mailLease), UrgentOnly: urgentOnly, After: s.turn.get()})
	if err != nil {
		return false, NotFoundIs(err, nil)
	}
	if !msg.Urgent() {
		s.turn.set(msg.AccountID)
	}
	if wait, err := s.mailWait(ctx, msg); err != nil || wait > 0 {
		if err != nil {
			return true, err
		}
		msg.NextAt = s.Now().Add(wait)
		return true, s.postpone(ctx, msg)
	}
	mail, err := s.prepare(ctx, msg)
	if err != nil || mail == nil { // nil: nobody waits for it any more
		return true, err
	}
	failure := send(ctx, *mail)
	// What became of it is noted even when the server is told to end meanwhile, or it would be sent again.
	after := context.WithoutCancel(ctx)
	if failure != nil && ctx.Err() != nil {
		if errors.Is(failure, ctx.Err()) {
			return true, errors.Join(ctx.Err(), s.postpone(after, msg)) // the next worker sends it at once
		}
		return true, ctx.Err() // the mail server may have it: the lease runs out first
	}
	return true, s.noteSent(after, msg, failure)
}

// postpone gives a message back.
func (s *Service) postpone(ctx context.Context, msg Message) error {
	return s.store.Update(ctx, msg.AccountID, Shared, func(tx Tx) error { return tx.UpdateMessage(ctx, msg) })
}

// turn is the account whose mail was sent last. Each node goes round by itself.
type turn struct {
	mu   sync.Mutex
	last string
}

func (t *turn) get() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

func (t *turn) set(accountID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = accountID
}

// prepare mints the token of one mail that has one. It returns nil, and drops the message, when the invitation is not open.
func (s *Service) prepare(ctx context.Context, msg Message) (*Mail, error) {
	switch msg.Kind {
	case MessagePassword:
		return s.preparePassword(ctx, msg)
	case MessageCodesStopped:
		return s.prepareCodesStopped(ctx, msg)
	}
	var mail *Mail
	err := s.store.Update(ctx, msg.AccountID, Exclusive, func(tx Tx) error {
		mail = nil
		inv, err := tx.Invitation(ctx, msg.AccountID, msg.InvitationID)
		if err != nil && !IsNotFound(err) {
			return err
		}
		if err != nil || inv.open(s.Now()) != nil || inv.MemberStatus != StatusPending {
			return tx.DeleteMessage(ctx, msg.ID)
		}
		token, err := NewToken(s.rand)
		if err != nil {
			return err
		}
		mail = &Mail{
			ID: msg.ID, Kind: MessageInvitation, To: inv.Email, AccountName: inv.AccountName, ProjectName: inv.ProjectName, RoleName: inv.Role.Name,
			InviterName: inv.InviterName, InviterEmail: inv.InviterEmail, Link: s.inviteURL(token), ExpiresAt: inv.ExpiresAt,
		}
		return tx.AddToken(ctx, InvitationToken{Hash: HashOf(token), InvitationID: inv.ID, Mailed: true}, s.Now())
	})
	return mail, err
}

// preparePassword mints the link of a mail to someone who forgot a password. An address nobody has gets no mail, and
// nobody gets one so late that they do not wait for it any more.
func (s *Service) preparePassword(ctx context.Context, msg Message) (*Mail, error) {
	u, err := s.store.UserByEmail(ctx, msg.Address)
	if IsNotFound(err) || err == nil && s.Now().After(msg.CreatedAt.Add(resetLinkTTL)) {
		return nil, s.store.Update(ctx, "", Shared, func(tx Tx) error { return tx.DeleteMessage(ctx, msg.ID) })
	}
	if err != nil {
		return nil, err
	}
	link, err := s.resetLink(ctx, u, Anonymous) // whoever asked was not signed in
	if err != nil {
		return nil, err
	}
	return &Mail{ID: msg.ID, Kind: MessagePassword, To: u.Email, Link: link.URL, ExpiresAt: link.ExpiresAt}, nil
}

func (s *Service) noteSent(ctx context.Context, msg Message, failure error) error {
	return s.store.Update(ctx, msg.AccountID, Exclusive, func(tx Tx) error {
		state, last := InvitationSent, true
		if failure != nil {
			msg.Attempts++
			msg.LastError = Shorten(failure.Error())
			msg.NextAt = s.Now().Add(backoff(msg.Attempts))
			last = permanent(failure) || msg.Attempts >= mailAttempts || msg.Kind == MessagePassword && s.Now().After(msg.CreatedAt.Add(resetLinkTTL))
			state = InvitationFailed
		}
		finish := tx.UpdateMessage
		if last {
			finish = func(ctx context.Context, m Message) error { return tx.DeleteMessage(ctx, m.ID) }
		}
		if err := finish(ctx, msg); err != nil {
			return err
		}
		if msg.Kind != MessageInvitation {
			return nil
		}
		inv, err := tx.Invitation(ctx, msg.AccountID, msg.InvitationID)
		if err != nil {
			return NotFoundIs(err, nil)
		}
		if open := inv.open(s.Now()) == nil; !open || inv.State == state {
			return nil
		}
		inv.State, inv.UpdatedAt = state, s.Now()
		return tx.UpdateInvitation(ctx, inv)
	})
}

func permanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// backoff waits 15 s after the first failure and doubles up to 4 h: ten attempts span about a day.
func backoff(attempts int) time.Duration {
	return min(15*time.Second<<min(attempts-1, 20), 4*time.Hour)
}

// CleanUp removes pending members whose invitation expired or was declined 30 days ago. A server calls it now and then.
func (s *Service) CleanUp(ctx context.Context) (int, error) {
	return s.store.RemoveStale(ctx, s.Now().Add(-staleAfter), s.Now)
}
