package store

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/team"
)

const faultAccount = "0198c0de-0000-7000-8000-000000000001"

// bigEvent is an event that fills most of a page.
func bigEvent() event.Event {
	e, err := removedEvent(team.Member{AccountID: faultAccount, Email: strings.Repeat("x", 3000), Invitation: &team.Invitation{}}, time.UnixMicro(1))
	if err != nil {
		panic(err) // cannot happen: the payload is a string
	}
	return e
}

func openFault(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "raff.db"), permission.Default())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// writeMany adds n events concurrently and returns how many were acknowledged. All others must fail with Unavailable.
func writeMany(t *testing.T, db *DB, n int) (acknowledged int) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			err := For[Tx](db).Update(t.Context(), faultAccount, team.Shared, func(tx Tx) error { return tx.InsertEvent(t.Context(), bigEvent()) })
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				acknowledged++
			} else if !errors.Is(err, &team.Error{Kind: team.KindUnavailable}) {
				t.Errorf("write: %v, want unavailable", err)
			}
		})
	}
	all.Wait()
	return acknowledged
}

func wantEvents(t *testing.T, db *DB, want int) {
	t.Helper()
	if _, total, err := db.Events(t.Context(), audit.Filter{AccountID: faultAccount}); err != nil || total != want {
		t.Errorf("%d events stored, %d acknowledged, %v", total, want, err)
	}
}

// TestFullDisk simulates a full disk by limiting the size of the file with a pragma. SQLite then rolls back the batch, and
// the writer continues with a new connection, for which the limit does not apply.
func TestFullDisk(t *testing.T) {
	db := openFault(t)
	acknowledged := 0
	for range 5 {
		err := db.write(t.Context(), nil, func(tx *tx) error {
			_, err := one(t.Context(), tx.q, scanNumber, "PRAGMA max_page_count = 1") // SQLite raises it to the current size
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		n := writeMany(t, db, 12)
		if n == 12 {
			t.Error("no write failed on a full disk")
		}
		acknowledged += n
		if n := writeMany(t, db, 12); n != 12 {
			t.Errorf("%d of 12 writes succeeded after space was available again", n)
		}
		acknowledged += 12
	}
	wantEvents(t, db, acknowledged)
}

// TestRollbackBySQLite: after some errors, such as running out of memory, SQLite rolls back the whole transaction, and with
// it the other changes of the batch. None of them may be acknowledged.
func TestRollbackBySQLite(t *testing.T) {
	db := openFault(t)
	acknowledged := 0
	for range 20 {
		var all sync.WaitGroup
		all.Go(func() {
			err := db.write(context.WithoutCancel(t.Context()), nil, func(tx *tx) error {
				s := tx.s.session.(*sqliteSession)
				if _, err := s.c.exec("ROLLBACK", nil); err != nil {
					t.Errorf("roll back: %v", err)
				}
				return s.failed(&sqliteFailure{sqlite3.SQLITE_IOERR, "made up"})
			})
			if !errors.Is(err, &team.Error{Kind: team.KindUnavailable}) {
				t.Errorf("change with a broken statement: %v", err)
			}
		})
		acknowledged += writeMany(t, db, 16)
		all.Wait()
	}
	if acknowledged += writeMany(t, db, 1); acknowledged == 0 {
		t.Error("the store did not recover")
	}
	wantEvents(t, db, acknowledged)
}

// changesWaiting counts the changes that wait for the writer to accept them. A channel does not tell, but the stacks do.
func changesWaiting() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if head, _, _ := strings.Cut(stack, "\n"); strings.Contains(head, "[select") && strings.Contains(stack, "(*sqliteWriter).update(") {
			n++
		}
	}
	return n
}

// TestRefusalIsDurable runs changes that are refused because of what another change of the same batch wrote. They must
// not return before that change is committed.
func TestRefusalIsDurable(t *testing.T) {
	db := openFault(t)
	inside, refused := make(chan struct{}), errors.New("refused")
	count := func(r audit.Reader) int {
		_, n, err := r.Events(t.Context(), audit.Filter{AccountID: faultAccount})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	var all sync.WaitGroup
	update := func(fn func(tx Tx) error) error {
		return For[Tx](db).Update(t.Context(), faultAccount, team.Shared, fn)
	}
	all.Go(func() {
		err := update(func(tx Tx) error {
			close(inside)
			for changesWaiting() < 4 {
				runtime.Gosched()
			}
			return tx.InsertEvent(t.Context(), bigEvent())
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	for range 4 {
		all.Go(func() {
			saw := 0
			err := update(func(tx Tx) error {
				saw = count(tx)
				time.Sleep(time.Millisecond) // keeps the batch open for a while after the first refusal
				return refused
			})
			if !errors.Is(err, refused) || saw != 1 || count(db) != 1 {
				t.Errorf("saw %d events, then %d: %v", saw, count(db), err)
			}
		})
	}
	all.Wait()
}
