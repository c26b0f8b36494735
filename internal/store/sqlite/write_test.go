package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// changesWaiting counts the changes that wait for their turn.
func changesWaiting(db engine.Engine) int {
	w := db.(*database).writer
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting.Len()
}

// waitForChanges waits until n changes wait for their turn.
func waitForChanges(db engine.Engine, n int) {
	for changesWaiting(db) < n {
		runtime.Gosched()
	}
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
			waitForChanges(db, 4)
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

// TestChangesOfEveryKind runs changes concurrently that succeed, are refused, panic, end their goroutine or are cancelled.
// Exactly those that succeed are stored, all of them return, and none sees another one's writes in its own result.
func TestChangesOfEveryKind(t *testing.T) {
	db := openRows(t)
	refused := errors.New("refused")
	var stored, batched atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for n := range 40 {
				kind := (i + n) % 5
				ctx, cancel := context.WithCancel(t.Context())
				if kind == 4 {
					go cancel()
				}
				end := make(chan error, 1)
				go func() {
					err := errors.New("ended without a result")
					defer func() {
						if recover() != nil {
							err = errPanicked
						}
						end <- err
					}()
					err = db.Update(ctx, nil, nil, func(s engine.Session) error {
						if changesWaiting(db) > 0 {
							batched.Add(1)
						}
						if err := insertRow(context.WithoutCancel(ctx), s); err != nil {
							return err
						}
						switch kind {
						case 1:
							return refused
						case 2:
							panic("in the change")
						case 3:
							runtime.Goexit()
						}
						return nil
					})
				}()
				err := <-end
				cancel()
				switch {
				case kind == 0 && err != nil, kind == 1 && !errors.Is(err, refused), kind == 2 && !errors.Is(err, errPanicked),
					kind == 3 && err == nil, kind == 4 && err != nil && !errors.Is(err, context.Canceled):
					t.Errorf("change of kind %d: %v", kind, err)
				case err == nil:
					stored.Add(1)
				}
			}
		})
	}
	all.Wait()
	if n := countRows(t, db); n != int(stored.Load()) {
		t.Errorf("%d rows stored, %d acknowledged", n, stored.Load())
	}
	if batched.Load() == 0 {
		t.Error("no change ever waited for another one")
	}
}

// TestCloseWaits: closing waits for the change that runs, and for those that joined its commit, and refuses those that wait.
func TestCloseWaits(t *testing.T) {
	db := openRows(t)
	w := db.(*database).writer
	inside, goOn := make(chan struct{}), make(chan struct{})
	results := make(chan error, 4)
	go func() {
		results <- db.Update(t.Context(), nil, nil, func(s engine.Session) error {
			close(inside)
			<-goOn
			return insertRow(t.Context(), s)
		})
	}()
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	for range 3 {
		go func() {
			results <- db.Update(ctx, nil, nil, func(s engine.Session) error { return insertRow(t.Context(), s) })
		}()
	}
	waitForChanges(db, 3)
	cancel()
	for range 3 {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled while waiting: %v", err)
		}
	}
	go func() {
		results <- db.Update(t.Context(), nil, nil, func(s engine.Session) error { return insertRow(t.Context(), s) })
	}()
	waitForChanges(db, 1)
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	if err := <-results; !errors.Is(err, team.ErrUnavailable) {
		t.Errorf("waiting while the database is closed: %v", err)
	}
	select {
	case err := <-closed:
		t.Errorf("closed while a change was running: %v", err)
	default:
	}
	close(goOn)
	if err := <-results; err != nil {
		t.Errorf("running while the database is closed: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := db.Update(t.Context(), nil, nil, func(engine.Session) error { return nil }); !errors.Is(err, team.ErrUnavailable) {
		t.Errorf("change after closing: %v", err)
	}
	if w.led || w.waiting.Len() > 0 {
		t.Error("something is left")
	}
	c, err := openConn(w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if n := countRows(t, connReader{c}); n != 1 {
		t.Errorf("%d rows stored, want the one that was acknowledged", n)
	}
}

// TestLoneChange: nothing runs between two changes that do not overlap, and a change alone starts no goroutine.
func TestLoneChange(t *testing.T) {
	db := openRows(t)
	before := runtime.NumGoroutine()
	for range 20 {
		if err := db.Update(t.Context(), nil, nil, func(s engine.Session) error {
			if n := runtime.NumGoroutine(); n > before {
				t.Errorf("%d goroutines, %d before the change", n, before)
			}
			return insertRow(t.Context(), s)
		}); err != nil {
			t.Fatal(err)
		}
	}
	all := make([]byte, 1<<20)
	if all = all[:runtime.Stack(all, true)]; strings.Contains(string(all), "sqlite.(*writer)") {
		t.Errorf("the writer has a goroutine although nothing is being written:\n%s", all)
	}
}

// TestAccountsTakeTurns lets one account queue 60 changes before another account queues one.
func TestAccountsTakeTurns(t *testing.T) {
	db := openRows(t)
	release := make(chan struct{})
	leading := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = db.Update(t.Context(), nil, nil, func(engine.Session) error {
			close(leading)
			<-release
			return nil
		})
	})
	<-leading
	var order []string // the changes run one at a time
	queue := func(account string, n int) {
		all.Go(func() {
			err := db.Update(t.Context(), []engine.Lock{{AccountID: account}}, nil, func(engine.Session) error {
				order = append(order, account)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		for changesWaiting(db) < n {
			runtime.Gosched()
		}
	}
	for n := range 60 {
		queue("busy", n+1)
	}
	queue("other", 61)
	close(release)
	all.Wait()
	if at := slices.Index(order, "other"); at > 1 {
		t.Errorf("the change of the other account ran after %d others", at)
	}
}
