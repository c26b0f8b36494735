package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"raff/internal/team"
)

// once is a random id for one form, so that submitting it twice, by a reload or a double click, has no further effect.
func once() string { return rand.Text() }

// once is a context in which the form's write runs at most once.
func (v *visit) once(operation string) context.Context {
	return v.onceKeeping(operation, func(any) ([]byte, error) { return []byte("{}"), nil })
}

// onceKeeping is once that also stores the outcome of the write, to show it again if the form is sent again. The id
// covers the form's values: a user who goes back and changes them submits a new form.
func (v *visit) onceKeeping(operation string, tell func(made any) ([]byte, error)) context.Context {
	return v.onceAs(operation, "", tell)
}

func (v *visit) onceAs(operation, suffix string, tell func(made any) ([]byte, error)) context.Context {
	mark := v.PostForm.Get("once")
	if mark == "" || len(mark) > 64 {
		mark = once()
	}
	body := bodyHash(v)
	return team.WithIdempotency(v.Context(), &team.Idempotency{
		Key: "form-" + mark + "-" + hex.EncodeToString(body[:16]) + suffix, Operation: "page " + operation, BodyHash: body, Answer: tell,
	})
}

// onceFor is once for one of several writes of a form, about the object with this id.
func (v *visit) onceFor(operation, id string) context.Context {
	return v.onceAs(operation+" "+id, "-"+id, func(any) ([]byte, error) { return []byte("{}"), nil })
}

// again reports whether err says that the form was already submitted.
func again(err error) bool {
	var old *team.Replay
	return errors.As(err, &old)
}

// bodyHash is a hash of the form's values, to tell a repeated form from a changed one.
func bodyHash(v *visit) []byte {
	sum := sha256.Sum256([]byte(v.PostForm.Encode()))
	return sum[:]
}
