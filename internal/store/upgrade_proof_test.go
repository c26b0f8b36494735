package store_test

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"raff/internal/permission"
	"raff/internal/store"
)

// olderDatabase creates a database with an older schema version.
func olderDatabase(t *testing.T, url string, version int64) *sql.DB {
	t.Helper()
	kind, dialect := "sqlite", goose.DialectSQLite3
	if strings.HasPrefix(url, "postgres") {
		kind, dialect = "postgres", goose.DialectPostgres
	} else if f, err := os.Create(strings.TrimPrefix(url, "sqlite:")); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	db := directly(t, url)
	p, err := goose.NewProvider(dialect, db, os.DirFS(kind+"/migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestProofInAnOlderDatabase upgrades a database in which links do not record how they were delivered: only the audit
// log shows it.
func TestProofInAnOlderDatabase(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
			db := olderDatabase(t, url, 7)
			account := newID()
			run(t, db, fmt.Sprintf("INSERT INTO accounts (id, name, grant_strict, created_at, updated_at) VALUES ('%s', 'Acme', FALSE, 1, 1)", account))
			// An invitation with two links, the second of which was fetched.
			invitation, member := newID(), newID()
			run(t, db, fmt.Sprintf(`INSERT INTO invitations (id, account_id, scope_id, member_id, email, state, invited_by, expires_at, created_at, updated_at)
				VALUES ('%s', '%s', '%[2]s', '%s', 'carol@example.com', 'sent', '', 1, 1, 1)`, invitation, account, member))
			for at, name := range []string{"mailed", "fetched"} {
				h := hex.EncodeToString(hash(name))
				literal := "x'" + h + "'"
				if b.name != "sqlite" {
					literal = `'\x` + h + `'`
				}
				run(t, db, fmt.Sprintf("INSERT INTO invitation_tokens (hash, invitation_id, stale, created_at) VALUES (%s, '%s', FALSE, %d)", literal, invitation, 10+at))
			}
			event := func(at int, target, name string) {
				run(t, db, fmt.Sprintf(`INSERT INTO audit_events (id, account_id, at, actor_type, actor_id, actor_name, action, target_type, target_id, target_name, delegated, request_id, details)
					VALUES ('%s', '%s', %d, 'user', '', '', 'invitation.link_fetched', 'member', '%s', '%s', FALSE, '', '{}')`, newID(), account, at, target, name))
			}
			event(11, member, "carol@example.com")
			event(5, newID(), "Bob@example.com")
			for _, email := range []string{"alice@example.com", "bob@example.com", "dora@example.com"} {
				password := "hash"
				if email == "dora@example.com" {
					password = "" // the link for the first password has not been used
				}
				run(t, db, fmt.Sprintf(`INSERT INTO users (id, email, email_canonical, name, name_key, password_hash, created_at, updated_at)
					VALUES ('%s', '%s', '%[2]s', '', '', '%s', 1, 1)`, newID(), email, password))
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			w, err := store.Open(t.Context(), url, permission.Default())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.Close() }()
			for name, mailed := range map[string]bool{"mailed": true, "fetched": false} {
				if _, token, err := w.InvitationByToken(t.Context(), hash(name)); err != nil || token.Mailed != mailed {
					t.Errorf("the link that was %s: %+v, %v", name, token, err)
				}
			}
			for email, proven := range map[string]bool{"alice@example.com": true, "bob@example.com": false, "dora@example.com": false} {
				if u, err := w.UserByEmail(t.Context(), email); err != nil || u.Proven != proven {
					t.Errorf("%s: proven %v, %v", email, u.Proven, err)
				}
			}
		})
	}
}
