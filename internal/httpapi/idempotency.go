package httpapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

// idempotent makes a POST with an Idempotency-Key take effect once. Operations that create a link are excluded: their
// response must not be stored, and repeating them is harmless.
func (s *server) idempotent(ctx context.Context, c *call, r *Route) (context.Context, error) {
	keys, sent := c.Header["Idempotency-Key"]
	if !sent || c.Method != http.MethodPost || r.Open || r.Operation == "createInvitationLink" {
		return ctx, nil
	}
	i, err := rest.Idempotency(keys, c.Method+" "+c.URL.RequestURI())
	if err != nil {
		return ctx, err
	}
	i.Answer = func(made any) ([]byte, error) { return encode(nil, s.wire(c, made)) }
	c.idempotency = i
	c.digest(nil) // until a body is read
	return team.WithIdempotency(ctx, c.idempotency), nil
}

// digest sets the hash of the body, which a repeated request must match.
func (c *call) digest(body []byte) {
	if c.idempotency != nil {
		sum := sha256.Sum256(body)
		c.idempotency.BodyHash = sum[:]
	}
}

// wire is the response to a POST for the object it created, without a secret.
func (s *server) wire(c *call, made any) any {
	switch m := made.(type) {
	case team.Member:
		if m.ProjectID != "" {
			return rest.One(s.projectMember(&m))
		}
		return rest.One(s.member(&m))
	case []team.BulkResult:
		return s.bulk(c, m)
	case team.Invitation:
		return rest.One(s.invitation(&m))
	case team.Role:
		return rest.One(s.role(&m))
	case team.APIKey:
		return rest.One(api.APIKeyWithSecret{APIKey: apiKey(&m)})
	case team.Project:
		return rest.One(project(&m))
	case team.SupportAccess:
		return rest.One(rest.SupportAccess(&m))
	}
	panic("no response to store for the result of this POST") // a test repeats every POST
}

// replayed is the stored response, if the error is a team.Replay.
func (c *call) replayed(w http.ResponseWriter, err error) (any, bool) {
	var r *team.Replay
	if !errors.As(err, &r) {
		return nil, false
	}
	w.Header()["Idempotency-Replayed"] = []string{"true"}
	return rest.Document{ContentType: "application/json", Body: r.Answer}, true
}
