package tfprovider

import (
	"context"
	"fmt"
	"strings"

	"raff/api"
	"raff/client"
)

// The forms of an import id that name a principal instead of the membership.
const (
	userPrefix   = "user:"
	apiKeyPrefix = "api_key:"
)

// findMember looks a member up by its id, its email address, user:<id> or api_key:<id>.
func (s *session) findMember(ctx context.Context, ref string) (*api.Member, error) {
	if id, ok := strings.CutPrefix(ref, userPrefix); ok {
		return s.memberOf(ctx, api.PrincipalUser, id, func(m api.Member) *string { return m.UserID })
	}
	if id, ok := strings.CutPrefix(ref, apiKeyPrefix); ok {
		return s.memberOf(ctx, api.PrincipalAPIKey, id, func(m api.Member) *string { return m.APIKeyID })
	}
	if strings.Contains(ref, "@") {
		return s.memberByEmail(ctx, ref)
	}
	id := strings.ToLower(ref)
	if !uuidPattern.MatchString(id) {
		return nil, fmt.Errorf("%q is not an id of a member. Use the member's id, an email address, %s<user id> or %s<API key id>", ref, userPrefix, apiKeyPrefix)
	}
	m, err := s.members.read(ctx, "", id)
	if client.IsNotFound(err) {
		return nil, fmt.Errorf("the account has no member with the id %s. For the id of a user or a key, write %s%s or %s%s", id, userPrefix, id, apiKeyPrefix, id)
	}
	return m, err
}

func (s *session) memberByEmail(ctx context.Context, email string) (*api.Member, error) {
	page, err := s.client.Members.List(ctx, client.ListMembersOptions{Email: email, ListOptions: client.ListOptions{Limit: 1}})
	if err != nil {
		return nil, err
	}
	if len(page.Data) == 0 {
		return nil, fmt.Errorf("the account has no member with the address %s", email)
	}
	return &page.Data[0], nil
}

func (s *session) memberOf(ctx context.Context, principalType, id string, idOf func(api.Member) *string) (*api.Member, error) {
	id = strings.ToLower(id)
	for m, err := range s.client.Members.All(ctx, client.ListMembersOptions{PrincipalType: principalType}) {
		if err != nil {
			return nil, err
		}
		if p := idOf(m); p != nil && *p == id {
			return &m, nil
		}
	}
	return nil, fmt.Errorf("no member of the account is the %s %s", strings.ReplaceAll(principalType, "_", " "), id)
}
