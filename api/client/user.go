package client

import (
	"context"
	"net/http"
	"net/url"

	"raff/api"
)

// UserService finds users.
type UserService struct{ c *Client }

// Lookup finds a user by email, in any case, who is or was a member of the account. The id of the result can be used as
// TargetUserID of api.AddMemberRequest. If there is no such user, the error satisfies IsNotFound.
func (s *UserService) Lookup(ctx context.Context, email string) (*api.User, error) {
	return fetch[api.User](ctx, s.c, request{
		method: http.MethodGet, path: "/api/v1/users/lookup", query: url.Values{"email": {email}},
	})
}

// Get finds a user by id who is or was a member of the account. If there is no such user, the error satisfies IsNotFound.
func (s *UserService) Get(ctx context.Context, id string) (*api.User, error) {
	return fetch[api.User](ctx, s.c, request{
		method: http.MethodGet, path: "/api/v1/users/lookup", query: url.Values{"user_id": {id}},
	})
}
