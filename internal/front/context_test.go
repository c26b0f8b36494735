package front

import (
	"context"
	"errors"
	"testing"
	"time"

	"raff/internal/team"
)

func newContext(parent context.Context, left time.Duration) *requestContext {
	return &requestContext{Context: parent, q: &Request{ID: "id", origin: team.Origin{RequestID: "id"}, timeout: left}, ends: time.Now().Add(left)}
}

// TestRequestContextEnds ends contexts in each possible way, before and after something waits for them.
func TestRequestContextEnds(t *testing.T) {
	for name, waits := range map[string]bool{"nothing waits": false, "something waits": true} {
		t.Run(name, func(t *testing.T) {
			wait := func(c *requestContext) *requestContext {
				if waits {
					c.Done()
				}
				return c
			}
			late := wait(newContext(t.Context(), time.Nanosecond))
			<-late.Done()
			if late.Err() == nil || !late.timedOut() {
				t.Errorf("after the deadline: %v, timed out: %t", late.Err(), late.timedOut())
			}

			parent, cancel := context.WithCancel(t.Context())
			c := wait(newContext(parent, time.Hour))
			if c.Err() != nil || c.timedOut() {
				t.Errorf("before the deadline: %v", c.Err())
			}
			cancel()
			<-c.Done()
			if !errors.Is(c.Err(), context.Canceled) || c.timedOut() {
				t.Errorf("after the client disconnected: %v, timed out: %t", c.Err(), c.timedOut())
			}

			c = wait(newContext(t.Context(), time.Hour))
			c.finish()
			<-c.Done()
			if !errors.Is(c.Err(), context.Canceled) || c.timedOut() {
				t.Errorf("after the request: %v, timed out: %t", c.Err(), c.timedOut())
			}
		})
	}
}

// TestRequestContextRenewed moves the deadline, which contexts derived from it follow.
func TestRequestContextRenewed(t *testing.T) {
	c := newContext(t.Context(), time.Hour)
	child, cancel := context.WithCancel(c)
	defer cancel()
	c.extend(time.Now())
	<-child.Done()
	if !errors.Is(context.Cause(child), context.DeadlineExceeded) || !c.timedOut() {
		t.Errorf("child %v, timed out: %t", context.Cause(child), c.timedOut())
	}
	if team.OriginOf(c).RequestID != "id" || Of(child) != c.q {
		t.Error("the context does not hold the data of the request")
	}
}
