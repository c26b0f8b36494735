package authzen

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"raff/internal/front"
	"raff/internal/team"
)

// refusal is an error of the request itself.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return r.message }

var (
	errNoPath   = &refusal{http.StatusNotFound, "unknown_path", "Unknown path. " + discoveryPath + " lists the endpoints."}
	errMethod   = &refusal{http.StatusMethodNotAllowed, "method_not_allowed", "This path supports POST."}
	errGet      = &refusal{http.StatusMethodNotAllowed, "method_not_allowed", "This path supports GET."}
	errMedia    = &refusal{http.StatusUnsupportedMediaType, "unsupported_media_type", "Send the body as JSON, with the header Content-Type: application/json."}
	errTooLarge = &refusal{http.StatusRequestEntityTooLarge, "body_too_large", fmt.Sprintf("The body is larger than %d KiB.", maxBody>>10)}
	errTwoKeys  = &refusal{http.StatusBadRequest, "two_credentials", "The request has an API key both in X-API-Key and in Authorization. Send only one of them."}
	errRevision = &refusal{http.StatusServiceUnavailable, "revision_not_reached", "The database has not reached min_revision yet. Try again in a moment."}
	errSearch   = &refusal{http.StatusBadRequest, "parameters_changed", "page.token belongs to a search with other parameters. Send the same ones, or start without a token."}
)

func malformed(message string) *refusal {
	return &refusal{http.StatusBadRequest, "malformed_request", message}
}

// statusOf maps each kind of domain error to its status.
var statusOf = map[team.Kind]int{
	team.KindInvalid: http.StatusBadRequest, team.KindUnauthenticated: http.StatusUnauthorized, team.KindDenied: http.StatusForbidden,
	team.KindNotFound: http.StatusNotFound, team.KindLimited: http.StatusTooManyRequests, team.KindUnavailable: http.StatusServiceUnavailable,
}

// failure is the body of an error.
type failure struct {
	Error      string `json:"error"`
	Message    string `json:"message"`
	Code       string `json:"code"`
	Permission string `json:"permission,omitempty"`
	RequestID  string `json:"request_id"`
}

func (f failure) encode() []byte {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // marshaling strings cannot fail
	}
	return b
}

// explain converts an error to a status and a body. The body of an unclassified error only says that it is internal.
func explain(err error) (int, failure) {
	if front.Interrupted(err) {
		err = team.Unavailable(err)
	}
	status, body := http.StatusInternalServerError, failure{Code: "internal", Message: "internal error"}
	var r *refusal
	var e *team.Error
	var fast *front.TooFast
	switch {
	case errors.Is(err, front.ErrTwoCredentials):
		status, body = errTwoKeys.status, failure{Code: errTwoKeys.code, Message: errTwoKeys.message}
	case errors.As(err, &fast):
		status, body = http.StatusTooManyRequests, failure{Code: "rate_limited", Message: fast.Error()}
	case errors.As(err, &r):
		status, body = r.status, failure{Code: r.code, Message: r.message}
	case errors.As(err, &e) && statusOf[e.Kind] != 0:
		status, body = statusOf[e.Kind], failure{Code: e.Code, Message: e.Text(), Permission: e.Permission}
	}
	body.Error = http.StatusText(status)
	return status, body
}
