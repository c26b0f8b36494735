package tfprovider

import (
	"context"
	"fmt"
	"strings"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
	"raff/internal/uuid"
)

// The prefixes of an import ID that names a principal instead of the membership.
const (
	userPrefix   = "user:"
	apiKeyPrefix = "api_key:"
)

// findMember finds a member by ID, email, user:<id> or api_key:<id>.
func (s *session) findMember(ctx context.Context, projectID, ref string) (*api.Member, error) {
	if id, ok := strings.CutPrefix(ref, userPrefix); ok {
		return s.memberWithUser(ctx, projectID, strings.ToLower(id))
	}
	if id, ok := strings.CutPrefix(ref, apiKeyPrefix); ok {
		return s.memberByEmail(ctx, projectID, strings.ToLower(id)+keyDomain, "that is the API key "+id)
	}
	if strings.Contains(ref, "@") {
		return s.memberByEmail(ctx, projectID, ref, "with the email "+ref)
	}
	id := strings.ToLower(ref)
	if !uuid.Valid(id) {
		return nil, fmt.Errorf("%q is not the ID of a member. Use the member's ID, an email, %s<user ID> or %s<API key ID>", ref, userPrefix, apiKeyPrefix)
	}
	m, err := s.membersIn(projectID).read(ctx, projectID, id)
	if client.IsNotFound(err) {
		return nil, noMember(projectID, fmt.Sprintf("with the ID %s. For the ID of a user or an API key, use %s%s or %s%s", id, userPrefix, id, apiKeyPrefix, id))
	}
	return m, err
}

func (s *session) memberByEmail(ctx context.Context, projectID, email, who string) (*api.Member, error) {
	m, err := s.byEmail.lookup(ctx, projectID, naming.CanonicalEmail(email))
	if err == nil && m == nil {
		err = noMember(projectID, who)
	}
	return m, err
}

// askByEmail returns nil if there is none.
func (s *session) askByEmail(ctx context.Context, projectID, email string) (*api.Member, error) {
	page, err := s.listMembers(ctx, projectID, client.ListMembersOptions{Email: email, ListOptions: client.ListOptions{Limit: 1}})
	if err != nil || len(page.Data) == 0 {
		return nil, err
	}
	return &page.Data[0], nil
}

func userOf(m api.Member) string {
	if m.UserID == nil {
		return ""
	}
	return *m.UserID
}

func (s *session) memberWithUser(ctx context.Context, projectID, id string) (*api.Member, error) {
	m, err := s.byUser.lookup(ctx, projectID, id)
	if err == nil && m == nil {
		err = noMember(projectID, "that is the user "+id)
	}
	return m, err
}

// askByUser returns nil if there is none.
func (s *session) askByUser(ctx context.Context, projectID, id string) (*api.Member, error) {
	for m, err := range s.allMembers(ctx, projectID, client.ListMembersOptions{PrincipalType: api.PrincipalUser}) {
		if err != nil {
			return nil, err
		}
		if m.UserID != nil && *m.UserID == id {
			return &m, nil
		}
	}
	return nil, nil
}

func noMember(projectID, who string) error {
	if projectID == "" {
		return fmt.Errorf("the account has no member %s", who)
	}
	return fmt.Errorf("the project %s has no member %s", projectID, who)
}
