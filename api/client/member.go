package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"raff/api"
)

const (
	membersPath       = "/api/v1/members"
	memberPath        = "/api/v1/members/%s"
	projectMembers    = "/api/v1/projects/%s/members"
	projectMemberPath = "/api/v1/projects/%s/members/%s"
)

// MemberService manages the members of the account.
type MemberService struct{ c *Client }

// ProjectMemberService manages the members of projects.
type ProjectMemberService struct{ c *Client }

// ListMembersOptions select members. Empty fields do not filter.
type ListMembersOptions struct {
	Status        string // one of api.StatusPending, …
	RoleID        string
	Email         string // the complete email, in any case
	PrincipalType string // one of api.PrincipalUser, …
	Query         string // part of the email or name
	ExternalID    string // SOURCE:ID
	LastActive    bool   // set LastActiveAt of the members of an account
	Projects      bool   // set Projects of the members of an account
	ListOptions
}

func (o ListMembersOptions) query() url.Values {
	q := o.ListOptions.query()
	set(q, "status", o.Status)
	set(q, "role_id", o.RoleID)
	set(q, "email", o.Email)
	set(q, "principal_type", o.PrincipalType)
	set(q, "q", o.Query)
	set(q, "external_id", o.ExternalID)
	if o.LastActive {
		q.Set("last_active", "true")
	}
	if o.Projects {
		q.Set("projects", "true")
	}
	return q
}

// List returns one page of members, in order of creation.
func (s *MemberService) List(ctx context.Context, o ListMembersOptions) (*api.Page[api.Member], error) {
	return list[api.Member](ctx, s.c, membersPath, o.query())
}

// All iterates over all members, fetching one page at a time.
func (s *MemberService) All(ctx context.Context, o ListMembersOptions) iter.Seq2[api.Member, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.Member], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns a member.
func (s *MemberService) Get(ctx context.Context, id string) (*api.Member, error) {
	return get[api.Member](ctx, s.c, memberPath, id)
}

// GetActive is Get with LastActiveAt set, for callers that manage members.
func (s *MemberService) GetActive(ctx context.Context, id string) (*api.Member, error) {
	path, err := pathOf(memberPath, id)
	if err != nil {
		return nil, err
	}
	return fetch[api.Member](ctx, s.c, request{method: http.MethodGet, path: path, query: url.Values{"last_active": {"true"}}})
}

// Add adds a user or an API key, or invites an email. With the codes "already_member" and "invitation_pending", the
// error has the MemberID of the existing member.
func (s *MemberService) Add(ctx context.Context, in api.AddMemberRequest, opts ...CallOption) (*api.Member, error) {
	return fetch[api.Member](ctx, s.c, request{method: http.MethodPost, path: membersPath, body: in}, opts...)
}

// AddMany adds up to 500 members in one transaction and returns a result for each row, in order. A row that is refused
// does not affect the others and is not an error of the call. With DryRun, it returns what would happen.
func (s *MemberService) AddMany(ctx context.Context, in api.AddMembersRequest, opts ...CallOption) ([]api.AddMembersResult, error) {
	rows, err := fetch[[]api.AddMembersResult](ctx, s.c, request{method: http.MethodPost, path: membersPath + "/bulk", body: in}, opts...)
	if err != nil {
		return nil, err
	}
	return *rows, nil
}

// Update changes a member's role or status, also while the invitation is open. Suspending a user disables the API keys
// whose secret they were shown, unless KeepKeys is set; KeysCreated of the result lists these keys.
func (s *MemberService) Update(ctx context.Context, id string, in api.UpdateMemberRequest, opts ...CallOption) (*api.Member, error) {
	return write[api.Member](ctx, s.c, http.MethodPatch, in, opts, memberPath, id)
}

// RemoveMemberOptions are the options of RemoveWith.
type RemoveMemberOptions struct {
	// KeepKeys keeps API keys enabled whose secret the user was shown. By default they are disabled.
	KeepKeys bool
}

// Remove removes a member with all their project roles, or cancels their invitation. The result lists the API keys whose
// secret the user was shown, which are disabled, and the invitations they sent, which stay valid.
func (s *MemberService) Remove(ctx context.Context, id string) (*api.Done, error) {
	return s.RemoveWith(ctx, id, RemoveMemberOptions{})
}

// RemoveWith is Remove with options.
func (s *MemberService) RemoveWith(ctx context.Context, id string, o RemoveMemberOptions) (*api.Done, error) {
	q := url.Values{}
	if o.KeepKeys {
		q.Set("keep_keys", "true")
	}
	return del(ctx, s.c, q, memberPath, id)
}

// List returns one page of a project's members, in order of creation.
func (s *ProjectMemberService) List(ctx context.Context, projectID string, o ListMembersOptions) (*api.Page[api.ProjectMember], error) {
	path, err := pathOf(projectMembers, projectID)
	if err != nil {
		return nil, err
	}
	return list[api.ProjectMember](ctx, s.c, path, o.query())
}

// All iterates over all members of a project, fetching one page at a time.
func (s *ProjectMemberService) All(ctx context.Context, projectID string, o ListMembersOptions) iter.Seq2[api.ProjectMember, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.ProjectMember], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, projectID, o)
	})
}

// Get returns a member of a project.
func (s *ProjectMemberService) Get(ctx context.Context, projectID, id string) (*api.ProjectMember, error) {
	return get[api.ProjectMember](ctx, s.c, projectMemberPath, projectID, id)
}

// Add gives a user or an API key of the account a role in the project. To invite an email, use
// InvitationService.CreateForProject.
func (s *ProjectMemberService) Add(ctx context.Context, projectID string, in api.AddProjectMemberRequest, opts ...CallOption) (*api.ProjectMember, error) {
	return post[api.ProjectMember](ctx, s.c, in, opts, projectMembers, projectID)
}

// AddMany is MemberService.AddMany for a project. A row with an Email invites to the project.
func (s *ProjectMemberService) AddMany(ctx context.Context, projectID string, in api.AddMembersRequest, opts ...CallOption) ([]api.AddProjectMembersResult, error) {
	rows, err := post[[]api.AddProjectMembersResult](ctx, s.c, in, opts, projectMembers+"/bulk", projectID)
	if err != nil {
		return nil, err
	}
	return *rows, nil
}

// Update changes a member's role or status in the project.
func (s *ProjectMemberService) Update(ctx context.Context, projectID, id string, in api.UpdateMemberRequest, opts ...CallOption) (*api.ProjectMember, error) {
	return write[api.ProjectMember](ctx, s.c, http.MethodPatch, in, opts, projectMemberPath, projectID, id)
}

// Remove removes a member from the project. The account membership stays.
func (s *ProjectMemberService) Remove(ctx context.Context, projectID, id string) (*api.Done, error) {
	return del(ctx, s.c, nil, projectMemberPath, projectID, id)
}
