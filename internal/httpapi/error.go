package httpapi

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

// refusal is an error of the HTTP request itself.
type refusal struct {
	status     int
	code       string
	message    string
	field      string
	suggestion string
}

func (r *refusal) Error() string { return r.message }

func invalid(field, code, format string, a ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, field: field, message: fmt.Sprintf(format, a...)}
}

var (
	errTwoCredentials = invalid("", "two_credentials", "The request has both an API key and a dashboard session cookie. Send only one of them.")
	errCrossOrigin    = &refusal{status: http.StatusForbidden, code: "cross_origin", message: "A browser sent this request from another site, with a dashboard session cookie. Other sites must use an API key."}
)

var errNoRoute = &refusal{status: http.StatusNotFound, code: "unknown_path", message: "Unknown path. The API description is at /openapi.yaml."}

func methodNotAllowed(allow string) *refusal {
	return &refusal{status: http.StatusMethodNotAllowed, code: "method_not_allowed", message: "This path supports " + allow + "."}
}

// explain converts an error to a status and a body. The body of an unclassified error only says that it is internal.
func explain(err error) (int, api.Error) {
	if front.Interrupted(err) {
		err = team.Unavailable(err)
	}
	var (
		status = http.StatusInternalServerError
		body   = api.Error{Code: "internal", Message: "internal error"}
		r      *refusal
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
		status = r.status
		body = api.Error{Code: r.code, Message: r.message, Field: r.field, Suggestion: r.suggestion}
	case errors.As(err, &e) && e.Kind != team.KindInternal:
		status = statusOf[e.Kind]
		body = api.Error{
			Code: e.Code, Message: message(e), Field: e.Field, MemberID: e.MemberID, Permission: e.Permission,
			Missing: e.Missing, Suggestion: e.Suggestion, HolderCount: e.HolderCount,
			RetryAfterSeconds: int(math.Ceil(e.RetryAfter.Seconds())),
		}
		if e.Limit != nil {
			body.Current, body.Limit = &e.Current, e.Limit
		}
		for i := range e.Holders {
			body.Holders = append(body.Holders, holder(&e.Holders[i]))
		}
	}
	body.Error = http.StatusText(status)
	if status == http.StatusTooManyRequests {
		body.Error = "Rate limit exceeded"
	}
	return status, body
}
