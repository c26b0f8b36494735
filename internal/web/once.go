package web

import (
	"context"
	"crypto/rand"
	"errors"

	"raff/internal/team"
)

// once is the mark of one form: sent a second time, by a reload or a double click, it does nothing again.
func once() string { return rand.Text() }

// once is a context under which the form's write happens once.
func (v *visit) once(operation string) context.Context {
	mark := v.PostForm.Get("once")
	if mark == "" || len(mark) > 64 {
		mark = once()
	}
	return team.WithIdempotency(v.Context(), &team.Idempotency{
		Key: "form-" + mark, Operation: "page " + operation, BodyHash: bodyHash(v),
		Answer: func(any) ([]byte, error) { return []byte("{}"), nil },
	})
}

// again reports that the form was sent before.
func again(err error) bool {
	var old *team.Replay
	return errors.As(err, &old)
}
