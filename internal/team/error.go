package team

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of refusal an error is; a face of the Service maps it to its own status.
type Kind int

// The kinds. KindInternal is the zero value: an error nobody classified is never shown to a caller.
const (
	KindInternal Kind = iota
	KindInvalid
	KindUnauthenticated
	KindDenied
	KindNotFound
	KindConflict
	// KindChanged says that what a change was made for is not the present version.
	KindChanged
	KindGone
	KindMismatch
	KindLimited
	KindUnavailable
)

// Error is the one error type of the domain. Code is stable and meant for programs, Message tells a person what to
// do next. The facts are set only with the codes they belong to.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Field   string

	MemberID   string
	Permission string
	Missing    []string
	// Words are what the permissions of a refusal are for, in the words of the catalog.
	Words []string
	// State is that of the invitation that stands in the way.
	State       InvitationState
	Suggestion  string
	Holders     []Member
	HolderCount int
	// RetryAfter is when it is worth trying again; zero where nobody knows.
	RetryAfter time.Duration

	Err error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrNotFound) true for every error of that kind and code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.Code == "" || t.Code == e.Code)
}

// ErrNotFound is what a store returns when no row matches, and what the Service answers for every id that does not
// exist or belongs to another account: always the same words.
var ErrNotFound = &Error{Kind: KindNotFound, Code: "not_found", Message: "No such object in this account. Check the id, and that the API key belongs to the right account."}

// ErrUnauthenticated is the one answer to every credential that does not work.
var ErrUnauthenticated = &Error{Kind: KindUnauthenticated, Code: "unauthenticated", Message: "Send a valid API key in the X-API-Key header."}

// Unavailable says that the database cannot be reached or cannot write now. The request may be sent again.
func Unavailable(err error) error {
	return &Error{Kind: KindUnavailable, Code: "unavailable", Message: "The database is currently unavailable. Try again in a moment.", Err: err}
}

var errUnavailable = &Error{Kind: KindUnavailable}

// IsNotFound reports whether err says that the object does not exist.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// isRefusal reports an answer that the rules gave, not a database that gave none.
func isRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != KindInternal && e.Kind != KindUnavailable
}

func invalid(field, code, format string, a ...any) *Error {
	return &Error{Kind: KindInvalid, Code: code, Field: field, Message: fmt.Sprintf(format, a...)}
}

func denied(code, format string, a ...any) *Error {
	return &Error{Kind: KindDenied, Code: code, Message: fmt.Sprintf(format, a...)}
}

func conflict(code, format string, a ...any) *Error {
	return &Error{Kind: KindConflict, Code: code, Message: fmt.Sprintf(format, a...)}
}

func gone(message string) *Error {
	return &Error{Kind: KindGone, Code: "invitation_gone", Message: message}
}
