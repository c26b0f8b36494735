package store_test

import (
	"fmt"
	"testing"
	"time"

	"raff/internal/operator"
	"raff/internal/rafftest"
)

// TestHeartbeats counts nodes, one with a heartbeat in the future and one that stopped.
func TestHeartbeats(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		db := directly(t, w.url)
		for _, ago := range []time.Duration{-time.Hour, -24 * 365 * time.Hour, time.Hour} {
			run(t, db, fmt.Sprintf("INSERT INTO nodes (id, seen_at, started_at) VALUES (%s, %d, 0)", rafftest.SQLID(w.url, newID()), time.Now().Add(-ago).UnixMicro()))
		}
		for want := 1; want <= 2; want++ {
			if n, err := w.Heartbeat(w.ctx, operator.Node{ID: newID()}); err != nil || n != want {
				t.Errorf("%d nodes, %v, want %d", n, err, want)
			}
		}
	})
}
