package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"raff/internal/audit"
)

// VerifyAudit checks all audit logs against their seals and, if headFile is not empty, against the heads in that file. It
// prints the results; a log that fails is an error.
func (s *Server) VerifyAudit(ctx context.Context, w io.Writer, headFile string) error {
	var kept []audit.KeptHead
	if headFile != "" {
		b, err := os.ReadFile(headFile)
		if err != nil {
			return fmt.Errorf("read the heads: %w", err)
		}
		if kept, err = audit.ParseHeads(string(b)); err != nil {
			return fmt.Errorf("read the heads in %s: %w", headFile, err)
		}
	}
	found, err := s.audit.Verify(ctx, kept...)
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
		return nil
	case 1:
		return errors.New("the audit log of 1 account FAILED verification")
	}
	return fmt.Errorf("the audit logs of %d accounts FAILED verification", failed)
}

func verifiedLines(v audit.Verified) (lines []string) {
	for _, p := range v.Problems {
		lines = append(lines, fmt.Sprintf("account %s: FAILED: %s", v.AccountID, p))
	}
	if len(v.Problems) == 0 {
		line := fmt.Sprintf("account %s: OK, %d events in %d seals, head %x", v.AccountID, v.Events, v.Seals, v.Head)
		if v.Unsealed > 0 {
			line += fmt.Sprintf(", %d not sealed yet", v.Unsealed)
		}
		if v.Keyed > 1 {
			line += fmt.Sprintf(", with a key since seal %d", v.Keyed)
		}
		lines = append(lines, line)
	}
	for _, n := range v.Notes {
		lines = append(lines, fmt.Sprintf("account %s: note: %s", v.AccountID, n))
	}
	return lines
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
	adopted, err := s.audit.Adopt(ctx)
	for _, account := range adopted {
		if _, err := fmt.Fprintf(w, "account %s: sealed with the key from now on\n", account); err != nil {
			return err
		}
	}
	return err
}
