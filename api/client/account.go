package client

import (
	"context"
	"net/http"

	"raff/api"
)

// AccountService manages the account.
type AccountService struct{ c *Client }

const accountPath = "/api/v1/account"

// Get returns the account of the API key, with its settings.
func (s *AccountService) Get(ctx context.Context) (*api.Account, error) {
	return get[api.Account](ctx, s.c, accountPath)
}

// Update changes the fields of in that are not nil. An API key can only change the name; for the other settings, the error
// satisfies IsDenied.
func (s *AccountService) Update(ctx context.Context, in api.UpdateAccountRequest, opts ...CallOption) (*api.Account, error) {
	return write[api.Account](ctx, s.c, http.MethodPatch, in, opts, accountPath)
}

// TransferOwnership makes an active user the Owner of the account; the former Owner becomes Admin. Only the Owner can do
// this while signed in: for an API key with any role, the error satisfies IsDenied.
func (s *AccountService) TransferOwnership(ctx context.Context, memberID string, opts ...CallOption) (*api.Member, error) {
	return fetch[api.Member](ctx, s.c, request{
		method: http.MethodPost, path: "/api/v1/account/transfer-ownership", body: api.TransferOwnershipRequest{MemberID: &memberID},
	}, opts...)
}
