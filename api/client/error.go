package client

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"raff/api"
)

// Refusal is the body of an error response: Code for programs, Message for people, and details that depend on the code.
type Refusal = api.Error

// Error is an error response. Its fields are those of the response, such as err.Code, err.Message, err.MemberID and
// err.RequestID. If it comes from something between client and server, such as a proxy, Code is empty.
type Error struct {
	StatusCode int
	Refusal
	// RetryAfter is how long the server asks to wait; zero if it does not say.
	RetryAfter time.Duration

	foreign bool // not sent by a raff server
}

func (e *Error) Error() string {
	what := fmt.Sprint(e.StatusCode)
	if e.Code != "" {
		what += " " + e.Code
	}
	if e.RequestID != "" {
		what += ", request " + e.RequestID
	}
	return fmt.Sprintf("%s (%s)", e.Message, what)
}

// Foreign reports whether the response was not sent by a raff server, but by another program at that address or by a
// proxy in between.
func (e *Error) Foreign() bool { return e.foreign }

// ErrNotRaff means that the response was not sent by a raff server.
var ErrNotRaff = errors.New("the response is not from a raff server; check the API URL")

// ErrSecretLost is returned together with the API key: the server created or rotated it, but the response with the secret
// was lost, and the secret is shown only once. Rotate the key to get another one.
var ErrSecretLost = errors.New("the API key exists, but the response with its secret was lost and the secret cannot be read again: rotate the key")

// IsNotFound reports whether err says that the object does not exist in this account. A 404 from something else, such as
// a proxy or a server at a wrong address, says nothing about the object.
func IsNotFound(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.StatusCode == http.StatusNotFound && !e.foreign && e.Code != "unknown_path"
}

// IsConflict reports whether err says that the current state does not allow the change; Code says why.
func IsConflict(err error) bool { return hasStatus(err, http.StatusConflict) }

// IsChanged reports whether err says that the object has changed since the version that the change was made for.
func IsChanged(err error) bool { return hasStatus(err, http.StatusPreconditionFailed) }

// IsDenied reports whether err says that the credential is valid but does not permit this.
func IsDenied(err error) bool { return hasStatus(err, http.StatusForbidden) }

// IsUnauthenticated reports whether err says that the credential is missing or invalid.
func IsUnauthenticated(err error) bool { return hasStatus(err, http.StatusUnauthorized) }

// IsInvalid reports whether err says that the request is invalid.
func IsInvalid(err error) bool { return hasStatus(err, http.StatusBadRequest) }

// IsRateLimited reports whether err says that there were too many requests.
func IsRateLimited(err error) bool { return hasStatus(err, http.StatusTooManyRequests) }

// Code returns the stable code of an *Error, such as "already_member"; "" for any other error.
func Code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

func hasStatus(err error, status int) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.StatusCode == status
}
