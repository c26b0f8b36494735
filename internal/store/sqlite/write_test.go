package sqlite

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

	"raff/internal/store/engine"
	"raff/internal/team"
)

// bigRow fills most of a page.
var bigRow = strings.Repeat("x", 3000)

// openRows opens a new database with a table for big rows.
func openRows(t *testing.T) engine.Engine {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "raff.db"), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	err = db.Update(t.Context(), nil, nil, func(s engine.Session) error {
		_, err := s.Exec(t.Context(), "CREATE TABLE big (row TEXT NOT NULL)", nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func insertRow(ctx context.Context, s engine.Session) error {
	_, err := s.Exec(ctx, "INSERT INTO big (row) VALUES ($1)", []any{bigRow})
	return err
}

func countRows(t *testing.T, q engine.Querier) int {
	t.Helper()
	n, err := engine.One(t.Context(), q, engine.ScanNumber, "SELECT COUNT(*) FROM big")
	if err != nil {
		t.Error(err)
	}
	return n
}

// writeMany adds n rows concurrently and returns how many were acknowledged. All others must fail with Unavailable.
func writeMany(t *testing.T, db engine.Engine, n int) (acknowledged int) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			err := db.Update(t.Context(), nil, nil, func(s engine.Session) error { return insertRow(t.Context(), s) })
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				acknowledged++
			} else if !errors.Is(err, team.ErrUnavailable) {
				t.Errorf("write: %v, want unavailable", err)
			}
		})
	}
	all.Wait()
	return acknowledged
}

// TestFullDisk simulates a full disk by limiting the size of the file with a pragma. SQLite then rolls back the batch, and
// the writer continues with a new connection, for which the limit does not apply.
func TestFullDisk(t *testing.T) {
	db := openRows(t)
	acknowledged := 0
	for range 5 {
		err := db.Update(t.Context(), nil, nil, func(s engine.Session) error {
			_, err := engine.One(t.Context(), s, engine.ScanNumber, "PRAGMA max_page_count = 1") // SQLite raises it to the current size
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
	if stored := countRows(t, db); stored != acknowledged {
		t.Errorf("%d rows stored, %d acknowledged", stored, acknowledged)
	}
}

// TestRollbackBySQLite: after some errors, such as running out of memory, SQLite rolls back the whole transaction, and with
// it the other changes of the batch. None of them may be acknowledged.
func TestRollbackBySQLite(t *testing.T) {
	db := openRows(t)
	acknowledged := 0
	for range 20 {
		var all sync.WaitGroup
		all.Go(func() {
			err := db.Update(context.WithoutCancel(t.Context()), nil, nil, func(es engine.Session) error {
				s := es.(*session)
				if _, err := s.c.exec("ROLLBACK", nil); err != nil {
					t.Errorf("roll back: %v", err)
				}
				return s.failed(&failure{sqlite3.SQLITE_IOERR, "made up"})
			})
			if !errors.Is(err, team.ErrUnavailable) {
				t.Errorf("change with a broken statement: %v", err)
			}
		})
		acknowledged += writeMany(t, db, 16)
		all.Wait()
	}
	if acknowledged += writeMany(t, db, 1); acknowledged == 0 {
		t.Error("the database did not recover")
	}
	if stored := countRows(t, db); stored != acknowledged {
		t.Errorf("%d rows stored, %d acknowledged", stored, acknowledged)
	}
}

// changesWaiting counts the changes that wait for the writer to accept them. A channel does not tell, but the stacks do.
func changesWaiting() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if head, _, _ := strings.Cut(stack, "\n"); strings.Contains(head, "[select") && strings.Contains(stack, "(*writer).Update(") {
			n++
		}
	}
	return n
}

// TestRefusalIsDurable runs changes that are refused because of what another change of the same batch wrote. They must
// not return before that change is committed.
func TestRefusalIsDurable(t *testing.T) {
	db := openRows(t)
	inside, refused := make(chan struct{}), errors.New("refused")
	var all sync.WaitGroup
	all.Go(func() {
		err := db.Update(t.Context(), nil, nil, func(s engine.Session) error {
			close(inside)
			for changesWaiting() < 4 {
				runtime.Gosched()
			}
			return insertRow(t.Context(), s)
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	for range 4 {
		all.Go(func() {
			saw := 0
			err := db.Update(t.Context(), nil, nil, func(s engine.Session) error {
				saw = countRows(t, s)
				time.Sleep(time.Millisecond) // keeps the batch open for a while after the first refusal
				return refused
			})
			if stored := countRows(t, db); !errors.Is(err, refused) || saw != 1 || stored != 1 {
				t.Errorf("saw %d rows, then %d: %v", saw, stored, err)
			}
		})
	}
	all.Wait()
}
