package client

import (
	"context"
	"iter"
	"net/http"

	"raff/api"
)

const (
	invitationsPath        = "/api/v1/invitations"
	invitationPath         = "/api/v1/invitations/%s"
	projectInvitationsPath = "/api/v1/projects/%s/invitations"
)

// InvitationService manages invitations that are open, expired or declined.
type InvitationService struct{ c *Client }

// ListInvitationsOptions select invitations. Without a ProjectID they are invitations to the account.
type ListInvitationsOptions struct {
	ProjectID string
	ListOptions
}

// List returns one page of invitations, in order of creation.
func (s *InvitationService) List(ctx context.Context, o ListInvitationsOptions) (*api.Page[api.Invitation], error) {
	path := invitationsPath
	if o.ProjectID != "" {
		var err error
		if path, err = pathOf(projectInvitationsPath, o.ProjectID); err != nil {
			return nil, err
		}
	}
	return list[api.Invitation](ctx, s.c, path, o.query())
}

// All iterates over all invitations, fetching one page at a time.
func (s *InvitationService) All(ctx context.Context, o ListInvitationsOptions) iter.Seq2[api.Invitation, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.Invitation], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns an invitation.
func (s *InvitationService) Get(ctx context.Context, id string) (*api.Invitation, error) {
	return get[api.Invitation](ctx, s.c, invitationPath, id)
}

// Create invites an email to the account.
func (s *InvitationService) Create(ctx context.Context, in api.CreateInvitationRequest, opts ...CallOption) (*api.Invitation, error) {
	return fetch[api.Invitation](ctx, s.c, request{method: http.MethodPost, path: invitationsPath, body: in}, opts...)
}

// CreateForProject invites an email to a project.
func (s *InvitationService) CreateForProject(ctx context.Context, projectID string, in api.CreateInvitationRequest, opts ...CallOption) (*api.Invitation, error) {
	return post[api.Invitation](ctx, s.c, in, opts, projectInvitationsPath, projectID)
}

// Resend sends a new link and restarts the time until it expires. The member stays the same; earlier links stop working.
func (s *InvitationService) Resend(ctx context.Context, id string, opts ...CallOption) (*api.Invitation, error) {
	return post[api.Invitation](ctx, s.c, nil, opts, invitationPath+"/resend", id)
}

// Cancel cancels an invitation and removes its pending member.
func (s *InvitationService) Cancel(ctx context.Context, id string) (*api.Done, error) {
	return del(ctx, s.c, nil, invitationPath, id)
}

// Link creates an invitation link to pass on, on a server that does not send email. Only this response contains it.
func (s *InvitationService) Link(ctx context.Context, id string, opts ...CallOption) (*api.InvitationLink, error) {
	return post[api.InvitationLink](ctx, s.c, nil, opts, invitationPath+"/link", id)
}

// Accept accepts an invitation. It needs the token from the link, but no API key.
func (s *InvitationService) Accept(ctx context.Context, in api.AcceptInvitationRequest, opts ...CallOption) (*api.Member, error) {
	return post[api.Member](ctx, s.c, in, opts, invitationsPath+"/accept")
}

// Decline declines an invitation. It needs the token from the link, but no API key.
func (s *InvitationService) Decline(ctx context.Context, in api.DeclineInvitationRequest, opts ...CallOption) (*api.Done, error) {
	var d api.Done
	if err := s.c.send(ctx, request{method: http.MethodPost, path: invitationsPath + "/decline", body: in}, &d, opts...); err != nil {
		return nil, err
	}
	return &d, nil
}
