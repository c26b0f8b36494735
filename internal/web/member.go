package web

import (
	"net/http"

	"raff/internal/permission"
	"raff/internal/team"
)

func (p *pages) member(v *visit) (memberView, error) {
	person, err := p.svc.GetPerson(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return memberView{}, err
	}
	m := memberView{Person: person, Self: person.UserID == v.who.ID && person.Type == team.TypeUser, Done: v.news()}
	if person.ProjectID == "" {
		s, err := v.seat(person.Member)
		if err != nil {
			return m, err
		}
		m.Account = &s
	}
	taken := map[string]bool{}
	for _, one := range person.Projects {
		s, err := v.seat(one)
		if err != nil {
			return m, err
		}
		m.Seats = append(m.Seats, s)
		taken[one.ProjectID] = true
	}
	if m.Account != nil && m.Account.Change.OK && person.Type == team.TypeUser {
		if m.Keys, err = p.svc.KeysOf(v.Context(), v.who, person.Member); err != nil {
			return m, err
		}
	}
	if person.IsOwner || m.Self {
		return m, nil
	}
	return m, v.freeProjects(&m, taken)
}

// freeProjects finds the projects to which the viewer can add the person, and the roles for it.
func (v *visit) freeProjects(m *memberView, taken map[string]bool) error {
	projects, more, err := v.someProjects()
	if err != nil {
		return err
	}
	for _, pr := range projects {
		if taken[pr.ID] {
			continue
		}
		add := v.ask(v.can.AddToProject(pr.ID))
		if !add.OK && m.Type == team.TypeInvitation {
			add = v.ask(v.can.Invite(pr.ID))
		}
		if add.OK {
			m.Free = append(m.Free, pr)
		}
	}
	m.MoreFree = more
	example := team.NoID
	if len(m.Free) > 0 {
		example = m.Free[0].ID
	}
	if len(m.Free) == 0 && !more || !v.ask(v.can.ViewRoles()).OK {
		m.Free, m.MoreFree = nil, false
		return nil
	}
	m.Roles, err = v.choices(permission.ScopeProject, team.SystemRoleID(permission.ScopeProject, "viewer"), func(r team.Role) error {
		return v.can.Give(team.Member{ProjectID: example, UserID: m.UserID, CanonicalEmail: m.CanonicalEmail}, r)
	})
	return err
}

func (p *pages) showMember(v *visit) (reply, error) {
	m, err := p.member(v)
	return reply{status: http.StatusOK, page: memberPage(v, m)}, err
}

// memberAgain shows the page with an error; other errors are returned.
func (p *pages) memberAgain(v *visit, at string, err error) (reply, error) {
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	m, err := p.member(v)
	m.Wrong, m.WrongAt = message, at
	return reply{status: status, page: memberPage(v, m)}, err
}

// membership finds the membership of a form; GetPerson has already checked that the caller may see it.
func (p *pages) membership(v *visit) (team.Member, error) {
	person, err := p.svc.GetPerson(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return team.Member{}, err
	}
	id := v.PathValue("membership")
	if person.ID == id {
		return person.Member, nil
	}
	for _, m := range person.Projects {
		if m.ID == id {
			return m, nil
		}
	}
	return team.Member{}, team.ErrNotFound
}

func (p *pages) changeMember(v *visit) (reply, error) {
	m, err := p.membership(v)
	if err != nil {
		return reply{}, err
	}
	c := team.MemberChange{KeepKeys: v.keepsKeys(), Base: v.base()}
	news := "role"
	if role := v.PostForm.Get("role_id"); role != "" {
		c.RoleID = &role
	}
	switch v.PostForm.Get("status") {
	case "active":
		status := team.StatusActive
		c.Status, news = &status, "activated"
	case "suspended":
		status := team.StatusSuspended
		c.Status, news = &status, "suspended"
	}
	changed, err := p.svc.UpdateMember(v.Context(), v.who, m.ProjectID, m.ID, c)
	switch {
	case err != nil:
		return p.memberAgain(v, m.ID, err)
	case changed.UpdatedAt.Equal(m.UpdatedAt):
		news = "" // it was so before
	case news == "suspended" && disabledAny(changed.HeldKeys), news == "role" && m.ProjectID == "" && len(changed.HeldKeys) > 0:
		news += "-keys"
	}
	if v.PostForm.Get("back") != "" {
		return done(v.peopleList(), news)
	}
	return done("/members/"+v.PathValue("id"), news)
}

// addToProject gives a member of the account a role in a project.
func (p *pages) addToProject(v *visit) (reply, error) {
	person, err := p.svc.GetPerson(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	n := team.NewMember{ProjectID: v.PostForm.Get("project_id"), RoleID: v.PostForm.Get("role_id"), ManagedBy: team.ManagedByDashboard}
	if person.Type == team.TypeUser {
		n.UserID = &person.UserID
	} else {
		n.Email = &person.Email
	}
	if _, err := p.svc.AddMember(v.Context(), v.who, n); err != nil {
		return p.memberAgain(v, "add", err)
	}
	return done("/members/"+v.PathValue("id"), "added")
}

func (p *pages) removal(v *visit) (removalView, error) {
	m, err := p.membership(v)
	if err != nil {
		return removalView{}, err
	}
	r := removalView{Member: m, Remove: v.ask(v.can.RemoveMember(m)), Change: v.ask(v.can.ChangeMember(m)), KeepKeys: v.keepsKeys()}
	if r.Person, err = p.svc.GetPerson(v.Context(), v.who, v.PathValue("id")); err != nil {
		return r, err
	}
	if m.Type == team.TypeUser && (r.Remove.OK || r.Change.OK) {
		left, err := p.svc.LeftBehind(v.Context(), v.who, m.ProjectID, m.ID)
		if err != nil {
			return r, err
		}
		r.Keys, r.Invitations = left.KeysCreated, left.InvitationsSent
	}
	return r, nil
}

func (p *pages) showRemoval(v *visit) (reply, error) {
	r, err := p.removal(v)
	return reply{status: http.StatusOK, page: removalPage(v, r)}, err
}

func (p *pages) showSuspension(v *visit) (reply, error) {
	r, err := p.removal(v)
	if err == nil && r.Status == team.StatusSuspended {
		return goTo("/members/" + r.Person.ID)
	}
	return reply{status: http.StatusOK, page: suspensionPage(v, r)}, err
}

func (p *pages) removeMember(v *visit) (reply, error) {
	r, err := p.removal(v)
	if err != nil {
		return reply{}, err
	}
	out, err := p.svc.RemoveMember(v.Context(), v.who, r.ProjectID, r.ID, team.Removal{KeepKeys: r.KeepKeys, Base: v.base()})
	if err != nil {
		_, message, status, ok := refusal(v.Context(), err)
		r.Wrong = message
		if !ok {
			return reply{}, err
		}
		return reply{status: status, page: removalPage(v, r)}, nil
	}
	if r.ProjectID != "" && r.Person.ID != r.ID {
		return done("/members/"+r.Person.ID, "removed")
	}
	if r.ProjectID != "" {
		return done("/projects/"+r.ProjectID, "removed")
	}
	if disabledAny(out.KeysCreated) {
		return done("/members", "removed-keys")
	}
	return done("/members", "removed")
}

// showMemberRole is the form for the role of one person, on its own page or within a list.
func (p *pages) showMemberRole(v *visit) (reply, error) {
	m, err := p.member(v)
	if err != nil {
		return reply{}, err
	}
	if m.Account == nil {
		return goTo("/members/" + m.ID)
	}
	return reply{status: http.StatusOK, page: memberRolePage(v, m)}, nil
}
