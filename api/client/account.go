package client

import (
	"context"
	"net/http"

	"raff/api"
)

// AccountService works on the account itself.
type AccountService struct{ c *Client }

const accountPath = "/api/v1/account"

// Get returns the account of the API key with its settings.
func (s *AccountService) Get(ctx context.Context) (*api.Account, error) {
	return get[api.Account](ctx, s.c, accountPath)
}

// Update changes what in names and leaves the rest. An API key may change the name; the server takes the other settings
// only from a person, and IsDenied reports that.
func (s *AccountService) Update(ctx context.Context, in api.UpdateAccountRequest, opts ...CallOption) (*api.Account, error) {
	return write[api.Account](ctx, s.c, http.MethodPatch, in, opts, accountPath)
}

// TransferOwnership makes an active person the Owner of the account; the former Owner becomes Admin. The server takes
// this only from the Owner in person: an API key is denied, whatever its role.
func (s *AccountService) TransferOwnership(ctx context.Context, memberID string, opts ...CallOption) (*api.Member, error) {
	return fetch[api.Member](ctx, s.c, request{
		method: http.MethodPost, path: "/api/v1/account/transfer-ownership", body: api.TransferOwnershipRequest{MemberID: &memberID},
	}, opts...)
}
