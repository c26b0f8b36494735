package rest

import (
	"errors"
	"fmt"
	"math"
	"net/http"

	"raff/api"
	"raff/internal/front"
	"raff/internal/team"
)

// statusOf maps each kind of error to its status.
var statusOf = map[team.Kind]int{
	team.KindInternal:        http.StatusInternalServerError,
	team.KindInvalid:         http.StatusBadRequest,
	team.KindUnauthenticated: http.StatusUnauthorized,
	team.KindDenied:          http.StatusForbidden,
	team.KindNotFound:        http.StatusNotFound,
	team.KindConflict:        http.StatusConflict,
	team.KindChanged:         http.StatusPreconditionFailed,
	team.KindGone:            http.StatusGone,
	team.KindMismatch:        http.StatusUnprocessableEntity,
	team.KindLimited:         http.StatusTooManyRequests,
	team.KindUnavailable:     http.StatusServiceUnavailable,
}

// Refusal is an error of the HTTP request itself.
type Refusal struct {
	Status                           int
	Code, Message, Field, Suggestion string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// Invalid refuses a field or parameter with 400.
func Invalid(field, code, format string, a ...any) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: code, Field: field, Message: fmt.Sprintf(format, a...)}
}

var (
	errTwoCredentials = Invalid("", "two_credentials", "The request has both an API key and a dashboard session cookie. Send only one of them.")
	errCrossOrigin    = &Refusal{Status: http.StatusForbidden, Code: "cross_origin", Message: "A browser sent this request from another site, with a dashboard session cookie. Other sites must use an API key."}
)

// ErrNoRoute is the error for a path that does not exist.
var ErrNoRoute = &Refusal{Status: http.StatusNotFound, Code: "unknown_path", Message: "Unknown path. The API description is at /openapi.yaml."}

// MethodNotAllowed refuses a method that a path does not support.
func MethodNotAllowed(allow string) *Refusal {
	return &Refusal{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Message: "This path supports " + allow + "."}
}

// Explain converts an error to a status and a body; message words an error of the domain. The body of an unclassified error only
// says that it is internal.
func Explain(err error, message func(*team.Error) string) (int, api.Error) {
	if front.Interrupted(err) {
		err = team.Unavailable(err)
	}
	var (
		status = http.StatusInternalServerError
		body   = api.Error{Code: "internal", Message: "internal error"}
		r      *Refusal
		e      *team.Error
		fast   *front.TooFast
	)
	switch {
	case errors.Is(err, front.ErrTwoCredentials):
		err = errTwoCredentials
	case errors.Is(err, front.ErrCrossOrigin):
		err = errCrossOrigin
	}
	switch {
	case errors.As(err, &fast):
		return http.StatusTooManyRequests, api.Error{Error: "Rate limit exceeded", Code: "rate_limited", Message: fast.Error()}
	case errors.As(err, &r):
		status = r.Status
		body = api.Error{Code: r.Code, Message: r.Message, Field: r.Field, Suggestion: r.Suggestion}
	case errors.As(err, &e) && e.Kind != team.KindInternal:
		status = statusOf[e.Kind]
		body = api.Error{
			Code: e.Code, Message: message(e), Field: e.Field, MemberID: e.MemberID, ProjectID: e.ProjectID, Permission: e.Permission,
			Missing: e.Missing, Suggestion: e.Suggestion, HolderCount: e.HolderCount,
			RetryAfterSeconds: int(math.Ceil(e.RetryAfter.Seconds())),
		}
		if e.Limit != nil {
			body.Current, body.Limit = &e.Current, e.Limit
		}
	}
	body.Error = http.StatusText(status)
	if status == http.StatusTooManyRequests {
		body.Error = "Rate limit exceeded"
	}
	return status, body
}
