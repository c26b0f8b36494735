package team

import "context"

// UpdateMember changes the role or status of a member. Nobody becomes active before accepting: suspending a pending
// member holds the invitation, and activating it again brings it back to pending.
func (s *Service) UpdateMember(ctx context.Context, p *Principal, projectID, id string, c MemberChange) (Member, error) {
	if c.RoleID == nil && c.Status == nil {
		return Member{}, invalid("", "nothing_to_update", "Give role_id, status or both.")
	}
	if c.Status != nil && *c.Status != StatusActive && *c.Status != StatusSuspended {
		return Member{}, invalid("status", "invalid_status", "status can be set to active or suspended.")
	}
	var m Member
	err := s.write(ctx, p, TakesAway, func(w *work) error {
		var err error
		if m, err = w.memberToChange(projectID, id); err != nil {
			return err
		}
		before := m
		delegated, err := w.changeMember(&m, c)
		if err != nil {
			return err
		}
		if m.Role.ID == before.Role.ID && m.Status == before.Status {
			return nil
		}
		m.UpdatedAt = w.at
		if err := w.UpdateMember(ctx, m); err != nil {
			return err
		}
		if m.Status == StatusSuspended {
			if err := w.cutSessions(m); err != nil {
				return err
			}
		}
		if projectID == "" {
			if err := w.managerLeft(); err != nil {
				return err
			}
		}
		return w.recordMember("member.updated", m, delegated, memberDiff(before, m))
	})
	if err != nil {
		return Member{}, err
	}
	return m, nil
}

func (g *guard) memberToChange(projectID, id string) (Member, error) {
	if projectID == "" {
		if err := g.s.require(g.p, MembersManage); err != nil {
			return Member{}, err
		}
		return g.Member(g.ctx, g.p.AccountID, "", id)
	}
	if _, err := g.Project(g.ctx, g.p.AccountID, projectID); err != nil {
		return Member{}, err
	}
	if err := g.s.requireIn(g.ctx, g, g.p, projectID, []string{ProjectMembersManage}, MembersManage); err != nil {
		return Member{}, err
	}
	return g.Member(g.ctx, g.p.AccountID, projectID, id)
}

func (w *work) changeMember(m *Member, c MemberChange) (delegated bool, err error) {
	if err := w.mayTouch(*m); err != nil {
		return false, err
	}
	if c.RoleID != nil && *c.RoleID != m.Role.ID {
		role, err := w.Role(w.ctx, w.p.AccountID, *c.RoleID)
		if err != nil {
			return false, notFoundIs(err, invalidReference("role_id", "role"))
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
		m.Status = StatusSuspended
		return false, nil
	case m.Type == TypeInvitation && m.Status == StatusPending:
		e := conflict("member_pending", "The invitation has not been accepted yet; only the invited person can make the membership active. Resend the invitation if it got lost.")
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

// mayWake guards the activation of a suspended membership: it hands out again what the membership grants. A suspension
// in the account rests all project roles too, so waking up there wakes up all of them.
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

func memberDiff(a, b Member) map[string]any {
	d := map[string]any{}
	if a.Role.ID != b.Role.ID {
		d["role"], d["role_name"] = change{a.Role.Slug, b.Role.Slug}, change{a.Role.Name, b.Role.Name}
	}
	if a.Status != b.Status {
		d["status"] = change{a.Status, b.Status}
	}
	return d
}

// RemoveMember takes a membership away: a pending one cancels its invitation; removing somebody from the account also
// removes all their project memberships.
func (s *Service) RemoveMember(ctx context.Context, p *Principal, projectID, id string) (Removed, error) {
	var out Removed
	err := s.write(ctx, p, TakesAway, func(w *work) error {
		m, err := w.memberToRemove(projectID, id)
		if err != nil {
			return err
		}
		if err := w.mayTouch(m); err != nil {
			return err
		}
		if m.Type == TypeInvitation {
			return w.cancel(m)
		}
		out, err = w.remove(m)
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
	// Which permission is enough depends on the member, so it is read first; without any right at all the caller must
	// not even learn whether it exists.
	inProject, inAccount := []string{ProjectMembersManage, ProjectMembersRemove}, []string{MembersManage}
	pending := []string{ProjectMembersInvite}
	check := func(extra ...string) error {
		return g.s.requireIn(g.ctx, g, g.p, projectID, append(inProject, extra...), inAccount...)
	}
	if projectID == "" {
		inAccount, pending = []string{MembersManage, MembersRemove}, []string{MembersInvite}
		check = func(extra ...string) error { return g.s.require(g.p, append(inAccount, extra...)...) }
	}
	if err := check(pending...); err != nil {
		return Member{}, check()
	}
	m, err := g.Member(g.ctx, g.p.AccountID, projectID, id)
	if err != nil || m.Type == TypeInvitation {
		return m, err
	}
	return m, check()
}

// cancel removes a pending membership and closes its invitation.
func (w *work) cancel(m Member) error {
	if err := w.cancelInvitation(m); err != nil {
		return err
	}
	return w.recordMember("invitation.cancelled", m, false, map[string]any{"role": m.Role.Slug})
}

func (w *work) cancelInvitation(m Member) error {
	if m.Invitation != nil {
		if err := w.DeleteMessagesOf(w.ctx, m.Invitation.ID); err != nil {
			return err
		}
		if _, err := w.CloseInvitation(w.ctx, m.Invitation.ID, InvitationCancelled, w.at); err != nil {
			return err
		}
	}
	return w.DeleteMember(w.ctx, m.ID)
}

func (w *work) remove(m Member) (out Removed, err error) {
	all := []Member{m}
	if m.ProjectID == "" {
		if all, err = w.MembershipsOf(w.ctx, w.p.AccountID, m.CanonicalEmail); err != nil {
			return out, err
		}
		if w.p.account.Strict {
			if err := w.dominates(all...); err != nil {
				return out, err
			}
		}
	}
	projects := 0
	for _, each := range all {
		if each.ProjectID != "" && m.ProjectID == "" {
			projects++
		}
		if err := w.cancelInvitation(each); err != nil {
			return out, err
		}
	}
	if m.ProjectID == "" {
		if err := w.cutSessions(m); err != nil {
			return out, err
		}
		if err := w.managerLeft(); err != nil {
			return out, err
		}
		if out, err = w.leftBehind(m); err != nil {
			return out, err
		}
	}
	return out, w.recordMember("member.removed", m, false, map[string]any{
		"role": m.Role.Slug, "status": m.Status, "project_memberships_removed": projects,
	})
}
