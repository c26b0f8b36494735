package client

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"raff/api"
)

// PeopleService helps people sign in.
type PeopleService struct{ c *Client }

const personPath = "/operator/v1/people/%s"

// Find returns the person with an email, in any spelling. Someone who was invited and has not accepted yet is not found.
func (s *PeopleService) Find(ctx context.Context, email string) (*api.Person, error) {
	return fetch[api.Person](ctx, s.c, request{method: http.MethodGet, path: "/operator/v1/people", query: url.Values{"email": {email}}})
}

// Get returns a person by id.
func (s *PeopleService) Get(ctx context.Context, id string) (*api.Person, error) {
	return get[api.Person](ctx, s.c, personPath, id)
}

// PasswordLink creates a link that lets the person set a new password, once. Anyone who opens it is treated as the owner of the
// email.
func (s *PeopleService) PasswordLink(ctx context.Context, id string) (*api.PasswordLink, error) {
	return post[api.PasswordLink](ctx, s.c, nil, nil, personPath+"/password-link", id)
}

// ResetSecondFactors removes all second factors and recovery codes of a person who lost them, and ends their sessions.
func (s *PeopleService) ResetSecondFactors(ctx context.Context, id string) (*api.Person, error) {
	return post[api.Person](ctx, s.c, nil, nil, personPath+"/reset-second-factors", id)
}

// Export writes all that is known of a person to w, as lines of JSON; see api.ExportManifest. It verifies what it writes: if the error is
// not nil, what was written is incomplete.
func (s *PeopleService) Export(ctx context.Context, id string, w io.Writer) (*api.ExportManifest, error) {
	return s.c.export(ctx, personPath+"/export", id, w)
}

// ExportEmail is Export for the person with an email, in any spelling, who has signed up, or is or was invited.
func (s *PeopleService) ExportEmail(ctx context.Context, email string, w io.Writer) (*api.ExportManifest, error) {
	return s.c.exportFrom(ctx, "/operator/v1/people/export", url.Values{"email": {email}}, w)
}
