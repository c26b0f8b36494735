package server

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// sameTime is the difference to the database's clock up to which a node does not adjust its own: a query takes time, and
// a clock that is adjusted constantly would jump back and forth.
const sameTime = 250 * time.Millisecond

// clock tells the time of the database, which is the same for all nodes. Sessions, invitations and leases expire by
// times in rows that all nodes share: with its own clock, a node that is an hour ahead would end what other nodes have
// just started. Between two queries, elapsed time is measured with the machine's monotonic clock, which is not affected
// when the machine's time is set.
type clock struct {
	machine func() time.Time
	ask     func(context.Context) (time.Time, error)
	last    atomic.Pointer[reading]
}

// reading is the database's time and the machine's time at the same moment.
type reading struct{ database, at time.Time }

// newClock reads the database's clock with ask. If machine is nil, it is time.Now.
func newClock(ctx context.Context, ask func(context.Context) (time.Time, error), machine func() time.Time) (*clock, error) {
	if machine == nil {
		machine = time.Now
	}
	c := &clock{machine: machine, ask: ask}
	at := machine()
	c.last.Store(&reading{at, at})
	return c, c.look(ctx)
}

func (c *clock) now() time.Time {
	r := c.last.Load()
	return r.database.Add(c.machine().Sub(r.at))
}

// look compares the clock with the database's. The duration of the query is added to the allowed difference.
func (c *clock) look(ctx context.Context) error {
	asked := c.machine()
	shown, err := c.ask(ctx)
	if err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	at := c.machine()
	took := at.Sub(asked)
	shown = shown.Add(took / 2)
	if off := c.now().Sub(shown).Abs(); off > sameTime+took {
		c.last.Store(&reading{shown, at})
	}
	return nil
}
