package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"raff/internal/rafftest"
	"raff/internal/server"
)

// TestRestoreDrill does what docs/operations/recovery.md describes, on both databases.
func TestRestoreDrill(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		member := srv.RoleID(t, "account", "member")
		for i := range 5 {
			srv.Invite(t, fmt.Sprintf("person%d@example.com", i), member)
		}
		srv.NewMember(t, "alice@example.com", "Alice", member)
		heads := savedHeads(t, srv.Node)
		srv.Invite(t, "late@example.com", member) // after the heads and before the backup
		total := func(s *rafftest.Server) any {
			return s.Do(t, http.MethodGet, "/api/v1/members?limit=1", srv.Key, nil).Want(t, http.StatusOK).JSON(t)["total"]
		}
		want := total(srv)
		restored := backUpAndRestore(t, srv.Database)
		srv.Invite(t, "lost@example.com", member) // after the backup
		later := savedHeads(t, srv.Node)

		if err := verifyHeads(t, restored, heads); err != nil {
			t.Errorf("the restored log does not fit the heads from before the backup: %v", err)
		}
		if err := verifyHeads(t, restored, later); err == nil {
			t.Error("heads from after the backup do not show that events are missing")
		}
		drill := rafftest.Start(t, rafftest.OnDatabase(restored), rafftest.WithoutAccount())
		drill.Account = srv.Account
		if got := total(drill); got != want {
			t.Errorf("members of the restored database: %v, want %v", got, want)
		}
		drill.SignIn(t, "alice@example.com")
		id := drill.Invite(t, "drill@example.com", member)
		drill.Do(t, http.MethodDelete, "/api/v1/members/"+id, srv.Key, nil).Want(t, http.StatusOK)
	})
}

// savedHeads seals the logs and saves their heads like raffd audit head. It returns the path.
func savedHeads(t *testing.T, node *server.Server) string {
	t.Helper()
	if _, err := node.Audit().Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := node.AuditHeads(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "heads")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// verifyHeads is raffd audit verify --head.
func verifyHeads(t *testing.T, database, heads string) error {
	t.Helper()
	s, err := server.Open(t.Context(), server.Config{Database: database, PublicURL: "http://127.0.0.1", Mode: server.Looking})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	return s.VerifyAudit(t.Context(), io.Discard, server.AuditCheck{HeadFile: heads})
}

// backUpAndRestore returns the URL of a copy that was made and restored with the tools of the database.
func backUpAndRestore(t *testing.T, database string) string {
	t.Helper()
	dir := t.TempDir()
	if strings.HasPrefix(database, "sqlite:") {
		backup, restored := filepath.Join(dir, "backup.db"), filepath.Join(dir, "raff.db")
		if err := server.Backup(t.Context(), database, backup); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("install", "-m", "600", backup, restored).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return "sqlite:" + restored
	}
	dump, restored := filepath.Join(dir, "raff.dump"), rafftest.PostgresURL(t)
	for _, args := range [][]string{
		{"pg_dump", "--format=custom", "--file=" + dump, database},
		{"pg_restore", "--exit-on-error", "--no-owner", "--dbname=" + restored, dump},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	return restored
}

// TestFailover does what docs/operations/recovery.md describes: a synchronous standby is promoted while clients write. Nothing
// that was confirmed is lost, and nothing that was revoked works again.
func TestFailover(t *testing.T) {
	t.Parallel()
	primary := rafftest.NewCluster(t, "-c fsync=off")
	standby := primary.Standby(t)
	run := func(statement string) {
		c, err := pgx.Connect(t.Context(), primary.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
		if _, err := c.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	run("ALTER SYSTEM SET synchronous_standby_names = '*'")
	run("SELECT pg_reload_conf()")
	srv := rafftest.Start(t, rafftest.OnDatabase(primary.Either(standby)))
	rafftest.Eventually(t, "the standby is synchronous", func() bool {
		return askDatabase(t, primary.URL, "SELECT count(*)::text FROM pg_stat_replication WHERE sync_state = 'sync'") == "1"
	})
	writeDuringFailover(t, srv, func(count func() int) (before int) {
		primary.Stop(t)
		before = count()
		standby.Promote(t)
		return before
	}, func() string { return standby.URL })
}

// writeDuringFailover lets clients write while fail makes another server the primary, and then checks that nothing that was confirmed
// is lost, that nothing that was revoked works again, and that the log is whole. count returns how many writes were confirmed, and
// fail how many before the other primary; after returns the URL of that one.
func writeDuringFailover(t *testing.T, srv *rafftest.Server, fail func(count func() int) (before int), after func() string) {
	t.Helper()
	member := srv.RoleID(t, "account", "member")
	heads := savedHeads(t, srv.Node)

	var mu sync.Mutex
	var confirmed []string
	stopped, done := make(chan struct{}), sync.WaitGroup{}
	for client := range 4 {
		done.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stopped:
					return
				default:
				}
				email := fmt.Sprintf("person%d-%d@example.com", client, i)
				r := srv.Do(t, http.MethodPost, "/api/v1/members", srv.Key, map[string]any{"email": email, "role_id": member})
				if r.Status != http.StatusCreated {
					time.Sleep(50 * time.Millisecond) // like a client that tries again later
					continue
				}
				mu.Lock()
				confirmed = append(confirmed, email)
				mu.Unlock()
			}
		})
	}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(confirmed) }
	rafftest.Eventually(t, "clients write", func() bool { return count() > 20 })
	id, secret := newKey(t, srv, "member")
	srv.Do(t, http.MethodDelete, "/api/v1/api-keys/"+id, srv.Key, nil).Want(t, http.StatusOK)

	begin := time.Now()
	before := fail(count)
	rafftest.Eventually(t, "clients write again", func() bool { return count() > before+4 }) // more than were in progress
	took := time.Since(begin)
	rafftest.Eventually(t, "clients write", func() bool { return count() > before+20 })
	close(stopped)
	done.Wait()

	srv.Do(t, http.MethodGet, "/api/v1/whoami", secret, nil).Want(t, http.StatusUnauthorized)
	found := map[string]bool{}
	for cursor := ""; ; {
		page := srv.Do(t, http.MethodGet, "/api/v1/members?limit=100"+cursor, srv.Key, nil).Want(t, http.StatusOK).JSON(t)
		for _, m := range page["data"].([]any) {
			found[fmt.Sprint(m.(map[string]any)["email"])] = true
		}
		next, _ := page["next_cursor"].(string)
		if next == "" {
			break
		}
		cursor = "&cursor=" + next
	}
	for _, email := range confirmed {
		if !found[email] {
			t.Errorf("%s was confirmed, and is lost", email)
		}
	}
	if err := verifyHeads(t, after(), heads); err != nil {
		t.Errorf("the log after the failover: %v", err)
	}
	t.Logf("%d confirmed, %d of them before the failover, which took %s", len(confirmed), before, took.Round(time.Millisecond))
}
