package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) listProjectMembers(ctx context.Context, c *call) (any, error) {
	f, err := c.memberFilter()
	if err != nil {
		return nil, err
	}
	f.ProjectID = c.PathID("id")
	rows, total, err := s.svc.ListMembers(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	if err := team.Identify(ctx, s.svc, c.who, rows); err != nil {
		return nil, err
	}
	return rest.CountedPage(f.Page, rows, total, s.projectMember, memberCursor), nil
}

func (s *server) addProjectMember(ctx context.Context, c *call) (any, error) {
	var b api.AddProjectMemberRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	n, err := newMember(c.PathID("id"), api.AddMemberRequest{TargetUserID: b.TargetUserID, APIKeyID: b.APIKeyID, RoleID: b.RoleID, ExternalIDs: b.ExternalIDs})
	if err != nil {
		return nil, err
	}
	m, err := s.svc.AddMember(ctx, c.who, n)
	return rest.One(s.projectMember(&m)), err
}

func (s *server) getProjectMember(ctx context.Context, c *call) (any, error) {
	m, err := s.svc.GetMember(ctx, c.who, c.PathID("id"), c.PathID("member_id"))
	if err == nil {
		err = team.IdentifyOne(ctx, s.svc, c.who, &m)
	}
	return rest.One(s.projectMember(&m)), err
}

func (s *server) updateProjectMember(ctx context.Context, c *call) (any, error) {
	change, err := c.memberChange()
	if err != nil {
		return nil, err
	}
	m, err := s.svc.UpdateMember(ctx, c.who, c.PathID("id"), c.PathID("member_id"), change)
	return rest.One(s.projectMember(&m)), err
}

func (s *server) removeProjectMember(ctx context.Context, c *call) (any, error) {
	o, err := c.removal()
	if err != nil {
		return nil, err
	}
	gone, err := s.svc.RemoveMember(ctx, c.who, c.PathID("id"), c.PathID("member_id"), o)
	return removed(gone), err
}

// projectMember converts a project membership to its API form.
func (s *server) projectMember(m *team.Member) api.ProjectMember {
	return api.ProjectMember{ID: m.ID, ProjectID: m.ProjectID, AccountSuspended: m.AccountSuspended, Membership: s.membership(m)}
}

// appendProjectMember encodes a project member exactly like reflection, but faster.
func appendProjectMember(b []byte, m *api.ProjectMember) []byte {
	b = appendText(b, `{"id":`, m.ID)
	b = appendText(b, `,"project_id":`, m.ProjectID)
	if m.AccountSuspended {
		b = append(b, `,"account_suspended":true`...)
	}
	return appendMembership(b, &m.Membership)
}
