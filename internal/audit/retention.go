package audit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/team"
)

// The audit log of an account is kept forever, unless the operator sets for how many days. The account itself cannot set it: the
// log also records what its Owner does, and an attacker who takes over the Owner's account must not be able to remove the traces. Older
// events are removed by whole seals of past days; a signed checkpoint takes their place, from which verification starts.

// MaxRetention is the maximum number of days that can be set, about a hundred years.
const MaxRetention = 36_500

// What the operator's API sets may be used by someone who stole an operator key. It keeps a log for at least MinRetention days, and a shorter
// time takes effect after RetentionNotice, which an event of the log announces. The schema of PostgreSQL has the same numbers.
const (
	MinRetention    = 30
	RetentionNotice = 7 * 24 * time.Hour
)

// Checkpoint is where a log begins after older events were removed: the events with At < Until, which the seals up to Seq covered.
// That seal remains.
type Checkpoint struct {
	AccountID string
	Seq       int
	Until     time.Time
	Hash      []byte
	// Sequence is that of the last removed event; 0 if it had none.
	Sequence int
	// Days is the retention by which the events were removed.
	Days int
	// KeyID is the id of the key that signed MAC; empty means no key.
	KeyID     string
	MAC       []byte
	CreatedAt time.Time
}

// mac returns the signature, which is only a checksum if key is nil.
func (c Checkpoint) mac(key *SealKey) ([]byte, error) {
	b, err := json.Marshal(struct {
		Account              string
		Seq                  int
		Until                int64
		Hash                 []byte
		Sequence, Days       int
		KeyID                string
		CreatedAtMicrosecond int64
	}{c.AccountID, c.Seq, micro(c.Until), c.Hash, c.Sequence, c.Days, c.KeyID, micro(c.CreatedAt)})
	if err != nil {
		return nil, fmt.Errorf("encode the checkpoint: %w", err)
	}
	h := sha256.New()
	if key != nil {
		h = hmac.New(sha256.New, key.Secret)
	}
	h.Write([]byte("raff audit checkpoint 1\n"))
	h.Write(b)
	return h.Sum(nil), nil
}

// Retention returns for how many days the audit log of the caller's account is kept; 0 means forever.
func (s *Service) Retention(ctx context.Context, p *team.Principal) (days int, err error) {
	if err := s.team.Require(p, permission.SettingsView, permission.SettingsManage); err != nil {
		return 0, err
	}
	return s.retention(ctx, s.store, p.AccountID)
}

func (s *Service) retention(ctx context.Context, r Reader, accountID string) (int, error) {
	days, err := r.Retention(ctx, accountID)
	return days, team.NotFoundIs(err, nil)
}

// SetRetention sets for how many days the audit log of an account is kept; 0 means forever. The operator is the actor of its
// event. What was removed before does not come back.
func (s *Service) SetRetention(ctx context.Context, accountID string, days int) error {
	if days < 0 || days > MaxRetention {
		return fmt.Errorf("the audit log can be kept for 1 to %d days, or forever", MaxRetention)
	}
	return s.store.Update(ctx, accountID, team.Shared, func(tx Tx) error {
		a, err := tx.Account(ctx, accountID)
		if err != nil {
			return team.NotFoundIs(err, fmt.Errorf("there is no account %s", accountID))
		}
		before, err := s.retention(ctx, tx, accountID)
		if err != nil || before == days {
			return err
		}
		if err := tx.SetRetention(ctx, accountID, days); err != nil {
			return err
		}
		return s.team.Record(ctx, tx, team.Operator(accountID), event.Target{TargetType: "account", TargetID: a.ID, TargetName: a.Name},
			event.LogRetentionChanged{Days: event.Change[*int]{From: DaysOrNil(before), To: DaysOrNil(days)}})
	})
}

// DaysOrNil is a retention as events have it: nil means forever.
func DaysOrNil(days int) *int {
	if days == 0 {
		return nil
	}
	return &days
}

// Expire removes the events that are older than the retention of their accounts, and returns their number. A server calls it
// every hour. A failure in one account does not stop the others.
func (s *Service) Expire(ctx context.Context) (int, error) {
	ctx = team.Slow(ctx)
	n, failed := 0, []error{}
	changed, err := s.store.ChangedRetentions(ctx)
	if err != nil {
		return 0, err
	}
	for _, account := range changed {
		if err := s.applyRetention(ctx, account); err != nil {
			failed = append(failed, fmt.Errorf("change how long the log of account %s is kept: %w", account, err))
		}
	}
	accounts, err := s.store.RetainedAccounts(ctx)
	if err != nil {
		return 0, err
	}
	failure := func(account string, err error) bool {
		if err != nil {
			failed = append(failed, fmt.Errorf("remove old events of account %s: %w", account, err))
		}
		return err != nil
	}
	accounts = slices.DeleteFunc(accounts, func(account string) bool {
		removed, err := s.expire(ctx, account)
		n += removed
		return failure(account, err)
	})
	if err := s.store.DropExpiredEvents(ctx); err != nil {
		failed = append(failed, fmt.Errorf("remove partitions with old events: %w", err))
	}
	for _, account := range accounts {
		failure(account, s.removeExpired(ctx, account))
	}
	return n, errors.Join(failed...)
}

// applyRetention puts a shorter retention into effect that was announced long enough ago.
func (s *Service) applyRetention(ctx context.Context, account string) error {
	return s.store.Update(ctx, account, team.Shared, func(tx Tx) error {
		before, err := s.retention(ctx, tx, account)
		if err != nil {
			return err
		}
		if applied, err := tx.ApplyRetention(ctx, account, s.team.Now()); err != nil || !applied {
			return err
		}
		after, err := s.retention(ctx, tx, account)
		if err != nil {
			return err
		}
		system := &team.Principal{Type: team.TypeOperator, ID: event.SystemID, Name: event.SystemID, AccountID: account}
		return s.team.Record(ctx, tx, system, event.Target{TargetType: "account", TargetID: account},
			event.LogRetentionChanged{Days: event.Change[*int]{From: DaysOrNil(before), To: DaysOrNil(after)}})
	})
}

