package client

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"raff/api"
)

// Refusal is the body of an error answer: Code for programs, Message for people, and the facts that belong to the code.
type Refusal = api.Error

// Error is an answer of the server that says no. Its fields are those of the answer, such as err.Code, err.Message,
// err.MemberID and err.RequestID. What stands between client and server may refuse too; Code is empty then.
type Error struct {
	StatusCode int
	Refusal
	// RetryAfter is how long the server asks to wait; zero when it does not say.
	RetryAfter time.Duration

	foreign bool // the answer is not one of a raff server
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

// Foreign reports that the answer was not written by a raff server, but by another program at that address or by a proxy
// on the way.
func (e *Error) Foreign() bool { return e.foreign }

// ErrNotRaff says that what answered is not a raff server.
var ErrNotRaff = errors.New("the answer is not one of a raff server; check the API URL")

// ErrSecretLost comes with the key that was made: the server did what was asked, but the answer with the secret was
// lost on the way, and a secret is told only once. Regenerate the key to get another.
var ErrSecretLost = errors.New("the key exists, but its secret was lost on the way and cannot be read again: regenerate the key")

// IsNotFound reports whether err says that the object does not exist in this account. A page that does not exist, at a
// wrong address or behind a proxy, says nothing about the object.
func IsNotFound(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.StatusCode == http.StatusNotFound && !e.foreign && e.Code != "unknown_path"
}

// IsConflict reports whether err says that the state of things forbids the change; Code says which.
func IsConflict(err error) bool { return hasStatus(err, http.StatusConflict) }

// IsChanged reports whether err says that what was to be changed is not the version any more that the change was made for.
func IsChanged(err error) bool { return hasStatus(err, http.StatusPreconditionFailed) }

// IsDenied reports whether err says that the credential is good but may not do this.
func IsDenied(err error) bool { return hasStatus(err, http.StatusForbidden) }

// IsUnauthenticated reports whether err says that there is no credential or that it does not work.
func IsUnauthenticated(err error) bool { return hasStatus(err, http.StatusUnauthorized) }

// IsInvalid reports whether err says that the request has to be changed before it can succeed.
func IsInvalid(err error) bool { return hasStatus(err, http.StatusBadRequest) }

// IsRateLimited reports whether err says that there were too many requests.
func IsRateLimited(err error) bool { return hasStatus(err, http.StatusTooManyRequests) }

// Code is the stable code of a refusal, such as "already_member"; empty if err is none.
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
