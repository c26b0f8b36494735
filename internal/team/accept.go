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
	if err := w.activate(&m, inv, u); err != nil || !t.Mailed {
		return m, err
	}
	return m, w.acceptRest(m, u)
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

// acceptRest accepts the other open invitations of the same email in the account. An invitation that cannot be accepted
// now, because its sender may no longer assign the role, stays open and does not block the others.
func (w *work) acceptRest(done Member, u User) error {
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

// DeclineInvitation declines an invitation. The inviter can see that, and the link stops working.
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
		w := s.work(ctx, tx, &Principal{Type: TypeInvitation, ID: inv.MemberID, AccountID: inv.AccountID, Name: inv.Email})
		ok, err := w.CloseInvitation(ctx, inv, InvitationDeclined, w.at)
		if err != nil {
			return err
		}
		if !ok {
			return errInvitationUsed
		}
		if err := w.DeleteMessagesOf(ctx, inv); err != nil {
			return err
		}
		m, err := w.Member(ctx, inv.AccountID, inv.ProjectID, inv.MemberID)
		if err != nil {
			return err
		}
		return w.recordMember(m, false, event.InvitationDeclined{ProjectName: m.ProjectName, RoleName: m.Role.Name})
	})
}
