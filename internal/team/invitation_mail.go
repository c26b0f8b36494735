package team

import (
	"context"
	"time"
)

// Mail is one email with everything that a sender needs. An email about how a user signs in contains no name. In the
// notice that codes are no longer accepted, Link opens the page that requests a password link; it contains no token and
// does not expire.
type Mail struct {
	ID          string
	Kind        MessageKind
	To          string
	AccountName string
	ProjectName string // empty for an invitation into the account
	RoleName    string
	// Also are the other places that the invitation is to.
	Also         []OfferedPlace
	InviterName  string
	InviterEmail string
	Link         string
	ExpiresAt    time.Time
	// Language is the recipient's, or else that of the account; empty means English.
	Language string
	// Branding is that of the account that the email is about; see Account.
	Branding string
	// Notice is for emails of that kind.
	Notice Notice
}

// InvitationMail prepares the emails of invitations, and stores their outcome in the invitations.
type InvitationMail struct{ s *Service }

// InvitationMail returns the part of the service that the emails of invitations need.
func (s *Service) InvitationMail() InvitationMail { return InvitationMail{s} }

// Wait counts an invitation against the limits of its recipient before the first attempt, and returns how long it
// has to wait if a limit is used up. All emails are sent through here, so the limits cannot be bypassed.
func (i InvitationMail) Wait(ctx context.Context, msg Message) (time.Duration, error) {
	s := i.s
	inv, err := s.store.Invitation(ctx, msg.AccountID, msg.InvitationID)
	if err != nil {
		return 0, NotFoundIs(err, nil)
	}
	if inv.AccountState != AccountActive {
		return suspendedMailWait, nil
	}
	if msg.Attempts > 0 {
		return 0, nil
	}
	return s.takeOrWait(ctx, s.mailLimits.recipient(msg.AccountID, inv.CanonicalEmail))
}

// takeOrWait counts one attempt against the limits, or returns how long to wait.
func (s *Service) takeOrWait(ctx context.Context, limits []Limit) (time.Duration, error) {
	if len(limits) == 0 {
		return 0, nil
	}
	ok, err := s.store.Take(ctx, limits, s.Now())
	if err != nil || ok {
		return 0, err
	}
	wait, err := s.store.LimitWait(ctx, limits, 1, s.Now())
	return max(wait, time.Second), err
}

// Prepare returns the email of an invitation with a new link. No link is stored, and every link that was sent works
// until one of them is used. It returns nil, and removes the message, if the invitation is no longer open.
func (i InvitationMail) Prepare(ctx context.Context, msg Message) (mail *Mail, err error) {
	s := i.s
	err = s.store.Update(ctx, msg.AccountID, Exclusive, func(tx Tx) error {
		mail = nil
		inv, err := tx.Invitation(ctx, msg.AccountID, msg.InvitationID)
		if err != nil && !IsNotFound(err) {
			return err
		}
		if err != nil || !inv.acceptable(s.Now()) {
			return tx.DeleteMessage(ctx, msg)
		}
		if inv.AccountState != AccountActive {
			return nil // just suspended; Wait sees it when the lease of the message ends
		}
		var also []OfferedPlace
		if inv.leads() {
			if also, err = s.alsoOffered(ctx, tx, inv); err != nil {
				return err
			}
		}
		token, err := NewToken(s.rand)
		if err != nil {
			return err
		}
		mail = &Mail{
			ID: msg.ID, Kind: MessageInvitation, To: inv.Email, AccountName: inv.AccountName, ProjectName: inv.ProjectName, RoleName: inv.Role.Name,
			InviterName: inv.InviterName, InviterEmail: inv.InviterEmail, Link: s.inviteURL(token), ExpiresAt: inv.ExpiresAt,
			Language: inv.AccountLanguage, Branding: inv.AccountBranding, Also: also,
		}
		return tx.AddToken(ctx, InvitationToken{Hash: HashOf(token), AccountID: inv.AccountID, InvitationID: inv.ID, Mailed: true}, s.Now())
	})
	return mail, err
}

// Overdue returns false: an invitation is tried until it expires.
func (InvitationMail) Overdue(Message) bool { return false }

// Note stores in the invitation whether the last attempt succeeded, or why it failed and when it is repeated. Those whose
// email it is, too, share the outcome.
func (i InvitationMail) Note(ctx context.Context, tx Tx, msg Message, sent bool) error {
	inv, err := tx.Invitation(ctx, msg.AccountID, msg.InvitationID)
	if err != nil {
		return NotFoundIs(err, nil)
	}
	all := []Invitation{inv}
	if inv.leads() {
		rest, err := i.s.companions(ctx, tx, inv)
		if err != nil {
			return err
		}
		all = append(all, rest...)
	}
	for _, each := range all {
		if err := i.note(ctx, tx, each, msg, sent); err != nil {
			return err
		}
	}
	return nil
}

func (i InvitationMail) note(ctx context.Context, tx Tx, inv Invitation, msg Message, sent bool) error {
	state := InvitationSent
	if !sent {
		state = InvitationFailed
	}
	failure, again := "", time.Time{}
	if !sent {
		failure, again = msg.LastError, msg.NextAt
	}
	if open := inv.open(i.s.Now()) == nil; !open || inv.State == state && inv.MailError == failure && inv.MailRetryAt.Equal(again) {
		return nil
	}
	inv.State, inv.MailError, inv.MailRetryAt, inv.UpdatedAt = state, failure, again, i.s.Now()
	return tx.UpdateInvitation(ctx, inv)
}

// staleAfter is how long expired and declined invitations stay readable.
const staleAfter = 30 * 24 * time.Hour

// CleanUp removes pending members whose invitation expired or was declined 30 days ago. A server calls it every hour.
func (s *Service) CleanUp(ctx context.Context) (int, error) {
	return s.store.RemoveStale(ctx, s.Now().Add(-staleAfter), s.Now)
}
