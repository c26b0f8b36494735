package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"raff/internal/team"
)

// once is the mark of one form: sent a second time, by a reload or a double click, it does nothing again.
func once() string { return rand.Text() }

// once is a context under which the form's write happens once.
func (v *visit) once(operation string) context.Context {
	return v.onceKeeping(operation, func(any) ([]byte, error) { return []byte("{}"), nil })
}

// onceKeeping is once that keeps what is told of the write, for the form that is sent again. What was typed belongs to
// the mark: who goes back and types something else sends another form.
func (v *visit) onceKeeping(operation string, tell func(made any) ([]byte, error)) context.Context {
	mark := v.PostForm.Get("once")
	if mark == "" || len(mark) > 64 {
		mark = once()
	}
	body := bodyHash(v)
	return team.WithIdempotency(v.Context(), &team.Idempotency{
		Key: "form-" + mark + "-" + hex.EncodeToString(body[:16]), Operation: "page " + operation, BodyHash: body, Answer: tell,
	})
}

// again reports that the form was sent before.
func again(err error) bool {
	var old *team.Replay
	return errors.As(err, &old)
}

// bodyHash tells a form that is sent again from another one.
func bodyHash(v *visit) []byte {
	sum := sha256.Sum256([]byte(v.PostForm.Encode()))
	return sum[:]
}
