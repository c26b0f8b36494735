package team

import (
	"context"

	"raff/internal/event"
	"raff/internal/permission"
)

// UpdateMember changes the role or status of a member. No one becomes active before accepting: suspending a pending
// member puts the invitation on hold, and activating it makes it pending again.
//
// A suspension in the account disables the API keys whose secrets the person was shown, unless c keeps them. A weaker
// role, or a suspension in a project, only lists them.
func (s *Service) UpdateMember(ctx context.Context, p *Principal, projectID, id string, c MemberChange) (Member, error) {
	if c.RoleID == nil && c.Status == nil && len(c.ExternalIDs) == 0 {
		return Member{}, RefusalNoMemberChange.With()
	}
	if err := c.ExternalIDs.check(); err != nil {
		return Member{}, err
	}
	if c.Status != nil && *c.Status != StatusActive && *c.Status != StatusSuspended {
		return Member{}, RefusalUnknownStatus.With()
	}
	var m Member
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		var err error
		if m, err = w.memberToChange(projectID, id); err != nil {
			return err
		}
		if err := c.Base.matches(m.UpdatedAt); err != nil {
			return err
		}
		before := m
		delegated, err := w.changeMember(&m, c)
		if err != nil {
			return err
		}
		if err := w.saveMember(before, &m, c, delegated); err != nil {
			return err
		}
		return w.reidentify(&m, c.ExternalIDs, before.UpdatedAt, &m.UpdatedAt)
	})
	if err != nil {
		return Member{}, err
	}
	return m, nil
}

// saveMember writes a changed membership and the consequences of the change.
func (w *work) saveMember(before Member, m *Member, c MemberChange, delegated bool) error {
	changed := memberDiff(before, *m)
	if changed.Role == nil && changed.Status == nil {
		return nil
	}
	m.UpdatedAt = w.since(before.UpdatedAt)
	if err := w.UpdateMember(w.ctx, *m); err != nil {
		return err
	}
	if err := w.standFor(before, m); err != nil {
		return err
	}
	suspended := m.Status == StatusSuspended && before.Status != StatusSuspended
	weaker := !before.Role.Permissions.Minus(m.Role.Permissions).Empty()
	if suspended || weaker {
		var err error
		if m.HeldKeys, err = w.heldBy(*m); err != nil {
			return err
		}
	}
	if suspended {
		ended, err := w.shutOut(*m, m.HeldKeys, c.KeepKeys || w.p.Type == TypeSupport, event.ActionMemberUpdated)
		if err != nil {
			return err
		}
		changed.SessionsEnded, changed.APIKeysDeactivated = ended.sessions, ended.keys
	}
	if m.ProjectID == "" {
		if err := w.managerLeft(); err != nil {
			return err
		}
	}
	return w.recordMember(*m, delegated, changed)
}

// standFor makes the caller the inviter if they changed the role of an invitation, because in an account with the strict
// policy acceptance depends on the permissions of the person who chose the role. An expired or declined invitation gets a new
// inviter when it is resent.
func (w *work) standFor(before Member, m *Member) error {
	if m.Invitation == nil || m.Role.ID == before.Role.ID {
		return nil
	}
	if closed := m.Invitation.open(w.at); closed != nil {
		return nil //nolint:nilerr // the person who resends it becomes its inviter
	}
	inv := *m.Invitation
	inv.InvitedBy, inv.InvitedByUser, inv.UpdatedAt = w.p.by(), w.p.person(), w.at
	m.Invitation = &inv
	return w.UpdateInvitation(w.ctx, inv)
}

// shutOut ends the access of a user who lost access to the account: their sessions in it and, unless keep is true, the API
// keys whose secret they were shown.
func (w *work) shutOut(m Member, keys []HeldKey, keep bool, because event.Action) (ended shutOut, err error) {
	if m.ProjectID != "" || m.Type != TypeUser {
		return ended, nil
	}
	if ended.sessions, err = w.cutSessions(m); err != nil || keep {
		return ended, err
	}
	if err := w.disableHeld(m, keys, because); err != nil {
		return ended, err
	}
	ended.keys = disabledNames(keys)
	return ended, nil
}

// shutOut is what ended when a user lost access to the account: the number of sessions, and the names of the API keys.
type shutOut struct {
	sessions int
	keys     []string
}

func (g *guard) memberToChange(projectID, id string) (Member, error) {
	if projectID != "" {
		if _, err := g.Project(g.ctx, g.p.AccountID, projectID); err != nil {
			return Member{}, err
		}
	}
	if err := g.mayChangeIn(projectID); err != nil {
		return Member{}, err
	}
	return g.Member(g.ctx, g.p.AccountID, projectID, id)
}

