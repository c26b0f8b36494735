// Package password decides which passwords may be used, and hashes them with argon2id.
package password

import (
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"raff/internal/team"
)

const (
	// MinLength is the shortest password, in characters, for who signs in with nothing else.
	MinLength = 15
	// MaxLength keeps a stranger from making the server hash megabytes.
	MaxLength = 256
)

// params follow the OWASP minimum for argon2id: 19 MiB, two passes, one lane, about 25 ms.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Hasher implements team.Passwords. Its slots bound how many hashes run at once, because each takes 19 MiB.
type Hasher struct{ slots chan struct{} }

// New makes a Hasher that runs one hash per processor at a time.
func New() *Hasher { return &Hasher{slots: make(chan struct{}, runtime.GOMAXPROCS(0))} }

// Hash returns the argon2id hash of a password in its usual text form.
func (h *Hasher) Hash(password string) (string, error) {
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	s, err := argon2id.CreateHash(password, params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return s, nil
}

// Matches reports whether the hash is that of the password.
func (h *Hasher) Matches(password, hash string) (bool, error) {
	if len(password) > 4*MaxLength {
		return false, nil
	}
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok, nil
}

// Check says why a password may not be used: too short, too long, or among the first that somebody would guess.
func (h *Hasher) Check(password, email, name string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case password == "":
		return refuse("required", "password is required: choose one of at least %d characters.", MinLength)
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return refuse("invalid_password", "The password contains bytes that are no text.")
	case n < MinLength:
		return refuse("password_too_short", "The password has %d characters; at least %d are needed. Three or four random words are easy to remember.", n, MinLength)
	case n > MaxLength:
		return refuse("password_too_long", "The password has %d characters; at most %d are allowed.", n, MaxLength)
	case guessable(password, email, name):
		return refuse("password_too_common", "This password is among the first that somebody would try. Choose three or four random words instead.")
	}
	return nil
}

func refuse(code, format string, a ...any) error {
	return &team.Error{Kind: team.KindInvalid, Code: code, Field: "password", Message: fmt.Sprintf(format, a...)}
}
