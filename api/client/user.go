package client

import (
	"context"
	"net/http"
	"net/url"

	"raff/api"
)

// UserService looks people up.
type UserService struct{ c *Client }

// Lookup finds the person with an address, in any spelling of it, who is a member of the account or once was. Their id
// is what api.AddMemberRequest calls TargetUserID. IsNotFound reports that the account knows nobody of that address.
func (s *UserService) Lookup(ctx context.Context, email string) (*api.User, error) {
	return fetch[api.User](ctx, s.c, request{
		method: http.MethodGet, path: "/api/v1/users/lookup", query: url.Values{"email": {email}},
	})
}

// Get finds a person by id, who is a member of the account or once was. IsNotFound reports that the account knows no
// such person.
func (s *UserService) Get(ctx context.Context, id string) (*api.User, error) {
	return fetch[api.User](ctx, s.c, request{
		method: http.MethodGet, path: "/api/v1/users/lookup", query: url.Values{"user_id": {id}},
	})
}