// mayChangeIn requires the permission to change members of the account or of a project.
func (g *guard) mayChangeIn(projectID string) error {
	if projectID == "" {
		return g.s.Require(g.p, permission.MembersManage)
	}
	return g.s.requireIn(g.ctx, g, g.p, projectID, []string{permission.ProjectMembersManage}, permission.MembersManage)
}

func (w *work) changeMember(m *Member, c MemberChange) (delegated bool, err error) {
	if err := w.mayTouch(*m); err != nil {
		return false, err
	}
	if c.RoleID != nil && *c.RoleID != m.Role.ID {
		role, err := w.Role(w.ctx, w.p.AccountID, *c.RoleID)
		if err != nil {
			return false, NotFoundIs(err, invalidReference("role_id", "role"))
		}
		if delegated, err = w.mayBind(m.subject(), role, m.ProjectID); err != nil {
			return false, err
		}
		m.Role = role
	}
	if c.Status == nil {
		return delegated, nil
	}
	woken, err := w.changeStatus(m, *c.Status)
	return delegated || woken, err
}

func (w *work) changeStatus(m *Member, to Status) (delegated bool, err error) {
	switch {
	case to == m.Status:
		return false, nil
	case to == StatusSuspended:
		if err := w.mayRest(*m); err != nil {
			return false, err
		}
		m.Status = StatusSuspended
		return false, nil
	case m.Type == TypeInvitation && m.Status == StatusPending:
		e := RefusalMemberPending.With()
		e.MemberID = m.ID
		return false, e
	}
	if delegated, err = w.mayWake(*m); err != nil {
		return false, err
	}
	if m.Type == TypeInvitation {
		m.Status = StatusPending
		return delegated, w.requeue(m.Invitation)
	}
	m.Status = StatusActive
	return delegated, nil
}

// mayRest guards the suspension of a membership. In the account it also takes away all project roles, so a caller who can only change
// what it holds must hold those, too, as to remove the person.
func (w *work) mayRest(m Member) error {
	if m.ProjectID != "" || !w.p.strict() {
		return nil
	}
	all, err := w.MembershipsOf(w.ctx, w.p.AccountID, m.CanonicalEmail)
	if err != nil {
		return err
	}
	return w.dominates(all...)
}

// mayWake guards the activation of a suspended membership, which grants its role again. A suspension in the account
// also suspends all project roles, so activating it activates all of them.
func (w *work) mayWake(m Member) (delegated bool, err error) {
	all := []Member{m}
	if m.ProjectID == "" {
		others, err := w.MembershipsOf(w.ctx, w.p.AccountID, m.CanonicalEmail)
		if err != nil {
			return false, err
		}
		for _, o := range others {
			if o.ID != m.ID {
				all = append(all, o)
			}
		}
	}
	if m.Type == TypeAPIKey {
		return false, w.dominates(all...)
	}
	for _, each := range all {
		handed, err := w.mayBind(each.subject(), each.Role, each.ProjectID)
		if err != nil {
			return false, err
		}
		delegated = delegated || handed
	}
	return delegated, nil
}

// memberDiff returns what changed between two versions of a member.
func memberDiff(a, b Member) event.MemberUpdated {
	d := event.MemberUpdated{
		MemberName: b.personName(), ProjectName: b.ProjectName, RoleName: event.Name{To: b.Role.Name},
		Status: event.Changed(string(a.Status), string(b.Status)),
	}
	if a.Role.ID != b.Role.ID {
		d.Role, d.RoleName.From = &event.Change[string]{From: a.Role.Slug, To: b.Role.Slug}, a.Role.Name
	}
	return d
}

func memberRemoved(m Member) event.MemberRemoved {
	return event.MemberRemoved{
		MemberName: m.personName(), ProjectName: m.ProjectName, Role: m.Role.Slug, RoleName: m.Role.Name, Status: string(m.Status),
	}
}

// RemoveMember removes a membership: removing a pending one cancels its invitation; removing someone from the account
// also removes all their project memberships and, unless o keeps them, disables the API keys whose secrets they were
// shown.
func (s *Service) RemoveMember(ctx context.Context, p *Principal, projectID, id string, o Removal) (Removed, error) {
	var out Removed
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		m, err := w.memberToRemove(projectID, id)
		if err != nil {
			return err
		}
		if err := o.Base.matches(m.UpdatedAt); err != nil {
			return err
		}
		if err := w.mayTouch(m); err != nil {
			return err
		}
		if m.Type == TypeInvitation {
			return w.cancel(m)
		}
		out, err = w.remove(m, o)
		return err
	})
	return out, err
}

