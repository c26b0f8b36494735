package httpapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"

	"raff/api"
	"raff/internal/team"
)

const maxIdempotencyKey = 255

// idempotent makes a POST with an Idempotency-Key take effect once. Operations that create a link are excluded: their
// response must not be stored, and repeating them is harmless.
func (s *server) idempotent(ctx context.Context, c *call, r *Route) (context.Context, error) {
	keys, sent := c.Header["Idempotency-Key"]
	if !sent || c.Method != http.MethodPost || r.Open || r.Operation == "createInvitationLink" {
		return ctx, nil
	}
	if len(keys) != 1 || !printable(keys[0], maxIdempotencyKey) {
		return ctx, invalid("Idempotency-Key", "invalid_idempotency_key", "Idempotency-Key must be one value of 1 to %d printable ASCII characters.", maxIdempotencyKey)
	}
	c.idempotency = &team.Idempotency{Key: keys[0], Operation: c.Method + " " + c.URL.RequestURI(), Answer: func(made any) ([]byte, error) {
		return encode(nil, s.wire(c, made))
	}}
	c.digest(nil) // until a body is read
	return team.WithIdempotency(ctx, c.idempotency), nil
}

func printable(s string, limit int) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return s != "" && len(s) <= limit
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
			return one(s.projectMember(&m))
		}
		return one(s.member(&m))
	case []team.BulkResult:
		return s.bulk(c, m)
	case team.Invitation:
		return one(s.invitation(&m))
	case team.Role:
		return one(s.role(&m))
	case team.APIKey:
		return one(api.APIKeyWithSecret{APIKey: apiKey(&m)})
	case team.Project:
		return one(project(&m))
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
	return document{contentType: "application/json", body: r.Answer}, true
}
