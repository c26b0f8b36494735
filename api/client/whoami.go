package client

import (
	"context"

	"raff/api"
)

// Whoami returns the principal behind the API key, its account and its effective permissions.
func (c *Client) Whoami(ctx context.Context) (*api.Whoami, error) {
	return get[api.Whoami](ctx, c, "/api/v1/whoami")
}
