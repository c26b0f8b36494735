package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/permission"
	"raff/internal/rest"
	"raff/internal/signin"
	"raff/internal/team"
)

func (s *server) listInvitations(ctx context.Context, c *call) (any, error) {
	return s.invitationsOf(ctx, c, "")
}

func (s *server) listProjectInvitations(ctx context.Context, c *call) (any, error) {
	return s.invitationsOf(ctx, c, c.PathID("id"))
}

func (s *server) invitationsOf(ctx context.Context, c *call, projectID string) (any, error) {
	p, err := c.Page(defaultLimit)
	if err != nil {
		return nil, err
	}
	rows, total, err := s.svc.ListInvitations(ctx, c.who, team.InvitationFilter{ProjectID: projectID, Page: p})
	if err != nil {
		return nil, err
	}
	return rest.PageOf(p, rows, total, s.invitation, invitationCursor), nil
}

func invitationCursor(i *team.Invitation) team.Cursor { return team.Cursor{At: i.CreatedAt, ID: i.ID} }

func (s *server) createInvitation(ctx context.Context, c *call) (any, error) {
	return s.invite(ctx, c, "")
}

func (s *server) createProjectInvitation(ctx context.Context, c *call) (any, error) {
	return s.invite(ctx, c, c.PathID("id"))
}

func (s *server) invite(ctx context.Context, c *call, projectID string) (any, error) {
	var b api.CreateInvitationRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	n, err := newMember(projectID, api.AddMemberRequest{Email: b.Email, RoleID: b.RoleID, Projects: b.Projects, Name: b.Name})
	if err != nil {
		return nil, err
	}
	inv, err := s.svc.CreateInvitation(ctx, c.who, n)
	return rest.One(s.invitation(&inv)), err
}

func (s *server) getInvitation(ctx context.Context, c *call) (any, error) {
	inv, err := s.svc.GetInvitation(ctx, c.who, c.PathID("id"))
	return rest.One(s.invitation(&inv)), err
}

func (s *server) cancelInvitation(ctx context.Context, c *call) (any, error) {
	return rest.Done("Invitation cancelled."), s.svc.CancelInvitation(ctx, c.who, c.PathID("id"))
}

func (s *server) resendInvitation(ctx context.Context, c *call) (any, error) {
	if err := c.DecodeOptional(&struct{}{}); err != nil {
		return nil, err
	}
	inv, err := s.svc.ResendInvitation(ctx, c.who, c.PathID("id"))
	return rest.One(s.invitation(&inv)), err
}

func (s *server) invitationLink(ctx context.Context, c *call) (any, error) {
	if err := c.DecodeOptional(&struct{}{}); err != nil {
		return nil, err
	}
	link, err := s.svc.InvitationLink(ctx, c.who, c.PathID("id"))
	return rest.One(api.InvitationLink{Link: link.URL, ExpiresAt: rest.Stamp(link.ExpiresAt)}), err
}

func (s *server) acceptInvitation(ctx context.Context, c *call) (any, error) {
	var b api.AcceptInvitationRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	token, err := rest.Required("token", b.Token)
	if err != nil {
		return nil, err
	}
	if b.Password == nil && s.front.SessionToken(c.Request) != "" {
		me, err := s.front.Session(ctx, c.Request)
		if err != nil {
			return nil, err
		}
		m, err := s.signin.AcceptSignedIn(ctx, me, token)
		return rest.One(s.member(&m)), err
	}
	a := signin.Accept{Token: token, Source: c.Front.Remote}
	if b.Name != nil {
		a.Name = *b.Name
	}
	if a.Password, err = rest.Required("password", b.Password); err != nil {
		return nil, err
	}
	a.KeepKeys = b.KeepKeys != nil && *b.KeepKeys
	m, err := s.signin.AcceptInvitation(ctx, a)
	return rest.One(s.member(&m)), err
}

func (s *server) declineInvitation(ctx context.Context, c *call) (any, error) {
	var b api.DeclineInvitationRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	token, err := rest.Required("token", b.Token)
	if err != nil {
		return nil, err
	}
	return rest.Done("Invitation declined."), s.svc.DeclineInvitation(ctx, token)
}

// invitation converts an invitation to its API form.
func (s *server) invitation(i *team.Invitation) api.Invitation {
	kind := permission.ScopeAccount
	if i.ProjectID != "" {
		kind = permission.ScopeProject
	}
	out := api.Invitation{
		ID: i.ID, Type: string(kind), AccountID: i.AccountID, AccountName: i.AccountName, ProjectID: rest.Filled(i.ProjectID),
		ProjectName: rest.Filled(i.ProjectName), MemberID: i.MemberID, Email: i.Email, RoleID: i.Role.ID, RoleName: i.Role.Name,
		State: string(i.StateAt(s.svc.Now())), ProposedName: rest.Filled(i.ProposedName), InvitedByID: rest.Filled(i.InvitedBy), InvitedByEmail: rest.Filled(i.InviterEmail),
		InvitedByName: rest.Filled(i.InviterName), ExpiresAt: rest.Stamp(i.ExpiresAt), CreatedAt: rest.Stamp(i.CreatedAt),
	}
	if state := i.MailStateAt(s.svc.Now()); s.svc.MailDelivered() && state != "" {
		out.MailState, out.MailError, out.MailRetryAt = rest.Filled(string(state)), rest.Filled(i.MailError), rest.StampOf(i.MailRetryAt)
	}
	return out
}
