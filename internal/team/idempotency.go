package team

import (
	"bytes"
	"context"
	"time"
)

// IdempotencyTTL is how long an Idempotency-Key is stored.
const IdempotencyTTL = 24 * time.Hour

// Idempotency makes a repeated request take effect once. The key and the response are stored in the transaction of the
// change itself, so either all or none are committed, and of two concurrent requests the second waits for the first.
type Idempotency struct {
	Key       string
	Operation string
	// BodyHash distinguishes a repeated request from a different request with the same key.
	BodyHash []byte
	// Answer creates the response to store from the result of the operation. It must not contain secrets.
	Answer func(made any) ([]byte, error)
}

// IdempotencyRecord is one stored request. It belongs to the caller and the account: the same key from another caller,
// or from the same person in another account, is a different request.
type IdempotencyRecord struct {
	AccountID   string
	PrincipalID string
	Key         string
	Operation   string
	BodyHash    []byte
	Answer      []byte
	CreatedAt   time.Time
}

// Replay is the error for a repeated request, with the stored response.
type Replay struct{ Answer []byte }

func (*Replay) Error() string { return "this request was already answered" }

type idempotencyKey struct{}

// WithIdempotency returns a context in which the next write runs at most once.
func WithIdempotency(ctx context.Context, i *Idempotency) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, i)
}

// once runs fn unless the same request was already answered; then the error is a Replay.
func (w *work) once(fn func(w *work) error) error {
	return Once(w.ctx, w.Tx, w.p, w.at, func() (any, error) {
		err := fn(w)
		return w.made, err
	})
}

// Once runs fn, which returns the result of an operation, in a transaction. If the request has an Idempotency-Key with which p
// already sent it, the error is a Replay instead.
func Once(ctx context.Context, tx IdempotencyTx, p *Principal, at time.Time, fn func() (made any, err error)) error {
	i, _ := ctx.Value(idempotencyKey{}).(*Idempotency)
	if i == nil {
		_, err := fn()
		return err
	}
	claim := IdempotencyRecord{AccountID: p.AccountID, PrincipalID: p.ID, Key: i.Key, Operation: i.Operation, BodyHash: i.BodyHash, CreatedAt: at}
	old, fresh, err := tx.ClaimIdempotencyKey(ctx, claim, at.Add(-IdempotencyTTL))
	if err != nil {
		return err
	}
	if !fresh {
		if old.Operation != i.Operation || !bytes.Equal(old.BodyHash, i.BodyHash) {
			return RefusalIdempotencyKeyReused.With()
		}
		return &Replay{Answer: old.Answer}
	}
	made, err := fn()
	if err != nil {
		return err
	}
	if claim.Answer, err = i.Answer(made); err != nil {
		return err
	}
	return tx.SaveIdempotencyRecord(ctx, claim)
}
