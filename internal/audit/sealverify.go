package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// Verified is what Verify found in the log of one account.
type Verified struct {
	AccountID string
	Seals     int
	// Events is the number of sealed events, Unsealed of those that are not sealed yet, or were written when a server
	// was killed.
	Events, Unsealed int
	// Seq and Head are the number and the hash of the last seal. If they are saved elsewhere, a truncated log
	// is detected, too.
	Seq  int
	Head []byte
	// Begins is when the log begins since older events were removed as its retention says; zero if nothing was.
	Begins time.Time
	// Since is the number of the saved head from which the log was verified; 0 means from its beginning.
	Since int
	// Erased is the number of events from which personal data was erased.
	Erased int
	// Keyed is the number of the first seal with a key; 0 means none.
	Keyed int
	// Problems are the reasons why verification failed; none means that it passed.
	Problems []string
	// Broken is all Problems in one line.
	Broken string
	// Notes are observations that do not fail verification.
	Notes []string
}

// KeptHead is the head of a log that was saved outside the database.
type KeptHead struct {
	AccountID string
	Seq       int
	Hash      []byte
}

// Line returns the head as a line of a file.
func (k KeptHead) Line() string {
	return fmt.Sprintf("%s %d %s", k.AccountID, k.Seq, hex.EncodeToString(k.Hash))
}

// ParseHeads reads the lines that Line returns. Empty lines and lines that begin with # are ignored.
func ParseHeads(text string) ([]KeptHead, error) {
	var out []KeptHead
	n := 0
	for line := range strings.Lines(text) {
		n++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) == 2 && fields[1] == "0" {
			fields = append(fields, "")
		}
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d is not a line of raffd audit head", n)
		}
		seq, err := strconv.Atoi(fields[1])
		sum, err2 := hex.DecodeString(fields[2])
		if err != nil || err2 != nil || seq < 0 {
			return nil, fmt.Errorf("line %d is not a line of raffd audit head", n)
		}
		out = append(out, KeptHead{fields[0], seq, sum})
	}
	return out, nil
}

// Heads returns the heads of all logs, to be saved elsewhere.
func (s *Service) Heads(ctx context.Context) ([]KeptHead, error) {
	accounts, err := s.store.LoggedAccounts(ctx)
	if err != nil {
		return nil, err
	}
	var out []KeptHead
	for _, account := range accounts {
		head, err := s.store.LogHead(ctx, account)
		if err != nil && !team.IsNotFound(err) {
			return nil, err
		}
		out = append(out, KeptHead{account, head.SealedSeq, head.Hash})
	}
	return out, nil
}

// Check says what Verify verifies.
type Check struct {
	// AccountID selects one account; empty means all.
	AccountID string
	// Kept are heads that were saved elsewhere.
	Kept []KeptHead
	// SinceKept verifies only what was sealed after the saved heads: logs without one are verified from their beginning.
	SinceKept bool
	// Progress is called after every thousand events or so; it may be nil.
	Progress func(Progress)
}

// Progress is how far Verify got.
type Progress struct {
	// Number is the number of the log that is being verified, of Of logs.
	Number, Of int
	AccountID  string
	// Events is the number of events that were read, in all logs.
	Events int
}

// Verify compares audit logs with their seals, and with heads that were saved elsewhere.
func (s *Service) Verify(ctx context.Context, c Check) ([]Verified, error) {
	return s.verify(ctx, s.ring.keys, c)
}

