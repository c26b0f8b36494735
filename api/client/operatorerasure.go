package client

import (
	"context"

	"raff/api"
)

// Erase erases the person with an email, in any spelling, whether they have signed up or were only invited. It is refused with the code
// owns_accounts for the Owner of an account. Audit logs are changed in the background; see Erasure.
func (s *PeopleService) Erase(ctx context.Context, email string) (*api.Erasure, error) {
	return post[api.Erasure](ctx, s.c, api.ErasePersonRequest{Email: &email}, nil, "/operator/v1/people/erase")
}

// EraseByID is Erase for a person who has signed up.
func (s *PeopleService) EraseByID(ctx context.Context, id string) (*api.Erasure, error) {
	return post[api.Erasure](ctx, s.c, api.ErasePersonRequest{PersonID: &id}, nil, "/operator/v1/people/erase")
}

// Erasure returns how far an erasure got.
func (s *PeopleService) Erasure(ctx context.Context, id string) (*api.Erasure, error) {
	return get[api.Erasure](ctx, s.c, "/operator/v1/erasures/%s", id)
}