func (g *guard) memberToRemove(projectID, id string) (Member, error) {
	if projectID != "" {
		if _, err := g.Project(g.ctx, g.p.AccountID, projectID); err != nil {
			return Member{}, err
		}
	}
	// The required permission depends on the member, so it is read first; a caller without any of the permissions must not
	// learn whether it exists.
	if g.mayRemoveIn(projectID, true) != nil {
		return Member{}, g.mayRemoveIn(projectID, false)
	}
	m, err := g.Member(g.ctx, g.p.AccountID, projectID, id)
	if err != nil {
		return m, err
	}
	return m, g.mayRemoveIn(projectID, m.Type == TypeInvitation)
}

// mayRemoveIn requires the permission to remove members of the account or of a project or, of a pending one, to cancel the
// invitation.
func (g *guard) mayRemoveIn(projectID string, pending bool) error {
	inProject, inAccount := []string{permission.ProjectMembersManage, permission.ProjectMembersRemove}, []string{permission.MembersManage}
	if projectID == "" {
		inAccount = []string{permission.MembersManage, permission.MembersRemove}
		if pending {
			inAccount = append(inAccount, permission.MembersInvite)
		}
		return g.s.Require(g.p, inAccount...)
	}
	if pending {
		inProject = append(inProject, permission.ProjectMembersInvite)
	}
	return g.s.requireIn(g.ctx, g, g.p, projectID, inProject, inAccount...)
}

// cancel removes a pending membership and closes its invitation.
func (w *work) cancel(m Member) error {
	if err := w.cancelInvitation(m); err != nil {
		return err
	}
	return w.recordMember(m, false, event.InvitationCancelled{ProjectName: m.ProjectName, Role: m.Role.Slug, RoleName: m.Role.Name})
}

func (w *work) cancelInvitation(m Member) error {
	if m.Invitation != nil {
		if err := w.DeleteMessagesOf(w.ctx, *m.Invitation); err != nil {
			return err
		}
		if _, err := w.CloseInvitation(w.ctx, *m.Invitation, InvitationCancelled, w.at); err != nil {
			return err
		}
		if err := w.passOn(m); err != nil {
			return err
		}
	}
	return w.DeleteMember(w.ctx, m)
}

func (w *work) remove(m Member, o Removal) (out Removed, err error) {
	if out, err = w.leftBehind(m); err != nil {
		return out, err
	}
	told := memberRemoved(m)
	if m.ProjectID == "" {
		if out.InProjects, err = w.removeFromProjects(m); err != nil {
			return out, err
		}
	}
	told.ProjectMembershipsRemoved = new(len(out.InProjects))
	if err := w.cancelInvitation(m); err != nil {
		return out, err
	}
	ended, err := w.shutOut(m, out.KeysCreated, o.KeepKeys || w.p.Type == TypeSupport, event.ActionMemberRemoved)
	if err != nil {
		return out, err
	}
	told.SessionsEnded, told.APIKeysDeactivated = ended.sessions, ended.keys
	if m.ProjectID == "" {
		if err := w.managerLeft(); err != nil {
			return out, err
		}
	}
	return out, w.recordMember(m, false, told)
}

// removeFromProjects removes the project memberships of someone who is removed from the account, and returns them.
func (w *work) removeFromProjects(m Member) (ended []Member, err error) {
	all, err := w.MembershipsOf(w.ctx, w.p.AccountID, m.CanonicalEmail)
	if err != nil {
		return nil, err
	}
	if w.p.strict() {
		if err := w.dominates(all...); err != nil {
			return nil, err
		}
	}
	for _, each := range all {
		if each.ID == m.ID {
			continue
		}
		ended = append(ended, each)
		if err := w.cancelInvitation(each); err != nil {
			return nil, err
		}
		if err := w.recordEnd(each, event.ActionMemberRemoved); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

// recordEnd writes the event of a membership that ended because of something else.
func (w *work) recordEnd(m Member, because event.Action) error {
	if m.Type == TypeInvitation {
		return w.recordMember(m, false, event.InvitationCancelled{
			Because: because, ProjectName: m.ProjectName, Role: m.Role.Slug, RoleName: m.Role.Name, Status: string(m.Status),
		})
	}
	told := memberRemoved(m)
	told.Because = because
	return w.recordMember(m, false, told)
}
