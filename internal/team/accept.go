package team

import (
	"context"

	"raff/internal/event"
)

// InvitationBehind returns the open invitation of a token. r is the store, or nil for the store of the service.
func (s *Service) InvitationBehind(ctx context.Context, r Reader, token string) (Invitation, InvitationToken, error) {
	if r == nil {
		r = s.store
	}
	none := func(err error) (Invitation, InvitationToken, error) { return Invitation{}, InvitationToken{}, err }
	inv, t, err := r.InvitationByToken(ctx, HashOf(token))
	if err != nil {
		return none(NotFoundIs(err, RefusalInvitationUnknown.With()))
	}
	if err := inv.open(s.Now()); err != nil {
		return none(err)
	}
	if inv.AccountState != AccountActive {
		return none(RefusalInvitingAccountClosed.With())
	}
	if !t.Mailed && s.mailConfigured {
		return none(RefusalLinkBeforeMail.With())
	}
	if t.Stale {
		return none(RefusalLinkReplaced.With())
	}
	if inv.MemberStatus == StatusSuspended {
		return none(RefusalInvitationOnHold.With())
	}
	return inv, t, nil
}

// Accept accepts the invitation of a token in a transaction, for the user u, and returns their active membership. An
// emailed token also accepts the other open invitations of the same email in the account. save stores the user; it is
// called after the invitation was closed, so that it runs once per invitation.
func (s *Service) Accept(ctx context.Context, tx Tx, token string, u User, save func(InvitationToken) error) (Member, error) {
	inv, t, err := s.InvitationBehind(ctx, tx, token)
	if err != nil {
		return Member{}, err
	}
	w := s.work(ctx, tx, u.As(inv.AccountID))
	ok, err := w.CloseInvitation(ctx, inv, InvitationAccepted, w.at)
	if err != nil {
		return Member{}, err
	}
	if !ok {
		return Member{}, errInvitationUsed
	}
	if w.p.account, err = w.Account(ctx, inv.AccountID); err != nil {
		return Member{}, err
	}
	if err := save(t); err != nil {
		return Member{}, err
	}
	m, err := w.Member(ctx, inv.AccountID, inv.ProjectID, inv.MemberID)
	if err != nil {
		return Member{}, err
	}
	if err := w.activate(&m, inv, u); err != nil {
		return m, err
	}
	if t.Mailed {
		return m, w.acceptRest(m, u, nil)
	}
	if inv.LeadID == "" {
		return m, nil
	}
	// A fetched link accepts only the invitations that were made together with its own, and of those only the ones whose role the
	// principal who fetched the link may assign; isThemselves gives the reason.
	return m, w.acceptRest(m, u, func(each Member) (bool, error) {
		if each.Invitation.LeadID != inv.LeadID {
			return false, nil
		}
		return w.vouches(t.FetchedBy, u, each.Role, each.ProjectID)
	})
}

func (w *work) activate(m *Member, inv Invitation, u User) error {
	if err := w.mayAccept(*m, inv); err != nil {
		return err
	}
	m.bindUser(u)
	m.Status, m.AcceptedAt, m.UpdatedAt, m.Invitation = StatusActive, w.at, w.at, nil
	if err := w.KnowUser(w.ctx, m.AccountID, u, w.at); err != nil {
		return err
	}
	if err := w.DeleteMessagesOf(w.ctx, inv); err != nil {
		return err
	}
	if err := w.UpdateMember(w.ctx, *m); err != nil {
		return err
	}
	return w.recordMember(*m, false, event.InvitationAccepted{
		MemberName: m.personName(), ProjectName: m.ProjectName, Role: m.Role.Slug, RoleName: m.Role.Name, UserID: u.ID,
	})
}

// mayAccept is the guard at acceptance: the role must still be of the right scope and assignable, and in an account
// with the strict policy the inviter must still be allowed to assign it.
func (w *work) mayAccept(m Member, inv Invitation) error {
	if err := scopeFits(m.Role, m.ProjectID); err != nil {
		return err
	}
	if m.Role.IsOwner() {
		return RefusalOwnerNotInvited.With()
	}
	if !w.p.account.Strict {
		return nil
	}
	stale := RefusalInviterLostRole.With()
	inviter, err := w.inviter(inv)
	if err != nil {
		return NotFoundIs(err, stale)
	}
	held, err := w.s.held(w.ctx, w, inviter, m.ProjectID)
	if err != nil {
		return err
	}
	if !held.Contains(m.Role.Permissions) {
		return stale
	}
	return nil
}

