package store_test

import (
	"slices"
	"testing"
	"time"

	"raff/internal/event"
	"raff/internal/store"
)

// TestEachEvent has more events than are read at once, many of them with the same time.
func TestEachEvent(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		const n = 2500
		var want []string
		w.do(t, func(tx store.Tx) error {
			for i := range n {
				e := event.Event{ID: newID(), AccountID: w.account.ID, At: w.at(i / 700), Details: "{}"}
				if at := i / 700; at >= 1 && at < 3 {
					want = append(want, e.ID)
				}
				if err := tx.InsertEvent(w.ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
		var got []string
		collect := func(e event.Event) error {
			got = append(got, e.ID)
			return nil
		}
		if err := w.EachEvent(w.ctx, w.account.ID, w.at(1), w.at(3), collect); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d events between, want %d, %v", len(got), len(want), err)
		}
		got = nil
		if err := w.EachEvent(w.ctx, w.account.ID, time.Time{}, w.at(99), collect); err != nil || len(got) != n {
			t.Errorf("%d events in all, want %d, %v", len(got), n, err)
		}
		if err := w.EachEvent(w.ctx, w.account.ID, time.Time{}, w.at(99), func(event.Event) error { return errStop }); err != errStop { //nolint:errorlint // the very error
			t.Errorf("an error of the function became %v", err)
		}
	})
}
