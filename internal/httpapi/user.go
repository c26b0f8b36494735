package httpapi

import (
	"context"

	"raff/api"
)

func (s *server) lookupUser(ctx context.Context, c *call) (any, error) {
	email := c.query.Get("email")
	if email == "" {
		return nil, invalid("email", "required", "email is required: the address of a person of the account.")
	}
	u, err := s.svc.LookupUser(ctx, c.who, email)
	return one(api.User{ID: u.ID, Email: u.Email, Name: u.Name}), err
}
