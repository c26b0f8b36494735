package server

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"raff/internal/store"
)

// Progress describes what a command or server does before it is ready.
type Progress = store.Progress

// Pending returns the names of the migrations that Open would run on the database, or why it would refuse the database;
// exists is false if there is no database yet. It changes nothing.
func Pending(ctx context.Context, database string) (names []string, exists bool, err error) {
	return store.Pending(ctx, database)
}

// Grant gives a role of PostgreSQL the privileges that a server needs, but not to change or remove what is logged.
func Grant(ctx context.Context, database, role string) error { return store.Grant(ctx, database, role) }

// PrintProgress returns a function for Config.Progress that prints a line for each step, and for its progress at most one
// every second.
func PrintProgress(w io.Writer) func(store.Progress) {
	var mu sync.Mutex
	var state, text string
	var at time.Time
	return func(p store.Progress) {
		mu.Lock()
		defer mu.Unlock()
		now := fmt.Sprint(p.Step, p.Waiting, p.Blocked, p.Finished)
		if now == state && (time.Since(at) < time.Second || p.String() == text) {
			return
		}
		state, text, at = now, p.String(), time.Now()
		_, _ = fmt.Fprintln(w, text)
	}
}
