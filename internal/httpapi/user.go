package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/rest"
)

func (s *server) lookupUser(ctx context.Context, c *call) (any, error) {
	email := c.Query.Get("email")
	id, err := c.UUID("user_id")
	switch {
	case err != nil:
		return nil, err
	case email != "" && id != "":
		return nil, rest.Invalid("user_id", "conflicting_fields", "Send email or user_id, not both.")
	case id != "":
		u, err := s.svc.KnownUser(ctx, c.who, id)
		return rest.One(api.User{ID: u.ID, Email: u.Email, Name: u.Name}), err
	case email == "":
		return nil, rest.Invalid("email", "required", "email is required: the email address of a person in the account.")
	}
	u, err := s.svc.LookupUser(ctx, c.who, email)
	return rest.One(api.User{ID: u.ID, Email: u.Email, Name: u.Name}), err
}
