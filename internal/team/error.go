package team

import (
	"errors"
	"fmt"
	"time"
)

// Kind classifies an error. The API and the pages map it to a status.
type Kind int

// The kinds. KindInternal is the zero value: an unclassified error is never shown to a caller.
const (
	KindInternal Kind = iota
	KindInvalid
	KindUnauthenticated
	KindDenied
	KindNotFound
	KindConflict
	// KindChanged says that a change was made for an outdated version.
	KindChanged
	KindGone
	KindMismatch
	KindLimited
	KindUnavailable
)

// Error is the error type of the domain. Code is stable and meant for programs, Message tells a person what to do next.
// The other fields are set only for the codes that need them.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Field   string

	MemberID   string
	Permission string
	Missing    []string
	// Words are the descriptions of the permissions in a refusal, from the catalog.
	Words []string
	// State is the state of the conflicting invitation.
	State       InvitationState
	Suggestion  string
	Holders     []Member
	HolderCount int
	// RetryAfter is how long to wait before retrying; zero if unknown.
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

// ErrNotFound is what a store returns if no row matches, and what the Service returns for every id that does not exist
// or belongs to another account, always with the same message.
var ErrNotFound = &Error{Kind: KindNotFound, Code: "not_found", Message: "No such object in this account. Check the id, and that the API key belongs to the right account."}

// ErrUnauthenticated is the error for every invalid credential.
var ErrUnauthenticated = &Error{Kind: KindUnauthenticated, Code: "unauthenticated", Message: "Send a valid API key in the X-API-Key header."}

// Unavailable says that the database is unreachable or not writable at the moment. The request can be retried.
func Unavailable(err error) error {
	return &Error{Kind: KindUnavailable, Code: "unavailable", Message: "The database is currently unavailable. Try again in a moment.", Err: err}
}

// ErrUnavailable is what errors.Is matches every Unavailable error with.
var ErrUnavailable = &Error{Kind: KindUnavailable}

// IsNotFound reports whether err says that the object does not exist.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// isRefusal reports whether an error is a decision of the domain rules, not a failure of the database.
func isRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != KindInternal && e.Kind != KindUnavailable
}

// Invalid returns an error about a field of the input; the message is formatted as by fmt.Sprintf.
func Invalid(field, code, format string, a ...any) *Error {
	return &Error{Kind: KindInvalid, Code: code, Field: field, Message: fmt.Sprintf(format, a...)}
}

// Denied returns an error for something that the caller may not do.
func Denied(code, format string, a ...any) *Error {
	return &Error{Kind: KindDenied, Code: code, Message: fmt.Sprintf(format, a...)}
}

// Conflict returns an error for something that the current state does not allow.
func Conflict(code, format string, a ...any) *Error {
	return &Error{Kind: KindConflict, Code: code, Message: fmt.Sprintf(format, a...)}
}

// Gone returns an error for an invitation that can no longer be used.
func Gone(message string) *Error {
	return &Error{Kind: KindGone, Code: "invitation_gone", Message: message}
}

// NotFoundIs replaces ErrNotFound by another error, and returns every other error as it is.
func NotFoundIs(err error, other error) error {
	if errors.Is(err, ErrNotFound) {
		return other
	}
	return err
}
