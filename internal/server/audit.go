package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
)

// AuditCheck says what VerifyAudit does.
type AuditCheck struct {
	// AccountID selects one account; empty means all.
	AccountID string
	// HeadFile is the path of saved heads; empty means none. With New, only what was sealed after them is verified.
	HeadFile string
	New      bool
	// SaveTo is the path of a file for the heads of the logs, which is written if all of them pass; empty means none.
	SaveTo string
	// Progress receives a line every few seconds; it may be nil.
	Progress io.Writer
}

// progressEvery is the time between two lines about the progress of a verification.
const progressEvery = 5 * time.Second

// VerifyAudit checks audit logs against their seals, and against saved heads. It prints the results; a log that fails is an
// error.
func (s *Server) VerifyAudit(ctx context.Context, w io.Writer, c AuditCheck) error {
	check := audit.Check{AccountID: c.AccountID, SinceKept: c.New, Progress: printProgress(c.Progress)}
	headFile := c.HeadFile
	if headFile != "" {
		b, err := os.ReadFile(headFile)
		if err != nil {
			return fmt.Errorf("read the heads: %w", err)
		}
		if check.Kept, err = audit.ParseHeads(string(b)); err != nil {
			return fmt.Errorf("read the heads in %s: %w", headFile, err)
		}
	}
	found, err := s.audit.Verify(ctx, check)
	if err != nil {
		return err
	}
	failed := 0
	for _, v := range found {
		if len(v.Problems) > 0 {
			failed++
		}
		if _, err := fmt.Fprintln(w, strings.Join(verifiedLines(v), "\n")); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(w, proof(s.audit.Keyed(), headFile != "")); err != nil {
		return err
	}
	switch failed {
	case 0:
		return saveHeads(c, check.Kept, found)
	case 1:
		return errors.New("the audit log of 1 account FAILED verification")
	}
	return fmt.Errorf("the audit logs of %d accounts FAILED verification", failed)
}

// printProgress returns a function that prints a line every few seconds.
func printProgress(w io.Writer) func(audit.Progress) {
	if w == nil {
		return nil
	}
	last := time.Now()
	return func(p audit.Progress) {
		if time.Since(last) < progressEvery {
			return
		}
		last = time.Now()
		_, _ = fmt.Fprintf(w, "verified %d events, in log %d of %d (account %s)\n", p.Events, p.Number, p.Of, p.AccountID)
	}
}

// saveHeads writes the verified heads. Heads of accounts that were not verified are kept. The file replaces an earlier one only
// when it is complete.
func saveHeads(c AuditCheck, kept []audit.KeptHead, found []audit.Verified) error {
	if c.SaveTo == "" {
		return nil
	}
	var text strings.Builder
	verified := map[string]bool{}
	for _, v := range found {
		verified[v.AccountID] = true
		fmt.Fprintln(&text, audit.KeptHead{AccountID: v.AccountID, Seq: v.Seq, Hash: v.Head}.Line())
	}
	for _, k := range kept {
		if !verified[k.AccountID] {
			fmt.Fprintln(&text, k.Line())
		}
	}
	if err := os.WriteFile(c.SaveTo+".new", []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("save the heads: %w", err)
	}
	if err := os.Rename(c.SaveTo+".new", c.SaveTo); err != nil {
		return fmt.Errorf("save the heads: %w", err)
	}
	return nil
}

func verifiedLines(v audit.Verified) (lines []string) {
	for _, p := range v.Problems {
		lines = append(lines, fmt.Sprintf("%s: FAILED: %s", logName(v.AccountID), p))
	}
	if len(v.Problems) == 0 {
		line := fmt.Sprintf("%s: OK, %d events in %d seals, head %x", logName(v.AccountID), v.Events, v.Seals, v.Head)
		if v.Since > 0 {
			line = fmt.Sprintf("%s: OK since the saved seal %d, %d new events in %d seals, head %x", logName(v.AccountID), v.Since, v.Events, v.Seals, v.Head)
		}
		if !v.Begins.IsZero() {
			line += fmt.Sprintf(", older events removed up to %s", v.Begins.UTC().Format(time.RFC3339))
		}
		if v.Erased > 0 {
			line += fmt.Sprintf(", personal data was erased from %s", events(v.Erased))
		}
		if v.Unsealed > 0 {
			line += fmt.Sprintf(", %d not sealed yet", v.Unsealed)
		}
		if v.Keyed > 1 {
			line += fmt.Sprintf(", with a key since seal %d", v.Keyed)
		}
		lines = append(lines, line)
	}
	for _, n := range v.Notes {
		lines = append(lines, fmt.Sprintf("%s: note: %s", logName(v.AccountID), n))
	}
	return lines
}

func events(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}

// logName names a log by its account.
func logName(accountID string) string {
	if accountID == event.OperatorLog {
		return "operator"
	}
	return "account " + accountID
}

// proof describes what the check proves.
func proof(keyed, heads bool) string {
	switch {
	case keyed && heads:
		return "Verified with the seal key and the saved heads."
	case keyed:
		return "Verified with the seal key. A log that was reset to an earlier state can only be detected with heads saved elsewhere\n" +
			"(raffd audit head, then verify --head FILE)."
	case heads:
		return "Verified with the saved heads. Later events have seals without a key: anyone who can write to the database can change\n" +
			"them and create new seals."
	}
	return "These seals have no key: they only detect changes by someone who did not also create new seals, which anyone who can\n" +
		"write to the database can do. Use a seal key (raffd seal-key create), or compare with heads saved elsewhere (raffd audit head)."
}

// AuditHeads prints the heads of all audit logs.
func (s *Server) AuditHeads(ctx context.Context, w io.Writer) error {
	heads, err := s.audit.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		if _, err := fmt.Fprintln(w, h.Line()); err != nil {
			return err
		}
	}
	return nil
}

// AdoptAudit adds a signed seal to logs that were sealed without a key.
func (s *Server) AdoptAudit(ctx context.Context, w io.Writer) error {
	if err := s.adoptKey(ctx); err != nil {
		return err
	}
	adopted, err := s.audit.Adopt(ctx)
	for _, account := range adopted {
		if _, err := fmt.Fprintf(w, "%s: sealed with the key from now on\n", logName(account)); err != nil {
			return err
		}
	}
	return err
}

// adoptKey makes the seal key the active one, unless one is, and waits until all servers sign with it: an event without a signature in
// an adopted log would look forged.
func (s *Server) adoptKey(ctx context.Context) error {
	k := s.sealRing()
	ids, err := k.ids(ctx)
	if err != nil || len(ids) == 0 {
		return err // Adopt says that there is no key
	}
	id, _, err := s.active(ctx, k)
	if err == nil && id == "" {
		id, err = k.first(ctx, ids)
	}
	if err != nil {
		return err
	}
	if err := s.lacking(ctx, k, id); err != nil {
		return err
	}
	return s.switchTo(ctx, k, id, false)
}
