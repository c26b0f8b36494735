package httpapi

import (
	"context"

	"raff/api"
)

func (s *server) lookupUser(ctx context.Context, c *call) (any, error) {
	email := c.query.Get("email")
	id, err := c.uuid("user_id")
	switch {
	case err != nil:
		return nil, err
	case email != "" && id != "":
		return nil, invalid("user_id", "conflicting_fields", "Send email or user_id, not both.")
	case id != "":
		u, err := s.svc.KnownUser(ctx, c.who, id)
		return one(api.User{ID: u.ID, Email: u.Email, Name: u.Name}), err
	case email == "":
		return nil, invalid("email", "required", "email is required: the email address of a person in the account.")
	}
	u, err := s.svc.LookupUser(ctx, c.who, email)
	return one(api.User{ID: u.ID, Email: u.Email, Name: u.Name}), err
}
