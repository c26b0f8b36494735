package team

import (
	"context"
	"errors"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// InvitationState is the state of an invitation.
type InvitationState string

// The stored states. Expired is never stored: it follows from ExpiresAt. The last two close an invitation for good.
const (
	InvitationQueued    InvitationState = "queued"
	InvitationSent      InvitationState = "sent"
	InvitationFailed    InvitationState = "failed"
	InvitationDeclined  InvitationState = "declined"
	InvitationExpired   InvitationState = "expired"
	InvitationAccepted  InvitationState = "accepted"
	InvitationCancelled InvitationState = "cancelled"
)

// Invitation is the invitation of a pending membership.
type Invitation struct {
	ID        string
	AccountID string
	ProjectID string // empty for an invitation into the account
	MemberID  string
	Email     string
	State     InvitationState
	InvitedBy string // id of the principal that sent it
	// InvitedByUser is the person behind it: InvitedBy itself, or the person who made the key.
	InvitedByUser string
	// MailError is why the last attempt to send its email failed, and MailRetryAt when it is sent again; zero means that it is not.
	MailError   string
	MailRetryAt time.Time
	ExpiresAt   time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
	// ProposedName is the name that the inviter proposes to the invited person, who can change it when accepting. Nobody but those who
	// may see the invitation sees it, and it is removed when the invitation is closed.
	ProposedName string
	// LeadID is set if one person was invited to several places together: the id of the invitation whose email is about all of
	// them, which can be this one.
	LeadID string

	// Read with the invitation, not written.

	AccountName     string
	AccountState    AccountState
	AccountLanguage string
	AccountBranding string
	ProjectName     string
	Role            Role
	InviterName     string
	InviterEmail    string
	MemberStatus    Status
	CanonicalEmail  string

	// Also are the other places of invitations that were made together. Only InspectInvitation sets it.
	Also []OfferedPlace
}

// leads reports whether the email of the invitation is also about others.
func (i *Invitation) leads() bool { return i.LeadID != "" && i.LeadID == i.ID }

// OfferedPlace is a role in the account or, with a name, in a project.
type OfferedPlace struct {
	Project string `json:"project,omitempty"`
	Role    string `json:"role"`
}

// StateAt is the state at a time, which can be expired.
func (i *Invitation) StateAt(now time.Time) InvitationState {
	switch i.State {
	case InvitationQueued, InvitationSent, InvitationFailed:
		if !now.Before(i.ExpiresAt) {
			return InvitationExpired
		}
	}
	return i.State
}

// MailState is the state of an invitation's email.
type MailState string

// The states of an email. MailRetrying says that the mail server refused it for now, or could not be reached.
const (
	MailQueued   MailState = "queued"
	MailRetrying MailState = "retrying"
	MailSent     MailState = "sent"
	MailFailed   MailState = "failed"
)

// MailStateAt is the state of the email at a time; empty if the invitation is over.
func (i *Invitation) MailStateAt(now time.Time) MailState {
	switch state := i.StateAt(now); {
	case state == InvitationFailed && !i.MailRetryAt.IsZero():
		return MailRetrying
	case state == InvitationQueued, state == InvitationSent, state == InvitationFailed:
		return MailState(state)
	}
	return ""
}

// InvitationToken is one link of an invitation, stored as a hash, and how it was delivered.
type InvitationToken struct {
	Hash         []byte
	AccountID    string
	InvitationID string
	// Stale says that a newer link has replaced it.
	Stale bool
	// Mailed says that the link was only sent to the owner of the email, so that it verifies the email. A fetched link may
	// be used by anyone to whom the inviter gave it; FetchedBy is the id of the principal that fetched it.
	Mailed    bool
	FetchedBy string
}

// InvitationTTL is how long an invitation can be accepted after it was last sent.
const InvitationTTL = 7 * 24 * time.Hour

// Link is a single-use link that accepts an invitation or sets a password.
type Link struct {
	URL       string
	ExpiresAt time.Time
}

func (w *work) newInvitation(m *Member) *Invitation {
	inv := &Invitation{
		ID: w.s.newID(), AccountID: m.AccountID, ProjectID: m.ProjectID, MemberID: m.ID, Email: m.Email,
		CanonicalEmail: m.CanonicalEmail, State: InvitationAccepted, InvitedBy: w.p.by(), InvitedByUser: w.p.person(),
		ExpiresAt: w.at.Add(InvitationTTL), CreatedAt: w.at, UpdatedAt: w.at, AccountName: w.p.account.Name, Role: m.Role,
	}
	if m.Type == TypeInvitation {
		inv.State = InvitationQueued
		m.Invitation = inv
	}
	return inv
}

// queueMail queues an email that was counted by prepayMails. On a server without email nothing is queued, so that
// nothing is sent when email is configured months later.
func (w *work) queueMail(inv Invitation) error {
	if !w.s.mailDelivered {
		return nil
	}
	if err := w.mayMail(); err != nil {
		return err
	}
	w.prepaid--
	w.mail = true
	return w.InsertMessage(w.ctx, Message{ID: w.s.newID(), Kind: MessageInvitation, AccountID: inv.AccountID, InvitationID: inv.ID, NextAt: w.at, CreatedAt: w.at})
}

// requeue queues the email again if it was not sent before the invitation was put on hold.
func (w *work) requeue(inv *Invitation) error {
	if inv == nil || inv.State != InvitationQueued {
		return nil
	}
	if err := w.DeleteMessagesOf(w.ctx, *inv); err != nil {
		return err
	}
	if err := w.prepayMails(1); err != nil {
		return err
	}
	return w.queueMail(*inv)
}

var invitationViewers = viewers{
	[]string{permission.MembersView, permission.MembersInvite, permission.MembersManage}, []string{permission.ProjectMembersView, permission.ProjectMembersInvite, permission.ProjectMembersManage},
}

// ListInvitations lists the invitations to the account or, with f.ProjectID, to a project that are not accepted yet.
func (s *Service) ListInvitations(ctx context.Context, p *Principal, f InvitationFilter) ([]Invitation, int, error) {
	f.AccountID = p.AccountID
	if err := s.mayViewInvitations(ctx, p, f.ProjectID); err != nil {
		return nil, 0, err
	}
	return s.store.Invitations(ctx, f)
}

func (s *Service) mayViewInvitations(ctx context.Context, p *Principal, projectID string) error {
	return s.mayViewIn(ctx, p, projectID, invitationViewers)
}

// ListOffers lists the invitations to all places where the caller may see them, the account and projects together, or
// to one of them. An empty place means all; the account is given by its own id.
func (s *Service) ListOffers(ctx context.Context, p *Principal, place string, f OfferFilter) ([]Invitation, Total, OfferCounts, error) {
	none := func(err error) ([]Invitation, Total, OfferCounts, error) { return nil, Total{}, OfferCounts{}, err }
	if err := s.visibleOffers(ctx, p, &f); err != nil {
		return none(err)
	}
	if place != "" {
		projectID := place
		if place == p.AccountID {
			projectID = ""
		}
		if err := s.mayViewInvitations(ctx, p, projectID); err != nil {
			return none(err)
		}
		f.Everywhere, f.Places = false, []string{place}
	}
	counts, err := s.store.OfferCounts(ctx, f)
	if err != nil {
		return none(err)
	}
	rows, total, err := s.store.Offers(ctx, f)
	return rows, total, counts, err
}

// visibleOffers sets the places where the caller may see invitations; none is an error.
func (s *Service) visibleOffers(ctx context.Context, p *Principal, f *OfferFilter) (err error) {
	f.AccountID, f.Now = p.AccountID, s.Now()
	if f.Everywhere, f.Places, err = s.projectsWith(ctx, p, invitationViewers.project...); err != nil {
		return err
	}
	refused := s.Require(p, invitationViewers.account...)
	if refused == nil {
		f.Places = append(f.Places, p.AccountID)
	}
	if !f.Everywhere && len(f.Places) == 0 {
		return refused
	}
	return nil
}

// GetInvitation reads one invitation.
func (s *Service) GetInvitation(ctx context.Context, p *Principal, id string) (Invitation, error) {
	inv, err := s.store.Invitation(ctx, p.AccountID, id)
	if err != nil {
		return Invitation{}, err
	}
	if err := s.mayViewInvitations(ctx, p, inv.ProjectID); err != nil {
		return Invitation{}, err
	}
	// A cancelled invitation is not found, and neither is an accepted one after its member was removed.
	if inv.State == InvitationCancelled || inv.Role.ID == "" {
		return Invitation{}, ErrNotFound
	}
	return inv, nil
}

// CreateInvitation is AddMember by email, but returns the invitation.
func (s *Service) CreateInvitation(ctx context.Context, p *Principal, n NewMember) (Invitation, error) {
	if n.Email == nil {
		return Invitation{}, RefusalNoEmail.With()
	}
	if err := n.check(); err != nil {
		return Invitation{}, err
	}
	var out Invitation
	err := s.write(ctx, p, n.lock(), func(w *work) error {
		_, inv, err := w.addOne(n)
		if err != nil {
			return err
		}
		out, err = w.Invitation(ctx, w.p.AccountID, inv.ID)
		w.made = out
		return err
	})
	return out, err
}

// invitationToSend loads an invitation that the caller may resend, with its membership.
func (w *work) invitationToSend(id string) (Invitation, Member, error) {
	none := func(err error) (Invitation, Member, error) { return Invitation{}, Member{}, err }
	inv, err := w.Invitation(w.ctx, w.p.AccountID, id)
	if err != nil {
		return none(err)
	}
	if err := w.mayInvite(inv.ProjectID); err != nil {
		return none(err)
	}
	if inv.State == InvitationAccepted || inv.State == InvitationCancelled {
		return none(ErrNotFound)
	}
	m, err := w.Member(w.ctx, w.p.AccountID, inv.ProjectID, inv.MemberID)
	if err != nil {
		return none(err)
	}
	if m.Status == StatusSuspended {
		return none(held(m))
	}
	if _, err := w.mayBind(m.subject(), m.Role, m.ProjectID); err != nil {
		return none(err)
	}
	return inv, m, nil
}

func held(m Member) error {
	e := RefusalMemberOnHold.With()
	e.MemberID = m.ID
	return e
}

func (g *guard) mayInvite(projectID string) error {
	if projectID == "" {
		return g.s.Require(g.p, permission.MembersInvite, permission.MembersManage)
	}
	return g.s.requireIn(g.ctx, g, g.p, projectID, []string{permission.ProjectMembersInvite, permission.ProjectMembersManage}, permission.MembersManage)
}

// ResendInvitation resends an invitation with a new token and a new expiry; earlier links stop working. The member
// keeps its id. It also reopens an expired or declined invitation.
func (s *Service) ResendInvitation(ctx context.Context, p *Principal, id string) (Invitation, error) {
	var out Invitation
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		inv, m, err := w.invitationToSend(id)
		if err != nil {
			return err
		}
		if err := w.mayResend(inv); err != nil {
			return err
		}
		if err := w.prepayMails(1); err != nil {
			return err
		}
		// The caller becomes the inviter, which matters at acceptance in an account with the strict policy.
		inv.State, inv.ExpiresAt, inv.UpdatedAt = InvitationQueued, w.at.Add(InvitationTTL), w.at
		inv.MailError, inv.MailRetryAt = "", time.Time{}
		inv.InvitedBy, inv.InvitedByUser = w.p.by(), w.p.person()
		if err := w.UpdateInvitation(ctx, inv); err != nil {
			return err
		}
		if err := w.ReplaceTokens(ctx, inv.ID); err != nil {
			return err
		}
		if err := w.DeleteMessagesOf(ctx, inv); err != nil {
			return err
		}
		if err := w.queueMail(inv); err != nil {
			return err
		}
		if err := w.renew(inv); err != nil {
			return err
		}
		if out, err = w.Invitation(ctx, w.p.AccountID, id); err != nil {
			return err
		}
		w.made = out
		return w.recordMember(m, false, event.InvitationResent{ProjectName: m.ProjectName, RoleName: m.Role.Name})
	})
	return out, err
}