// inviter loads the current state of the principal that sent an invitation; the error is ErrNotFound if it can no
// longer act.
func (w *work) inviter(inv Invitation) (*Principal, error) {
	return w.principalNow(inv.AccountID, inv.InvitedBy)
}

// principalNow loads the current state of a person or key of an account; the error is ErrNotFound if it can no longer
// act there.
func (w *work) principalNow(accountID, id string) (*Principal, error) {
	kp, err := w.KeyPrincipalByID(w.ctx, id)
	var p *Principal
	switch {
	case err == nil && kp.Key.AccountID != accountID:
		err = ErrNotFound
	case err == nil:
		if p, err = principalOfKey(kp, w.at); err == nil {
			err = p.closed
		}
	case IsNotFound(err):
		p, err = w.s.userPrincipal(w.ctx, w, accountID, id)
	}
	if e, ok := err.(*Error); ok && (e.Kind == KindUnauthenticated || e.Kind == KindDenied) { //nolint:errorlint // made by the two calls above
		return nil, ErrNotFound
	}
	return p, err
}

// acceptRest accepts the other open invitations of the same email in the account, or those that may returns true for. An invitation that cannot be accepted
// now, because its sender may no longer assign the role, stays open and does not block the others.
func (w *work) acceptRest(done Member, u User, may func(Member) (bool, error)) error {
	all, err := w.MembershipsOf(w.ctx, done.AccountID, done.CanonicalEmail)
	if err != nil {
		return err
	}
	for i := range all {
		m := &all[i]
		if m.ID == done.ID || m.Type != TypeInvitation || m.Status != StatusPending || m.Invitation == nil {
			continue
		}
		inv := *m.Invitation
		if inv.open(w.at) != nil {
			continue
		}
		if may != nil {
			if ok, err := may(*m); err != nil {
				return err
			} else if !ok {
				continue
			}
		}
		if err := w.mayAccept(*m, inv); err != nil {
			if isRefusal(err) {
				continue
			}
			return err
		}
		if ok, err := w.CloseInvitation(w.ctx, inv, InvitationAccepted, w.at); err != nil || !ok {
			return err
		}
		if err := w.activate(m, inv, u); err != nil {
			return err
		}
	}
	return nil
}

// DeclineInvitation declines an invitation, and those that were made together with it. The inviter can see that, and the link stops working.
func (s *Service) DeclineInvitation(ctx context.Context, token string) error {
	inv, _, err := s.InvitationBehind(ctx, s.store, token)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, inv.AccountID, Shared, func(tx Tx) error {
		inv, _, err := s.InvitationBehind(ctx, tx, token)
		if err != nil {
			return err
		}
		rest, err := s.companions(ctx, tx, inv)
		if err != nil {
			return err
		}
		for i, each := range append([]Invitation{inv}, rest...) {
			w := s.work(ctx, tx, &Principal{Type: TypeInvitation, ID: each.MemberID, AccountID: each.AccountID, Name: each.Email})
			ok, err := w.decline(each)
			if err != nil {
				return err
			}
			if !ok && i == 0 {
				return errInvitationUsed
			}
		}
		return nil
	})
}

// decline declines one invitation; false means that it is not open any more.
func (w *work) decline(inv Invitation) (bool, error) {
	if ok, err := w.CloseInvitation(w.ctx, inv, InvitationDeclined, w.at); err != nil || !ok {
		return false, err
	}
	if err := w.DeleteMessagesOf(w.ctx, inv); err != nil {
		return false, err
	}
	m, err := w.Member(w.ctx, inv.AccountID, inv.ProjectID, inv.MemberID)
	if err != nil {
		return false, err
	}
	return true, w.recordMember(m, false, event.InvitationDeclined{ProjectName: m.ProjectName, RoleName: m.Role.Name})
}