func (s *Service) verify(ctx context.Context, keys SealKeys, c Check) ([]Verified, error) {
	ctx = team.Slow(ctx)
	accounts, err := s.store.LoggedAccounts(ctx)
	if err != nil {
		return nil, err
	}
	heads := map[string]KeptHead{}
	for _, k := range c.Kept {
		heads[k.AccountID] = k
	}
	if c.AccountID != "" {
		if _, saved := heads[c.AccountID]; !saved && !slices.Contains(accounts, c.AccountID) {
			return nil, fmt.Errorf("there is no account %s", c.AccountID)
		}
		accounts = slices.DeleteFunc(accounts, func(id string) bool { return id != c.AccountID })
		maps.DeleteFunc(heads, func(id string, _ KeptHead) bool { return id != c.AccountID })
	}
	beat, err := s.store.LastHeartbeat(ctx)
	if err != nil && !team.IsNotFound(err) {
		return nil, err
	}
	var out []Verified
	progress := Progress{Of: len(accounts)}
	for _, account := range accounts {
		v := verification{store: s.store, keys: keys, signing: len(keys) > 0 && s.ring.now.Load() != nil, ctx: ctx, Verified: Verified{AccountID: account}, beat: beat, sinceKept: c.SinceKept}
		progress.Number, progress.AccountID = progress.Number+1, account
		v.read = func() {
			if progress.Events++; progress.Events%1000 == 0 && c.Progress != nil {
				c.Progress(progress)
			}
		}
		if k, ok := heads[account]; ok {
			v.kept = &k
			delete(heads, account)
		}
		if err := v.run(); err != nil {
			return nil, fmt.Errorf("verify account %s: %w", account, err)
		}
		v.Broken = strings.Join(v.Problems, "; ")
		out = append(out, v.Verified)
	}
	for _, k := range c.Kept {
		if _, gone := heads[k.AccountID]; gone {
			delete(heads, k.AccountID)
			v, err := s.verifyGone(ctx, k)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}

const (
	// unsealedFor is how long an event may remain unsealed while servers are running.
	unsealedFor = 15 * time.Minute
	// maxProblems is the maximum number of problems to report for one log.
	maxProblems = 8
)

// verification is the state of verifying one log.
type verification struct {
	Verified
	store Store
	keys  SealKeys
	// signing says that a key is active.
	signing bool
	ctx     context.Context //nolint:containedctx // it has the lifetime of one call
	beat    time.Time
	// read is called for every event.
	read      func()
	kept      *KeptHead
	sinceKept bool
	// checkpoint is where the log begins; nil means at its beginning.
	checkpoint *Checkpoint
	// upTo is the number of the last seal to verify; 0 means all.
	upTo int
	last Seal
	// sequence is that of the last verified event, 0 before the first one that has one.
	sequence int
	erased
}

func (v *verification) problem(format string, a ...any) {
	switch len(v.Problems) {
	case maxProblems:
		v.Problems = append(v.Problems, "and more")
	case maxProblems + 1:
	default:
		v.Problems = append(v.Problems, fmt.Sprintf(format, a...))
	}
}

func (v *verification) run() error {
	if v.AccountID != event.OperatorLog { // which belongs to no account
		switch a, err := v.store.Account(v.ctx, v.AccountID); {
		case team.IsNotFound(err):
			v.problem("the account is missing, but its log exists")
		case err != nil:
			return err
		case a.State == team.AccountRemoving:
			if deleted, err := v.removing(); deleted || err != nil {
				return err
			}
		}
	}
	if err := v.seals(); err != nil {
		return err
	}
	head, err := v.store.LogHead(v.ctx, v.AccountID)
	if team.IsNotFound(err) {
		v.problem("the head of the log is missing: events may have been removed or changed")
		head = LogHead{SealedSeq: v.last.Seq, SealedUntil: v.last.Until, Hash: v.last.Hash, ClosedSeq: v.last.Seq, ClosedUntil: v.last.Until}
	} else if err != nil {
		return err
	}
	v.compare(head)
	if err := v.rest(head); err != nil {
		return err
	}
	v.erasures()
	return nil
}

// seals verifies all seals, or those after the saved head.
func (v *verification) seals() error {
	from := 1
	if v.sinceKept && v.kept != nil && v.kept.Seq > 0 {
		from = v.kept.Seq
	}
	seals, err := v.store.Seals(v.ctx, v.AccountID, from)
	switch {
	case err != nil:
		return err
	case from > 1 || v.sinceKept && v.kept != nil && v.kept.Seq == 1:
		seals, err = v.skip(seals)
	default:
		seals, err = v.begin(seals)
	}
	if err != nil {
		return err
	}
	for _, seal := range seals {
		if v.upTo > 0 && seal.Seq > v.upTo {
			break
		}
		if err := v.seal(seal); err != nil {
			return err
		}
	}
	return nil
}

// skip starts at the saved head, which says that everything up to it was verified before. Without its seal, the whole log
// is verified.
func (v *verification) skip(seals []Seal) ([]Seal, error) {
	if len(seals) == 0 || seals[0].First > v.kept.Seq || seals[0].Version < chainedVersion {
		seals, err := v.store.Seals(v.ctx, v.AccountID, 1)
		if err != nil {
			return nil, err
		}
		return v.begin(seals)
	}
	first := seals[0]
	v.Since = v.kept.Seq
	if first.KeyID != "" {
		v.Keyed = first.First
	}
	if first.Seq > v.kept.Seq { // merged seals are verified together
		v.last = Seal{Seq: first.First - 1, Until: first.From, Hash: first.Prev, KeyID: first.KeyID}
		return seals, nil
	}
	if !bytes.Equal(v.kept.Hash, first.Hash) {
		v.problem("seal %d does not match the saved head", first.Seq)
	}
	v.last, v.Seq, v.Head = first, first.Seq, first.Hash
	return seals[1:], nil
}

// seal verifies one seal and its events.
func (v *verification) seal(seal Seal) error {
	if seal.Version < chainedVersion {
		seal.From, seal.Prev = v.last.Until, v.last.Hash
	}
	if missing := seal.First - v.last.Seq - 1; missing > 0 {
		v.problem("%s missing before seal %d; without %s, the events until %s cannot be verified", sealsAre(v.last.Seq+1, missing), seal.First, itOrThem(missing), moment(seal.From))
	} else if !bytes.Equal(seal.Prev, v.last.Hash) || !seal.From.Equal(v.last.Until) || missing < 0 {
		v.problem("seal %d does not follow seal %d", seal.First, v.last.Seq)
	}
	parts, ok := seal.parts()
	if !ok {
		v.problem("seal %d: the list of seals that were merged in it was changed", seal.Seq)
	}
	key, n, err := v.sum(seal, parts)
	if err != nil {
		return err
	}
	sum := parts[len(parts)-1].Hash
	switch {
	case seal.KeyID != "" && key == nil:
		v.problem("seal %d was made with the key %s, which is not in the --seal-key-file", seal.Seq, seal.KeyID)
	case n != seal.Events:
		v.problem("seal %d: of the %d sealed events from %s to %s, %d exist", seal.Seq, seal.Events, moment(seal.From), moment(seal.Until), n)
	case !bytes.Equal(sum, seal.Hash) && v.older > 0:
		v.Notes = append(v.Notes, fmt.Sprintf("seal %d is of an older version and can no longer be compared, because personal data was erased from its events", seal.Seq))
	case !bytes.Equal(sum, seal.Hash):
		v.problem("seal %d: the events from %s to %s do not match the seal", seal.Seq, moment(seal.From), moment(seal.Until))
	}
	if v.Keyed > 0 && seal.KeyID == "" {
		v.problem("seal %d has no key, but earlier seals have one", seal.Seq)
	}
	if c := v.checkpoint; c != nil && c.KeyID == "" && v.last.Seq == c.Seq && seal.KeyID != "" && seal.Note != SealAdopted {
		v.problem("seal %d has a key, but the checkpoint at which the log begins has none", seal.Seq)
	}
	if seal.KeyID != "" && v.Keyed == 0 {
		v.Keyed = seal.First
	}
	if seal.Note == SealRestarted {
		v.problem("when seal %d was made, at %s, the head of the log had been lost or set back: what came before may have been changed", seal.Seq, moment(seal.CreatedAt))
	}
	parts[len(parts)-1].Hash = seal.Hash
	for _, p := range parts {
		if p.Version >= chainedVersion && p.CreatedAt.Sub(p.Until) > unsealedFor {
			v.Notes = append(v.Notes, fmt.Sprintf("seal %d was made at %s for events until %s: no server sealed in between", p.Seq, moment(p.CreatedAt), moment(p.Until)))
		}
		if v.kept != nil && v.kept.Seq == p.Seq && !bytes.Equal(v.kept.Hash, p.Hash) {
			v.problem("seal %d does not match the saved head", p.Seq)
		}
	}
	v.Seals, v.Events, v.last = v.Seals+len(parts), v.Events+n, seal
	v.Seq, v.Head = seal.Seq, seal.Hash
	return nil
}

// sum counts the events of a seal, and sets the hashes of the seals that were merged in it. key is nil if the seal has none,
// or one that is not known.
func (v *verification) sum(seal Seal, parts []Seal) (key *SealKey, n int, err error) {
	if k, ok := v.keys.named(seal.KeyID); ok {
		key = &k
	}
	h, i := sha256.New(), 0
	if seal.Version < chainedVersion {
		h.Write(seal.Prev)
	}
	finish := func() (err error) {
		digest := h.Sum(nil)
		h.Reset()
		p := &parts[i]
		if p.Hash = digest; p.Version >= chainedVersion {
			p.Hash, err = p.hash(key, digest)
		}
		if i++; i < len(parts) {
			parts[i].Prev = p.Hash
		}
		return err
	}
	salts, err := v.salts(seal)
	if err != nil {
		return key, 0, err
	}
	err = v.store.EachEvent(v.ctx, v.AccountID, seal.From, seal.Until, func(e event.Event) error {
		n++
		v.read()
		for i < len(parts)-1 && !e.At.Before(parts[i].Until) {
			if err := finish(); err != nil {
				return err
			}
		}
		if seal.Version >= chainedVersion {
			if err := v.event(e, parts[i].Seq, key != nil && seal.Note != SealAdopted); err != nil {
				return err
			}
		}
		line, err := v.line(&e, seal, salts)
		h.Write(line)
		return err
	})
	for err == nil && i < len(parts) {
		err = finish()
	}
	return key, n, err
}

// event verifies one event that comes before an existing or future seal.
func (v *verification) event(e event.Event, before int, keyed bool) error {
	if e.AfterSeal >= before {
		v.problem("event %s of %s was written after seal %d, which is missing", e.ID, moment(e.At), e.AfterSeal)
	}
	if e.Sequence != 0 {
		if v.sequence != 0 && e.Sequence != v.sequence+1 {
			v.problem("event %s of %s has the sequence %d, after %d", e.ID, moment(e.At), e.Sequence, v.sequence)
		}
		v.sequence = e.Sequence
	}
	if e.Action == event.ActionEventsMissing {
		v.problem("at %s the server missed events that it had written: %s", moment(e.At), e.Details)
	}
	if err := v.erasure(&e); err != nil || !keyed {
		return err
	}
	_, ours, err := v.keys.signer(&e)
	if err == nil && !ours {
		v.problem("event %s of %s was changed, or not written by a server with the key", e.ID, moment(e.At))
	}
	return err
}

// compare compares the head with the last seal.
func (v *verification) compare(head LogHead) {
	switch missing := head.SealedSeq - v.last.Seq; {
	case missing > 0:
		v.problem("%s missing: the head of the log is seal %d", sealsAre(v.last.Seq+1, missing), head.SealedSeq)
	case missing < 0 || !bytes.Equal(head.Hash, v.last.Hash) || !head.SealedUntil.Equal(v.last.Until):
		v.problem("the head of the log was changed: it is not seal %d", v.last.Seq)
	case !head.inStep():
		v.problem("the head of the log was changed: it says that seal %d is being made after seal %d", head.ClosedSeq, head.SealedSeq)
	}
	if head.Note == SealRestarted {
		v.problem("the head of the log had been lost or set back: what came before may have been changed")
	}
	if v.kept != nil && v.kept.Seq > v.last.Seq {
		v.problem("%s missing: the saved head is seal %d", sealsAre(v.last.Seq+1, v.kept.Seq-v.last.Seq), v.kept.Seq)
	}
	if v.signing && head.SealedSeq > 0 && head.KeyID == "" && v.Keyed == 0 {
		v.problem("the log is sealed without the key. If you have just begun to use one, run raffd audit adopt once")
	}
}

// rest verifies the events that are not sealed yet.
func (v *verification) rest(head LogHead) error {
	var oldest time.Time
	keyed := len(v.keys) > 0 && v.Keyed > 0
	err := v.store.EachEvent(v.ctx, v.AccountID, head.SealedUntil, time.Time{}, func(e event.Event) error {
		v.Unsealed++
		v.read()
		if oldest.IsZero() {
			oldest = e.At
		}
		return v.event(e, head.ClosedSeq+1, keyed)
	})
	if err != nil {
		return err
	}
	if !oldest.IsZero() && v.beat.Sub(oldest) > unsealedFor {
		v.problem("the events since %s have no seal, and servers were running until %s", moment(oldest), moment(v.beat))
	}
	if v.Events == 0 && v.Unsealed == 0 && v.Since == 0 && v.checkpoint == nil {
		v.problem("the log is empty: even the event of the account's creation is missing")
	}
	return nil
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "the beginning"
	}
	return t.UTC().Format(time.RFC3339)
}

func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// sealsAre returns "seal 3 is" or "seals 3 to 5 are".
func sealsAre(from, n int) string {
	if n == 1 {
		return fmt.Sprintf("seal %d is", from)
	}
	return fmt.Sprintf("seals %d to %d are", from, from+n-1)
}
