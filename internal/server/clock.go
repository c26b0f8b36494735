package server

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// sameTime is how far the database's clock and a node's idea of it may be apart before the node sets its own: an answer
// takes some time, and a clock that is set all the time runs back and forth.
const sameTime = 250 * time.Millisecond

// clock tells the database's time, which is one for all nodes. Sessions, invitations, leases of mails and whatever else
// expires is in rows that all of them share: by its own clock, a node that is an hour ahead would end what the others
// just began. Between two looks the time that passed is measured by the machine, which is not disturbed when its clock is
// set: time.Now has a monotonic reading.
type clock struct {
	machine func() time.Time
	ask     func(context.Context) (time.Time, error)
	last    atomic.Pointer[reading]
}

// reading is what the database's clock showed when the machine's showed at.
type reading struct{ database, at time.Time }

// newClock looks at the database's clock with ask. A nil machine is time.Now.
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

// look compares the clock with the database's. A slow answer says little: the time it took is added to what is allowed.
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
