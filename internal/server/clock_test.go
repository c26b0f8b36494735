package server

import (
	"context"
	"testing"
	"time"
)

// A node uses the database's time, even if the machine's clock is wrong or jumps.
func TestNodeUsesTheDatabaseClock(t *testing.T) {
	start := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	database, machine := start, start.Add(-time.Hour)
	pass := func(d time.Duration) { database, machine = database.Add(d), machine.Add(d) }
	ask := func(context.Context) (time.Time, error) { return database, nil }
	c, err := newClock(t.Context(), ask, func() time.Time { return machine })
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string) {
		t.Helper()
		if got := c.now(); !got.Equal(database) {
			t.Errorf("%s: %v, want %v", what, got, database)
		}
	}
	same("an hour behind")
	pass(time.Minute)
	same("a minute later")
	for _, jump := range []time.Duration{2 * time.Hour, -24 * time.Hour, time.Second} {
		machine = machine.Add(jump)
		if err := c.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		same("after a jump of " + jump.String())
	}
	before := c.now()
	machine = machine.Add(100 * time.Millisecond)
	if err := c.look(t.Context()); err != nil || !c.now().After(before) {
		t.Errorf("a small difference set the clock back: %v, %v", before, c.now())
	}
}
