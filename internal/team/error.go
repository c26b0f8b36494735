package team

import (
	"errors"
	"fmt"
	"strings"
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

// Refusal is a situation in which a request is refused. Each face has a table with its own words for the refusals that it
// words differently.
type Refusal struct {
	Kind Kind
	// Code is the stable code that programs see. Several refusals may share one.
	Code string
	// Field is the field of the input that is wrong, if it is always the same one.
	Field string
	// Text says in plain terms, for a reader of any face, what is wrong and what to do. Its verbs are those of
	// fmt.Sprintf, for the facts of the error.
	Text string
}

// With returns the error for this refusal with its facts, in the order in which the texts of the refusal use them.
func (r *Refusal) With(facts ...any) *Error {
	return &Error{Kind: r.Kind, Code: r.Code, Field: r.Field, Refusal: r, Facts: facts}
}

// At is With for a refusal that can concern several fields of the input.
func (r *Refusal) At(field string, facts ...any) *Error {
	e := r.With(facts...)
	e.Field = field
	return e
}

// Caused is With for a refusal that has an underlying error, which callers do not see.
func (r *Refusal) Caused(err error) *Error {
	e := r.With()
	e.Err = err
	return e
}

// Error is the error type of the domain. Code is stable and meant for programs; a face chooses its words by Refusal. The
// other fields are facts, and set only for the refusals that need them.
type Error struct {
	Kind    Kind
	Code    string
	Field   string
	Refusal *Refusal
	Facts   []any

	MemberID string
	// SameRole says that the membership that exists already has the role that was to be given.
	SameRole bool
	// ProjectID is the project that a refusal is about, if several were given.
	ProjectID  string
	Permission string
	Missing    []string
	// Words are the descriptions of the permissions in a refusal, from the catalog.
	Words []string
	// State is the state of the conflicting invitation.
	State       InvitationState
	Suggestion  string
	Holders     []Member
	HolderCount int
	// Current and Limit are the numbers in the refusal of something that would exceed a limit; Limit is otherwise nil.
	Current int
	Limit   *int
	// RetryAfter is how long to wait before retrying; zero if unknown.
	RetryAfter time.Duration

	Err error
}

// Phrase is a fact that is a part of a sentence in English, with facts of its own. A face for people translates its Text.
type Phrase struct {
	Text  string
	Facts []any
}

func (p Phrase) String() string { return fmt.Sprintf(p.Text, p.Facts...) }

// Phrases are alternatives.
type Phrases []Phrase

func (all Phrases) String() string {
	var b strings.Builder
	for i, p := range all {
		switch {
		case i > 0 && i == len(all)-1:
			b.WriteString(", or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// Text is the text of the refusal with the facts.
func (e *Error) Text() string {
	if e.Refusal == nil {
		return e.Code
	}
	return e.Format(e.Refusal.Text)
}

// Format fills the facts into a text of a face. A text without explicit indexes may leave out the last facts. Times are
// formatted as in RFC 3339.
func (e *Error) Format(text string) string {
	facts := make([]any, 0, len(e.Facts))
	for _, f := range e.Facts {
		if t, ok := f.(time.Time); ok {
			f = t.Format(time.RFC3339)
		}
		facts = append(facts, f)
	}
	if !strings.Contains(text, "%[") {
		facts = facts[:min(len(facts), strings.Count(text, "%"))]
	}
	return fmt.Sprintf(text, facts...)
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Text() + ": " + e.Err.Error()
	}
	return e.Text()
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrNotFound) true for every error of that kind and code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.Code == "" || t.Code == e.Code)
}

// ErrNotFound is what a store returns if no row matches, and what the Service returns for every id that does not exist
// or belongs to another account, so that the two cannot be told apart.
var ErrNotFound = RefusalNotFound.With()

// ErrUnauthenticated is the error for every invalid credential.
var ErrUnauthenticated = RefusalUnauthenticated.With()

// Unavailable says that the database is unreachable or not writable at the moment. The request can be retried.
func Unavailable(err error) error { return RefusalUnavailable.Caused(err) }

// ErrUnavailable is what errors.Is matches every Unavailable error with.
var ErrUnavailable = &Error{Kind: KindUnavailable}

// ErrChanged is the error of a read that cannot see the state of the reads before it any more; see Store.TrySnapshot.
var ErrChanged = errors.New("the database has changed since the request began")

// IsNotFound reports whether err says that the object does not exist.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// isRefusal reports whether an error is a decision of the domain rules, not a failure of the database.
func isRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != KindInternal && e.Kind != KindUnavailable
}

// NotFoundIs replaces ErrNotFound by another error, and returns every other error as it is.
func NotFoundIs(err error, other error) error {
	if errors.Is(err, ErrNotFound) {
		return other
	}
	return err
}
