package team

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Seal covers all events of an account from the seal before it until a moment. Its hash is over that seal's hash and
// those events, so that changing, removing or adding one of them later shows. Seals cost the path of a write nothing:
// they are made afterwards, some for many events.
type Seal struct {
	AccountID string
	// Seq counts an account's seals from 1.
	Seq       int
	Until     time.Time
	Events    int
	Hash      []byte
	CreatedAt time.Time
}

// sealLag is how old events are before they are sealed: more than the clocks of two nodes can differ.
const sealLag = time.Minute

// SealEvents seals what is due in every account and returns how many seals it made. A server calls it every minute.
func (s *Service) SealEvents(ctx context.Context) (int, error) {
	until := s.now().Add(-sealLag)
	due, err := s.Store.SealableAccounts(ctx, until)
	if err != nil {
		return 0, err
	}
	for i, account := range due {
		// Under this lock nobody is about to write an event that is older than now.
		err := s.Store.Update(ctx, account, TakesAway, func(tx Tx) error {
			last, err := tx.LastSeal(ctx, account)
			if err != nil && !IsNotFound(err) {
				return err
			}
			next := Seal{AccountID: account, Seq: last.Seq + 1, Until: until, CreatedAt: s.now()}
			if next.Events, next.Hash, err = sealed(ctx, tx, account, last, until); err != nil || next.Events == 0 {
				return err
			}
			return tx.InsertSeal(ctx, next)
		})
		if err != nil {
			return i, fmt.Errorf("seal the audit log of account %s: %w", account, err)
		}
	}
	return len(due), nil
}

// sealed hashes the seal before and the events behind it.
func sealed(ctx context.Context, r Reader, account string, last Seal, until time.Time) (n int, hash []byte, err error) {
	h := sha256.New()
	h.Write(last.Hash)
	err = r.EachEvent(ctx, account, last.Until, until, func(e Event) error {
		n++
		e.At = e.At.UTC()
		b, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode event %s: %w", e.ID, err)
		}
		h.Write(append(b, '\n'))
		return nil
	})
	return n, h.Sum(nil), err
}

// Verified is what VerifyEvents found in one account.
type Verified struct {
	AccountID string
	Seals     int
	Events    int
	// Head is the hash of the last seal. Kept elsewhere, it also shows that nobody cut off the end of the log.
	Head []byte
	// Broken says what does not fit; empty means that the log is whole.
	Broken string
}

// VerifyEvents compares the audit log of every account with its seals. Events of the last minute or two are not sealed
// yet and not part of it.
func (s *Service) VerifyEvents(ctx context.Context) ([]Verified, error) {
	accounts, err := s.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	var out []Verified
	for _, account := range accounts {
		v, err := s.verifyAccount(ctx, account)
		if err != nil {
			return nil, fmt.Errorf("verify account %s: %w", account, err)
		}
		out = append(out, v)
	}
	return out, nil
}

func (s *Service) verifyAccount(ctx context.Context, account string) (Verified, error) {
	v := Verified{AccountID: account}
	seals, err := s.Store.Seals(ctx, account)
	if err != nil {
		return v, err
	}
	var last Seal
	for _, seal := range seals {
		if seal.Seq != last.Seq+1 {
			v.Broken = fmt.Sprintf("seal %d is missing", last.Seq+1)
			return v, nil
		}
		n, hash, err := sealed(ctx, s.Store, account, last, seal.Until)
		if err != nil {
			return v, err
		}
		if n != seal.Events || !bytes.Equal(hash, seal.Hash) {
			v.Broken = fmt.Sprintf("the events from %s to %s are not those that were sealed: there are %d of %d", last.Until.Format(time.RFC3339), seal.Until.Format(time.RFC3339), n, seal.Events)
			return v, nil
		}
		v.Seals, v.Events, v.Head, last = v.Seals+1, v.Events+n, seal.Hash, seal
	}
	return v, nil
}
