// Package password checks password rules, and hashes passwords with argon2id.
package password

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"raff/internal/team"
)

const (
	// MinLength is the minimum length of a password, in characters. It is chosen for users without a second factor.
	MinLength = 15
	// MaxLength is the maximum length of a password, so that no one can make the server hash megabytes.
	MaxLength = 256
)

// params follow the OWASP minimum for argon2id: 19 MiB of memory, two passes, one thread; about 25 ms.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// A caller waits behind at most waitingPerSlot others per slot, and at most for maxWait.
const (
	waitingPerSlot = 100
	maxWait        = 30 * time.Second
)

// Hasher implements signin.Passwords. Its slots limit the number of concurrent hashes, because each takes 19 MiB; its
// queue limits the number of waiting callers.
type Hasher struct {
	params       *argon2id.Params
	slots, queue chan struct{}
}

// New returns a Hasher that computes one hash per processor at a time.
func New() *Hasher { return sized(runtime.GOMAXPROCS(0), waitingPerSlot) }

// ForTests is New with hashes that cost next to nothing and protect no password. Servers of tests sign so many people in
// that argon2id would take most of their time.
func ForTests() *Hasher {
	h, cheap := New(), *params
	cheap.Memory, cheap.Iterations = 64, 1
	h.params = &cheap
	return h
}

// sized returns a Hasher with this number of slots, and room for this number of waiting callers per slot.
func sized(slots, waiting int) *Hasher {
	return &Hasher{params: params, slots: make(chan struct{}, slots), queue: make(chan struct{}, slots*(1+waiting))}
}

// The reasons for which a password is refused or not checked.
var (
	refusedBusy      = &team.Refusal{Kind: team.KindUnavailable, Code: "busy", Text: "The server is busy checking passwords. Try again in a few seconds."}
	refusedNone      = &team.Refusal{Kind: team.KindInvalid, Code: "required", Field: "password", Text: "Choose a password of at least %d characters."}
	refusedNotText   = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_password", Field: "password", Text: "The password contains bytes that are not valid text."}
	refusedTooShort  = &team.Refusal{Kind: team.KindInvalid, Code: "password_too_short", Field: "password", Text: "The password has %d characters; at least %d are required. Three or four random words are easy to remember."}
	refusedTooLong   = &team.Refusal{Kind: team.KindInvalid, Code: "password_too_long", Field: "password", Text: "The password has %d characters; at most %d are allowed."}
	refusedTooCommon = &team.Refusal{Kind: team.KindInvalid, Code: "password_too_common", Field: "password", Text: "This password is easy to guess. Choose three or four random words instead."}
)

// busy is the error when too many callers are waiting.
var busy = refusedBusy.With()

// run runs fn when a slot is free. A caller whose ctx ends leaves the queue.
func (h *Hasher) run(ctx context.Context, fn func()) error {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return busy
	}
	tooLong := time.NewTimer(maxWait)
	defer tooLong.Stop()
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return ctx.Err()
	case <-tooLong.C:
		return busy
	}
	if err := ctx.Err(); err != nil { // both can happen at the same time
		return err
	}
	fn()
	return nil
}

// composed returns a password in Unicode's composed form (NFC), because devices send the same letters in different forms:
// "ü" as one character, or as "u" and a combining mark.
func composed(password string) string { return norm.NFC.String(password) }

// Hash returns the argon2id hash of a password in its usual text form. If too many callers are waiting, the error is
// Unavailable; if ctx ends while waiting, it is that of ctx.
func (h *Hasher) Hash(ctx context.Context, password string) (s string, err error) {
	if queued := h.run(ctx, func() { s, err = argon2id.CreateHash(composed(password), h.params) }); queued != nil {
		return "", queued
	}
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return s, nil
}

// Matches reports whether the hash is that of the password. Its errors are like Hash's.
func (h *Hasher) Matches(ctx context.Context, password, hash string) (ok bool, err error) {
	if len(password) > 4*MaxLength {
		return false, nil
	}
	if queued := h.run(ctx, func() { ok, err = argon2id.ComparePasswordAndHash(composed(password), hash) }); queued != nil {
		return false, queued
	}
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok, nil
}

// Check returns an error if a password must not be used: it is too short, too long, or easy to guess.
func (h *Hasher) Check(password, email, name string) error {
	if len(password) <= 4*MaxLength {
		password = composed(password)
	}
	n := utf8.RuneCountInString(password)
	switch {
	case password == "":
		return refusedNone.With(MinLength)
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return refusedNotText.With()
	case n < MinLength:
		return refusedTooShort.With(n, MinLength)
	case n > MaxLength:
		return refusedTooLong.With(n, MaxLength)
	case guessable(password, email, name):
		return refusedTooCommon.With()
	}
	return nil
}
