package client

import (
	"context"
	"net/http"

	"raff/api"
)

// AccountService works on the account itself.
type AccountService struct{ c *Client }

// TransferOwnership makes an active person the Owner of the account; the former Owner becomes Admin. The server takes
// this only from the Owner in person: an API key is denied, whatever its role.
func (s *AccountService) TransferOwnership(ctx context.Context, memberID string, opts ...CallOption) (*api.Member, error) {
	return fetch[api.Member](ctx, s.c, request{
		method: http.MethodPost, path: "/api/v1/account/transfer-ownership", body: api.TransferOwnershipRequest{MemberID: &memberID},
	}, opts...)
}
