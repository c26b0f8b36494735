package tfprovider

import (
	"context"
	"iter"

	"raff/api"
	"raff/api/client"
)

// The API calls for memberships of the account and of projects; projectID is empty for the account. Project members are
// converted to members; they differ only in their scope.

func (s *session) getMember(ctx context.Context, projectID, id string) (*api.Member, error) {
	if projectID == "" {
		return s.client.Members.Get(ctx, id)
	}
	return s.asMember(s.client.ProjectMembers.Get(ctx, projectID, id))
}

func (s *session) listMembers(ctx context.Context, projectID string, o client.ListMembersOptions) (*api.Page[api.Member], error) {
	if projectID == "" {
		return s.client.Members.List(ctx, o)
	}
	p, err := s.client.ProjectMembers.List(ctx, projectID, o)
	if err != nil {
		return nil, err
	}
	page := &api.Page[api.Member]{Total: p.Total, NextCursor: p.NextCursor}
	for _, m := range p.Data {
		page.Data = append(page.Data, s.memberIn(m))
	}
	return page, nil
}

// allMembers reads all pages of the members.
func (s *session) allMembers(ctx context.Context, projectID string, o client.ListMembersOptions) iter.Seq2[api.Member, error] {
	if projectID == "" {
		return s.client.Members.All(ctx, o)
	}
	return func(yield func(api.Member, error) bool) {
		for m, err := range s.client.ProjectMembers.All(ctx, projectID, o) {
			if !yield(s.memberIn(m), err) {
				return
			}
		}
	}
}

// addMember adds a member. For a project invitation by email, the result has only the fields of the invitation;
// getMember returns the others.
func (s *session) addMember(ctx context.Context, projectID string, in api.AddMemberRequest) (*api.Member, error) {
	switch {
	case projectID == "":
		return s.client.Members.Add(ctx, in)
	case in.Email == nil:
		return s.asMember(s.client.ProjectMembers.Add(ctx, projectID, api.AddProjectMemberRequest{
			TargetUserID: in.TargetUserID, APIKeyID: in.APIKeyID, RoleID: in.RoleID, ExternalIDs: in.ExternalIDs,
		}))
	}
	inv, err := s.client.Invitations.CreateForProject(ctx, projectID, api.CreateInvitationRequest{Email: in.Email, RoleID: in.RoleID})
	if err != nil {
		return nil, err
	}
	return &api.Member{ID: inv.MemberID, AccountID: inv.AccountID, Membership: api.Membership{
		PrincipalType: api.PrincipalInvitation, Email: inv.Email, RoleID: inv.RoleID,
		RoleName: inv.RoleName, Status: api.StatusPending, InvitationID: &inv.ID, InvitationState: inv.State,
		InvitationExpiresAt: &inv.ExpiresAt, CreatedAt: inv.CreatedAt,
	}}, nil
}

func (s *session) updateMember(ctx context.Context, projectID, id string, in api.UpdateMemberRequest, opts ...client.CallOption) (*api.Member, error) {
	if projectID == "" {
		return s.client.Members.Update(ctx, id, in, opts...)
	}
	return s.asMember(s.client.ProjectMembers.Update(ctx, projectID, id, in, opts...))
}

func (s *session) removeMember(ctx context.Context, projectID, id string) (*api.Done, error) {
	if projectID == "" {
		return s.client.Members.Remove(ctx, id)
	}
	return s.client.ProjectMembers.Remove(ctx, projectID, id)
}

// membersIn are the reads of a refresh. All projects share the number of reads by ID, because an account with many
// small projects would otherwise be read one by one.
func (s *session) membersIn(projectID string) *reads[api.Member] {
	if projectID == "" {
		return &s.members
	}
	return &s.projectMembers
}

func (s *session) asMember(m *api.ProjectMember, err error) (*api.Member, error) {
	if err != nil {
		return nil, err
	}
	out := s.memberIn(*m)
	return &out, nil
}

func (s *session) memberIn(m api.ProjectMember) api.Member {
	return api.Member{ID: m.ID, AccountID: s.accountID(), Membership: m.Membership}
}
