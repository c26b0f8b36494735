package store_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

// TestSealsOfAnOlderDatabase upgrades a database with a version 1 seal, and continues its log.
func TestSealsOfAnOlderDatabase(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
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
			if _, err := p.UpTo(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			account, never, oldEvent := newID(), newID(), newID()
			at := time.Date(2026, 5, 4, 3, 2, 1, 123456000, time.UTC)
			for _, id := range []string{account, never} {
				run(t, db, fmt.Sprintf("INSERT INTO accounts (id, name, grant_strict, created_at, updated_at) VALUES ('%s', 'Acme', FALSE, 1, 1)", id))
			}
			for i, in := range []string{account, never} {
				run(t, db, fmt.Sprintf(`INSERT INTO audit_events (id, account_id, at, actor_type, actor_id, actor_name, action, target_type, target_id, target_name,
					delegated, request_id, details) VALUES ('%s', '%s', %d, 'operator', 'operator', 'operator', 'account.created', 'account', 'x', 'Acme', FALSE, '', '{}')`,
					oldEvent, in, at.UnixMicro()+int64(i)))
			}
			line := fmt.Sprintf(`{"ID":"%s","AccountID":"%s","At":"2026-05-04T03:02:01.123456Z","ActorType":"operator","ActorID":"operator","ActorName":"operator",`+
				`"Action":"account.created","TargetType":"account","TargetID":"x","TargetName":"Acme","ProjectID":"","Delegated":false,"RequestID":"","Details":"{}"}`+"\n", oldEvent, account)
			run(t, db, fmt.Sprintf("INSERT INTO audit_seals (account_id, seq, until_at, events, hash, created_at) VALUES ('%s', 1, %d, 1, %s, 1)",
				account, at.Add(time.Minute).UnixMicro(), blobOf(kind, sha256.Sum256([]byte(line)))))

			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			d, err := store.Open(t.Context(), url, permission.Default())
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close() //nolint:errcheck // end of test
			now := at.Add(time.Hour)
			svc := audit.New(audit.Options{Store: store.For[audit.Tx](d), Team: team.New(team.Options{Store: store.For[team.Tx](d), Catalog: permission.Default(), Now: func() time.Time { return now }})})
			whole := func(seals, events int) {
				t.Helper()
				found, err := svc.Verify(t.Context())
				if err != nil || len(found) != 2 {
					t.Fatalf("%+v, %v", found, err)
				}
				for _, v := range found {
					if v.Broken != "" || v.AccountID == account && (v.Seals != seals || v.Events != events) {
						t.Errorf("want %d seals: %+v", seals, v)
					}
				}
			}
			whole(1, 1)
			err = store.For[store.Tx](d).Update(t.Context(), account, team.Shared, func(tx store.Tx) error {
				return tx.InsertEvent(t.Context(), event.Event{ID: newID(), AccountID: account, At: at, Action: "role.created", Details: "{}"})
			})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := svc.Seal(t.Context()); n != 2 || err != nil {
				t.Errorf("%d seals created, %v", n, err)
			}
			whole(2, 2)
			run(t, directly(t, url), fmt.Sprintf("UPDATE audit_events SET actor_name = 'someone else' WHERE id = '%s' AND account_id = '%s'", oldEvent, account))
			found, err := svc.Verify(t.Context())
			if err != nil || found[0].Broken == "" && found[1].Broken == "" {
				t.Errorf("an event from before the upgrade was changed: %+v, %v", found, err)
			}
		})
	}
}

func blobOf(kind string, sum [32]byte) string {
	if kind == "postgres" {
		return fmt.Sprintf(`'\x%x'`, sum)
	}
	return fmt.Sprintf("x'%x'", sum)
}
