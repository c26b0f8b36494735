package store

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/team"
)

const faultAccount = "0198c0de-0000-7000-8000-000000000001"

// bigEvent is an event that fills most of a page.
func bigEvent() event.Event {
	e, err := removedEvent(team.Member{AccountID: faultAccount, Email: strings.Repeat("x", 3000), Invitation: &team.Invitation{}}, time.UnixMicro(1))
	if err != nil {
		panic(err) // its payload is a string
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

// writeMany adds events side by side and returns how many were acknowledged. Every other must be Unavailable.
func writeMany(t *testing.T, db *DB, n int) (acknowledged int) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			err := db.Update(t.Context(), faultAccount, team.Shared, func(tx team.Tx) error { return tx.InsertEvent(t.Context(), bigEvent()) })
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
	if _, total, err := db.Events(t.Context(), team.EventFilter{AccountID: faultAccount}); err != nil || total != want {
		t.Errorf("%d events are there, %d were acknowledged, %v", total, want, err)
	}
}

// A full disk is made by telling SQLite, behind the store's back, that its file may not grow. SQLite then rolls back
// the batch, and the writer goes on with a new connection, to which the disk has space again.
func TestAFullDiskFailsWhatCannotBeKeptAndNothingElse(t *testing.T) {
	db := openFault(t)
	acknowledged := 0
	for range 5 {
		err := db.write(t.Context(), nil, func(tx *tx) error {
			_, err := one(t.Context(), tx.q, scanNumber, "PRAGMA max_page_count = 1") // never below its size
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
			t.Errorf("%d of 12 writes succeeded after there was space again", n)
		}
		acknowledged += 12
	}
	wantEvents(t, db, acknowledged)
}

// Out of memory or after a failed read, SQLite may roll back everyone's changes within one statement.
func TestNothingIsAcknowledgedThatSQLiteRolledBackByItself(t *testing.T) {
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

// A change that is refused for what another one of the same batch wrote must not say so before that is committed.
func TestARefusalWaitsForWhatItSaw(t *testing.T) {
	db := openFault(t)
	inside, refused := make(chan struct{}), errors.New("refused")
	count := func(r team.Reader) int {
		_, n, err := r.Events(t.Context(), team.EventFilter{AccountID: faultAccount})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	var all sync.WaitGroup
	update := func(fn func(tx team.Tx) error) error { return db.Update(t.Context(), faultAccount, team.Shared, fn) }
	all.Go(func() {
		err := update(func(tx team.Tx) error {
			close(inside)
			time.Sleep(5 * time.Millisecond) // the others are waiting by then
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
			err := update(func(tx team.Tx) error {
				saw = count(tx)
				time.Sleep(time.Millisecond) // the batch goes on for a while after the first refusal
				return refused
			})
			if !errors.Is(err, refused) || saw != 1 || count(db) != 1 {
				t.Errorf("saw %d events, then there are %d: %v", saw, count(db), err)
			}
		})
	}
	all.Wait()
}
