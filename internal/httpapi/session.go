package httpapi

import (
	"context"
	"errors"
	"net/http"

	"raff/internal/team"
)

var (
	errTwoCredentials = invalid("", "two_credentials", "The request has an API key and the cookie of a dashboard session. Send one of them.")
	errCrossOrigin    = &refusal{status: http.StatusForbidden, code: "cross_origin", message: "A browser sent this from another site, with the cookie of a dashboard session. Other sites use an API key."}
)

// sessionToken is the token of the dashboard session in a request, or empty.
func (s *server) sessionToken(r *http.Request) string {
	if s.Session == nil {
		return ""
	}
	return s.Session(r)
}

// signedIn is who came with this session. A browser adds the cookie by itself, also to what another site makes it send:
// such a request is refused, by what browsers say of where it comes from.
func (s *server) signedIn(ctx context.Context, r *http.Request, token string) (team.SignedIn, error) {
	if err := s.CrossOrigin.Check(r); err != nil {
		return team.SignedIn{}, errCrossOrigin
	}
	me, err := s.svc.Session(ctx, token)
	if errors.Is(err, team.ErrSignedOut) || errors.Is(err, team.ErrFactorNeeded) {
		err = team.ErrUnauthenticated
	}
	return me, err
}
