package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/rafftest"
	"raff/internal/server"
)

// TestSealsOfADayAreMerged makes a few seals on each of three days. Every seal of the past days must still prove its events,
// and be found with a saved head.
func TestSealsOfADayAreMerged(t *testing.T) {
	keyed := filepath.Join(t.TempDir(), "keys")
	if _, err := server.CreateKeyFile(keyed, false); err != nil {
		t.Fatal(err)
	}
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		rows := func(a rafftest.Account) string {
			return askDatabase(t, srv.Database, "SELECT CAST(COUNT(*) AS TEXT) FROM audit_seals WHERE account_id = "+rafftest.SQLID(srv.Database, a.AccountID))
		}
		// days makes three seals on each of three days, and returns the head after each seal.
		days := func(a rafftest.Account) (heads []audit.KeptHead) {
			untilMorning(srv)
			for day := range 3 {
				for i := range 3 {
					change(t, srv, a, fmt.Sprintf("project %d%d", day, i))
					seal(t, srv)
					all, err := srv.Node.Audit().Heads(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					for _, h := range all {
						if h.AccountID == a.AccountID {
							heads = append(heads, h)
						}
					}
				}
				untilMorning(srv)
			}
			return heads
		}
		heads := days(srv.Account)
		// Two days are merged, and so are the seals of the first moment with them, if they have the same date.
		if n := rows(srv.Account); n != "5" && n != "6" {
			t.Errorf("%s rows of seals, want one for each of two days and three of the last", n)
		}
		if v := verified(t, srv, srv.Account); v.Broken != "" || v.Keyed != 1 || v.Events != count(t, srv, "") || v.Seq != heads[8].Seq {
			t.Errorf("verified: %+v", v)
		}
		if n := rows(srv.Account); n != "5" && n != "6" {
			t.Errorf("%s rows of seals after days without events", n)
		}
		for i, h := range heads {
			for _, only := range []bool{false, true} {
				found, err := srv.Node.Audit().Verify(t.Context(), audit.Check{AccountID: srv.AccountID, Kept: []audit.KeptHead{h}, SinceKept: only})
				if err != nil || len(found) != 1 || found[0].Broken != "" || (found[0].Since > 0) != only {
					t.Errorf("head %d: %+v, %v", i, found, err)
				}
				if only && i == 8 && found[0].Events != 0 || only && i == 6 && found[0].Events != 2 {
					t.Errorf("after head %d, %d events were verified", i, found[0].Events)
				}
				wrong := h
				wrong.Hash = heads[(i+1)%9].Hash
				found, err = srv.Node.Audit().Verify(t.Context(), audit.Check{AccountID: srv.AccountID, Kept: []audit.KeptHead{wrong}, SinceKept: only})
				if err != nil || len(found) != 1 || found[0].Broken == "" {
					t.Errorf("wrong head %d: %+v, %v", i, found, err)
				}
			}
		}
		merged := " WHERE account_id = $A AND merged <> ''"
		n := 0
		for what, statement := range map[string]string{
			"event removed":          "DELETE FROM audit_events WHERE account_id = $A AND target_name = 'project 11'",
			"event changed":          "UPDATE audit_events SET actor_name = 'Bob' WHERE account_id = $A AND target_name = 'project 10'",
			"merged seal removed":    "DELETE FROM audit_seals" + merged,
			"list emptied":           "UPDATE audit_seals SET merged = ''" + merged,
			"list shortened":         "UPDATE audit_seals SET merged = substr(merged, 1, 8)" + merged,
			"list doubled":           "UPDATE audit_seals SET merged = merged || merged" + merged,
			"length changed":         "UPDATE audit_seals SET merged = '1' || merged" + merged,
			"first seal changed":     "UPDATE audit_seals SET first_seq = first_seq + 1" + merged,
			"more seals":             "UPDATE audit_seals SET first_seq = first_seq - 1" + merged,
			"beginning changed":      "UPDATE audit_seals SET from_at = COALESCE(from_at, 0) + 1" + merged,
			"number of events":       "UPDATE audit_seals SET events = events - 1" + merged,
			"previous hash":          "UPDATE audit_seals SET prev = hash" + merged,
			"time of creation":       "UPDATE audit_seals SET merged = merged || '0'" + merged,
			"merged with a new head": "UPDATE audit_seals SET hash = prev" + merged + " AND seq = (SELECT MAX(seq) FROM audit_seals WHERE account_id = $A AND merged <> '')",
		} {
			n++
			a := srv.NewAccount(t, what, fmt.Sprintf("owner%d@example.com", n))
			days(a)
			tamperWith(t, srv.Database, a, statement)
			if v := verified(t, srv, a); v.Broken == "" {
				t.Errorf("%s is not detected: %+v", what, v)
			}
		}
	}, rafftest.WithSealKeys(keyed))
}

// TestVerifyContinues verifies what is new since the heads that the last verification saved.
func TestVerifyContinues(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		file := filepath.Join(t.TempDir(), "heads")
		other := g.NewAccount(t, "Other", "other@example.com")
		verify := func(c server.AuditCheck) (string, error) {
			var out strings.Builder
			err := g.Node.VerifyAudit(t.Context(), &out, c)
			return out.String(), err
		}
		seal(t, g.Server)
		if text, err := verify(server.AuditCheck{SaveTo: file}); err != nil || strings.Count(text, ": OK, ") != 3 { // the two accounts and the operator
			t.Fatalf("%s%v", text, err)
		}
		change(t, g.Server, g.Account, "role")
		seal(t, g.Server)
		next := server.AuditCheck{HeadFile: file, New: true, SaveTo: file}
		for _, want := range []string{"1 new events in 1 seals", "0 new events in 0 seals"} {
			text, err := verify(next)
			if err != nil || !strings.Contains(text, want) || strings.Count(text, "OK since the saved seal") != 3 {
				t.Errorf("%s%v, want %q", text, err, want)
			}
		}
		one := next
		one.AccountID = other.AccountID
		if text, err := verify(one); err != nil || strings.Contains(text, g.AccountID) || !strings.Contains(text, other.AccountID) {
			t.Errorf("%s%v", text, err)
		}
		if text, err := verify(next); err != nil || strings.Count(text, "OK since") != 3 {
			t.Errorf("the heads of the other accounts were lost: %s%v", text, err)
		}
		one.AccountID = otherID
		if _, err := verify(one); err == nil {
			t.Error("an unknown account was verified")
		}
		// A change of what was verified before is found without --new-only, and one of what is new, in both ways.
		change(t, g.Server, g.Account, "project")
		seal(t, g.Server)
		tamperWith(t, g.Database, g.Account, "UPDATE audit_events SET actor_name = 'Bob' WHERE account_id = $A AND action = 'project.created' AND target_name = 'project'")
		if text, err := verify(next); err == nil {
			t.Errorf("a changed event: %s", text)
		}
		if _, err := verify(server.AuditCheck{HeadFile: file}); err == nil {
			t.Error("a changed event was not detected in the whole log")
		}
	})
}

// untilMorning sets the clock to 01:00 UTC of the next day.
func untilMorning(srv *rafftest.Server) {
	now := srv.Now().UTC()
	srv.Advance(now.Truncate(24 * time.Hour).Add(25 * time.Hour).Sub(now))
}
