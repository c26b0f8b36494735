package team

import (
	"context"
	"errors"
	"time"

	"raff/internal/event"
)

// InvitationTTL is how long an invitation can be accepted, counted from when it was sent last.
const InvitationTTL = 7 * 24 * time.Hour

// Link is a link that accepts an invitation, or sets a password, once.
type Link struct {
	URL       string
	ExpiresAt time.Time
}

func (w *work) newInvitation(m *Member) *Invitation {
	inv := &Invitation{
		ID: w.s.NewID(), AccountID: m.AccountID, ProjectID: m.ProjectID, MemberID: m.ID, Email: m.Email,
		CanonicalEmail: m.CanonicalEmail, State: InvitationAccepted, InvitedBy: w.p.by(), InvitedByUser: w.p.person(),
		ExpiresAt: w.at.Add(InvitationTTL), CreatedAt: w.at, UpdatedAt: w.at, AccountName: w.p.account.Name, Role: m.Role,
	}
	if m.Type == TypeInvitation {
		inv.State = InvitationQueued
		m.Invitation = inv
	}
	return inv
}

// queueMail uses up one of the mails that were counted by prepayMails. Where no mail is sent nothing is queued: nobody
// should get it when mail is configured months later.
func (w *work) queueMail(inv Invitation) error {
	if !w.s.MailDelivered {
		return nil
	}
	if err := w.mayMail(); err != nil {
		return err
	}
	w.prepaid--
	w.mail = true
	return w.InsertMessage(w.ctx, Message{ID: w.s.NewID(), Kind: MessageInvitation, AccountID: inv.AccountID, InvitationID: inv.ID, NextAt: w.at, CreatedAt: w.at})
}

// requeue sends again what had not reached anybody when the invitation was held.
func (w *work) requeue(inv *Invitation) error {
	if inv == nil || inv.State != InvitationQueued {
		return nil
	}
	if err := w.DeleteMessagesOf(w.ctx, inv.ID); err != nil {
		return err
	}
	if err := w.prepayMails(1); err != nil {
		return err
	}
	return w.queueMail(*inv)
}

var invitationViewers = viewers{
	[]string{MembersView, MembersInvite, MembersManage}, []string{ProjectMembersView, ProjectMembersInvite, ProjectMembersManage},
}

// ListInvitations lists the invitations into the account or, with f.ProjectID, into a project that nobody accepted yet.
func (s *Service) ListInvitations(ctx context.Context, p *Principal, f InvitationFilter) ([]Invitation, int, error) {
	f.AccountID = p.AccountID
	if err := s.mayViewInvitations(ctx, p, f.ProjectID); err != nil {
		return nil, 0, err
	}
	return s.Store.Invitations(ctx, f)
}

func (s *Service) mayViewInvitations(ctx context.Context, p *Principal, projectID string) error {
	return s.mayViewIn(ctx, p, projectID, invitationViewers)
}

// ListOffers lists the invitations into all places where the caller may see them, the account and projects together, or
// into one of them. An empty place is all; the account is named by its own id.
func (s *Service) ListOffers(ctx context.Context, p *Principal, place string, f OfferFilter) ([]Invitation, int, OfferCounts, error) {
	none := func(err error) ([]Invitation, int, OfferCounts, error) { return nil, 0, OfferCounts{}, err }
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
	counts, err := s.Store.OfferCounts(ctx, f)
	if err != nil {
		return none(err)
	}
	rows, total, err := s.Store.Offers(ctx, f)
	return rows, total, counts, err
}

// visibleOffers fills in where the caller may see invitations; nowhere is an error.
func (s *Service) visibleOffers(ctx context.Context, p *Principal, f *OfferFilter) (err error) {
	f.AccountID, f.Now = p.AccountID, s.now()
	if f.Everywhere, f.Places, err = s.projectsWith(ctx, p, invitationViewers.project...); err != nil {
		return err
	}
	refused := s.require(p, invitationViewers.account...)
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
	inv, err := s.Store.Invitation(ctx, p.AccountID, id)
	if err != nil {
		return Invitation{}, err
	}
	if err := s.mayViewInvitations(ctx, p, inv.ProjectID); err != nil {
		return Invitation{}, err
	}
	// What was cancelled is gone, and so is what was accepted once the member is.
	if inv.State == InvitationCancelled || inv.Role.ID == "" {
		return Invitation{}, ErrNotFound
	}
	return inv, nil
}