// expire moves the checkpoint of a log.
func (s *Service) expire(ctx context.Context, account string) (int, error) {
	days, err := s.retention(ctx, s.store, account)
	if err != nil || days == 0 {
		return 0, err
	}
	last, err := s.store.SealBefore(ctx, account, s.team.Now().Truncate(day).AddDate(0, 0, -days))
	if err != nil {
		return 0, team.NotFoundIs(err, nil)
	}
	n, err := s.moveCheckpoint(ctx, last, days)
	return n, team.NotFoundIs(err, nil)
}

// removeExpired removes what is before the checkpoint of a log, in small transactions. What an interrupted run left is removed by
// the next one.
func (s *Service) removeExpired(ctx context.Context, account string) error {
	for more := true; more; {
		err := s.store.Update(ctx, account, team.Shared, func(tx Tx) (err error) {
			more, err = tx.RemoveExpired(ctx, account)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moveCheckpoint verifies the log up to a seal and makes it the checkpoint. A log that fails is left alone, because its events
// are the evidence. It returns the number of events that are to be removed.
func (s *Service) moveCheckpoint(ctx context.Context, last Seal, days int) (int, error) {
	v := verification{store: s.store, keys: s.ring.keys, ctx: ctx, Verified: Verified{AccountID: last.AccountID}, read: func() {}, upTo: last.Seq}
	if err := v.seals(); err != nil {
		return 0, err
	}
	switch {
	case len(v.Problems) > 0:
		return 0, fmt.Errorf("nothing was removed, because the log fails verification: %s", v.Problems[0])
	case v.Seals == 0: // the checkpoint is already there
		return 0, nil
	}
	c := Checkpoint{
		AccountID: last.AccountID, Seq: last.Seq, Until: last.Until, Hash: last.Hash, Sequence: v.sequence, Days: days, CreatedAt: s.team.Now(),
	}
	head, err := s.store.LogHead(ctx, last.AccountID)
	if err != nil {
		return 0, err
	}
	var key *SealKey
	if head.KeyID != "" {
		if key, err = s.sealingKey(head); err != nil {
			return 0, err
		}
		c.KeyID = key.ID
	}
	if c.MAC, err = c.mac(key); err != nil {
		return 0, err
	}
	err = s.store.Update(ctx, c.AccountID, team.Shared, func(tx Tx) error {
		if err := tx.SetCheckpoint(ctx, c); err != nil {
			return err
		}
		system := &team.Principal{Type: team.TypeOperator, ID: event.SystemID, Name: event.SystemID, AccountID: c.AccountID}
		return s.team.Record(ctx, tx, system, event.Target{TargetType: "account", TargetID: c.AccountID},
			event.LogExpired{Events: v.Events, Until: c.Until.UTC().Format(time.RFC3339Nano), Days: days, Seal: c.Seq})
	})
	return v.Events, err
}

// begin starts the verification of a log at its checkpoint. It returns the seals after it.
func (v *verification) begin(seals []Seal) ([]Seal, error) {
	c, err := v.store.Checkpoint(v.ctx, v.AccountID)
	if err != nil {
		return seals, team.NotFoundIs(err, nil)
	}
	v.Begins, v.checkpoint = c.Until, &c
	var key *SealKey
	if k, ok := v.keys.named(c.KeyID); ok {
		key = &k
	}
	mac, err := c.mac(key)
	if err != nil {
		return nil, err
	}
	switch {
	case c.KeyID != "" && key == nil:
		v.problem("the checkpoint at which the log begins was signed with the key %s, which is not in the --seal-key-file", c.KeyID)
	case !hmac.Equal(mac, c.MAC):
		v.problem("the checkpoint at which the log begins was changed, or not written by a server with the key")
	}
	for len(seals) > 0 && seals[0].Seq <= c.Seq {
		v.last, seals = seals[0], seals[1:]
	}
	if v.last.Seq != c.Seq || !bytes.Equal(v.last.Hash, c.Hash) || !v.last.Until.Equal(c.Until) {
		v.problem("seal %d, at which the log begins since older events were removed, is missing or was changed", c.Seq)
		v.last = Seal{Seq: c.Seq, Until: c.Until, Hash: c.Hash, KeyID: c.KeyID}
	}
	v.Seq, v.Head, v.sequence = v.last.Seq, v.last.Hash, c.Sequence
	if v.last.KeyID != "" {
		v.Keyed = v.last.Seq
		if c.KeyID == "" {
			v.problem("the checkpoint at which the log begins has no key, but its seal has one")
		}
	}
	if v.kept != nil && v.kept.Seq < c.Seq {
		v.Notes = append(v.Notes, fmt.Sprintf("the saved head, seal %d, is from before the log begins, and could not be compared", v.kept.Seq))
	} else if v.kept != nil && v.kept.Seq == c.Seq && !bytes.Equal(v.kept.Hash, c.Hash) {
		v.problem("seal %d does not match the saved head", c.Seq)
	}
	_, err = v.store.NewestEvent(v.ctx, v.AccountID, time.Time{}, c.Until)
	if err == nil {
		v.Notes = append(v.Notes, fmt.Sprintf("events from before %s have expired and are removed within an hour", moment(c.Until)))
	}
	return seals, team.NotFoundIs(err, nil)
}
