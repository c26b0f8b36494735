package team

import (
	"bytes"
	"context"
	"time"
)

// IdempotencyTTL is how long an Idempotency-Key is remembered.
const IdempotencyTTL = 24 * time.Hour

// Idempotency makes a request that arrives twice happen once. The key is kept in the transaction of the change itself,
// with the answer: either both are there or neither, and of two that arrive together the second waits for the first.
type Idempotency struct {
	Key       string
	Operation string
	// BodyHash tells a repetition from another request under the same key.
	BodyHash []byte
	// Answer makes the answer to keep from what the operation made. It must leave secrets out.
	Answer func(made any) ([]byte, error)
}

// KeptAnswer is one remembered request. It belongs to who sent it and to the account in which they did: the same key from
// someone else, or from the same person in another account, is another request.
type KeptAnswer struct {
	AccountID   string
	PrincipalID string
	Key         string
	Operation   string
	BodyHash    []byte
	Answer      []byte
	CreatedAt   time.Time
}

// Replay is the error by which an operation says that it happened before, and what it answered then.
type Replay struct{ Answer []byte }

func (*Replay) Error() string { return "this request was answered before" }

type idempotencyKey struct{}

// WithIdempotency makes the next write under ctx happen once.
func WithIdempotency(ctx context.Context, i *Idempotency) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, i)
}

// once runs fn unless the same request was answered before; then the error is a Replay.
func (w *work) once(fn func(w *work) error) error {
	i, _ := w.ctx.Value(idempotencyKey{}).(*Idempotency)
	if i == nil {
		return fn(w)
	}
	claim := KeptAnswer{AccountID: w.p.AccountID, PrincipalID: w.p.ID, Key: i.Key, Operation: i.Operation, BodyHash: i.BodyHash, CreatedAt: w.at}
	old, fresh, err := w.ClaimIdempotencyKey(w.ctx, claim, w.at.Add(-IdempotencyTTL))
	if err != nil {
		return err
	}
	if !fresh {
		if old.Operation != i.Operation || !bytes.Equal(old.BodyHash, i.BodyHash) {
			return &Error{Kind: KindMismatch, Code: "idempotency_key_reused", Message: "This Idempotency-Key was used for a different request in the last 24 hours. Use a new key for each request."}
		}
		return &Replay{Answer: old.Answer}
	}
	if err := fn(w); err != nil {
		return err
	}
	if claim.Answer, err = i.Answer(w.made); err != nil {
		return err
	}
	return w.KeepAnswer(w.ctx, claim)
}