// CreateInvitation is AddMember by address, answered as the invitation.
func (s *Service) CreateInvitation(ctx context.Context, p *Principal, n NewMember) (Invitation, error) {
	if n.Email == nil {
		return Invitation{}, invalid("email", "required", "email is required: the email address to invite.")
	}
	if err := n.check(); err != nil {
		return Invitation{}, err
	}
	var out Invitation
	err := s.write(ctx, p, Adds, func(w *work) error {
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

// invitationToSend loads an invitation that the caller may send again, with the membership behind it.
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
	e := conflict("member_suspended", "This invitation is on hold. Set the member's status to active first.")
	e.MemberID = m.ID
	return e
}

func (g *guard) mayInvite(projectID string) error {
	if projectID == "" {
		return g.s.require(g.p, MembersInvite, MembersManage)
	}
	return g.s.requireIn(g.ctx, g, g.p, projectID, []string{ProjectMembersInvite, ProjectMembersManage}, MembersManage)
}

// ResendInvitation sends an invitation again under a new token and with a new term; earlier links stop working. The
// member keeps its id. It also takes up an expired or declined one.
func (s *Service) ResendInvitation(ctx context.Context, p *Principal, id string) (Invitation, error) {
	var out Invitation
	err := s.write(ctx, p, TakesAway, func(w *work) error {
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
		// Whoever sends it again stands for it from now on, also at the acceptance in an account with the strict policy.
		inv.State, inv.ExpiresAt, inv.UpdatedAt = InvitationQueued, w.at.Add(InvitationTTL), w.at
		inv.InvitedBy, inv.InvitedByUser = w.p.by(), w.p.person()
		if err := w.UpdateInvitation(ctx, inv); err != nil {
			return err
		}
		if err := w.ReplaceTokens(ctx, inv.ID); err != nil {
			return err
		}
		if err := w.DeleteMessagesOf(ctx, inv.ID); err != nil {
			return err
		}
		if err := w.queueMail(inv); err != nil {
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

// CancelInvitation removes the pending member behind an invitation; its links stop working.
func (s *Service) CancelInvitation(ctx context.Context, p *Principal, id string) error {
	return s.write(ctx, p, TakesAway, func(w *work) error {
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
			return ErrNotFound // accepted: the member is not an invitation any more
		}
		if err := w.mayTouch(m); err != nil {
			return err
		}
		return w.cancel(m)
	})
}

// InvitationLink mints a link that the inviter hands over, where the server sends no mail. It proves nothing about who has
// it but that the inviter gave it to someone. Where the server sends mail, only the invited address gets the link.
func (s *Service) InvitationLink(ctx context.Context, p *Principal, id string) (Link, error) {
	var link Link
	err := s.write(ctx, p, TakesAway, func(w *work) error {
		inv, m, err := w.invitationToSend(id)
		if err != nil {
			return err
		}
		if s.MailConfigured {
			return conflict("mail_configured", "This server sends invitations by email, so only the invited person gets the link. Resend the invitation instead.")
		}
		if err := inv.open(w.at); err != nil {
			return err
		}
		token, err := newToken(s.Rand)
		if err != nil {
			return err
		}
		if err := w.AddToken(ctx, InvitationToken{Hash: hashOf(token), InvitationID: inv.ID, FetchedBy: w.p.by()}, w.at); err != nil {
			return err
		}
		link = Link{URL: s.inviteURL(token), ExpiresAt: inv.ExpiresAt}
		return w.recordMember(m, false, event.InvitationLinkFetched{ProjectName: m.ProjectName, RoleName: m.Role.Name})
	})
	return link, err
}

func (s *Service) inviteURL(token string) string { return s.PublicURL + "/invite/" + token }

var errInvitationUsed = gone("This invitation was already used. Sign in, or ask for a new invitation.")

// InvitationUsed reports that an invitation was accepted before, by whoever has its link.
func InvitationUsed(err error) bool {
	var e *Error
	return errors.As(err, &e) && e == errInvitationUsed
}

// open is nil while the invitation can be accepted, and says why it cannot.
func (i *Invitation) open(now time.Time) error {
	switch i.StateAt(now) {
	case InvitationAccepted:
		return errInvitationUsed
	case InvitationCancelled:
		return gone("This invitation was cancelled. Ask for a new invitation.")
	case InvitationDeclined:
		return gone("This invitation was declined. If that was a mistake, ask for a new invitation.")
	case InvitationExpired:
		return gone("This invitation has expired. Ask for it to be resent.")
	}
	return nil
}