// CancelInvitation removes the pending member of an invitation; its links stop working.
func (s *Service) CancelInvitation(ctx context.Context, p *Principal, id string) error {
	return s.write(ctx, p, Exclusive, func(w *work) error {
		inv, err := w.Invitation(ctx, w.p.AccountID, id)
		if err != nil {
			return err
		}
		if err := w.mayInvite(inv.ProjectID); err != nil {
			return err
		}
		m, err := w.Member(ctx, w.p.AccountID, inv.ProjectID, inv.MemberID)
		if err != nil {
			return err
		}
		if m.Invitation == nil || m.Invitation.ID != inv.ID {
			return ErrNotFound // accepted: the member is no longer an invitation
		}
		if err := w.mayTouch(m); err != nil {
			return err
		}
		return w.cancel(m)
	})
}

// InvitationLink creates a link for the inviter to pass on, on a server without email. It only proves that the inviter
// gave it to its bearer. On a server with email, only the invited email gets the link.
func (s *Service) InvitationLink(ctx context.Context, p *Principal, id string) (Link, error) {
	var link Link
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		inv, m, err := w.invitationToSend(id)
		if err != nil {
			return err
		}
		if w.p.Type == TypeSupport {
			return RefusalSupportSecret.With()
		}
		if s.mailConfigured {
			return RefusalMailConfigured.With()
		}
		if err := inv.open(w.at); err != nil {
			return err
		}
		token, err := NewToken(s.rand)
		if err != nil {
			return err
		}
		if err := w.AddToken(ctx, InvitationToken{Hash: HashOf(token), AccountID: inv.AccountID, InvitationID: inv.ID, FetchedBy: w.p.by()}, w.at); err != nil {
			return err
		}
		link = Link{URL: s.inviteURL(token), ExpiresAt: inv.ExpiresAt}
		return w.recordMember(m, false, event.InvitationLinkFetched{ProjectName: m.ProjectName, RoleName: m.Role.Name})
	})
	return link, err
}

func (s *Service) inviteURL(token string) string { return s.publicURL + "/invite/" + token }

var errInvitationUsed = RefusalInvitationUsed.With()

// InvitationUsed reports whether err says that the invitation was already accepted.
func InvitationUsed(err error) bool {
	var e *Error
	return errors.As(err, &e) && e == errInvitationUsed
}

// acceptable reports whether the invitation is open and not on hold.
func (i *Invitation) acceptable(now time.Time) bool {
	return i.open(now) == nil && i.MemberStatus == StatusPending
}

// open returns nil if the invitation was neither answered nor cancelled and has not expired, or else an error with the reason.
func (i *Invitation) open(now time.Time) error {
	switch i.StateAt(now) {
	case InvitationAccepted:
		return errInvitationUsed
	case InvitationCancelled:
		return RefusalInvitationCancelled.With()
	case InvitationDeclined:
		return RefusalInvitationDeclined.With()
	case InvitationExpired:
		return RefusalInvitationExpired.With()
	}
	return nil
}
