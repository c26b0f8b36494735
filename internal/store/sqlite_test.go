package store

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"raff/internal/catalog"
	"raff/internal/team"
)

// A full disk is made by telling SQLite, behind the store's back, that its file may not grow any more.
func TestAFullDiskFailsWhatCannotBeKeptAndNothingElse(t *testing.T) {
	ctx := t.Context()
	db, err := Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "raff.db"), catalog.Default())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	account := "0198c0de-0000-7000-8000-000000000001"
	filler := string(make([]byte, 3000))
	write := func() error {
		return db.Update(ctx, account, team.Adds, func(tx team.Tx) error {
			return tx.InsertEvent(ctx, removedEvent(team.Member{AccountID: account, Email: filler, Invitation: &team.Invitation{}}, time.UnixMicro(1)))
		})
	}
	kept, refused := 0, 0
	for range 5 {
		err := db.write(ctx, nil, func(t *tx) error {
			_, err := one(ctx, t.q, scanNumber, "PRAGMA max_page_count = 1") // SQLite makes it the present size
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				err := write()
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					kept++
				} else {
					refused++
				}
				if err != nil && !errors.Is(err, &team.Error{Kind: team.KindUnavailable}) {
					t.Errorf("write to a full disk: %v", err)
				}
			})
		}
		all.Wait()
		if err := write(); err != nil {
			t.Errorf("after the disk was full: %v", err)
		}
		kept++
	}
	if refused == 0 {
		t.Error("the disk was never full")
	}
	if _, total, err := db.Events(ctx, team.EventFilter{AccountID: account}); err != nil || total != kept {
		t.Errorf("%d events were kept of %d acknowledged, %v", total, kept, err)
	}
}
