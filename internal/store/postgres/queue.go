package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// accountQueue lets only one exclusive change per account request the account's lock from the database at a time.
// Waiting changes hold no connection, so that many large changes of one account do not block other accounts.
type accountQueue struct {
	mu    sync.Mutex
	turns map[string]*turn
}

type turn struct {
	free    chan struct{} // holds one value while no change has its turn
	waiting int
}

// queueWait is how long a change waits for its turn; it is shorter than the deadline of the request.
const queueWait = 20 * time.Second

var errBusy = errors.New("timed out waiting for other changes of the account")

// enter waits until the change has its turn for each of its locks, in order. leave ends its turns.
func (q *accountQueue) enter(ctx context.Context, locks []engine.Lock) (leave func(), err error) {
	late := time.NewTimer(queueWait)
	defer late.Stop()
	var turns []func()
	leave = func() {
		for _, end := range turns {
			end()
		}
	}
	for _, l := range locks {
		if l.Mode == team.Shared {
			continue
		}
		end, err := q.turn(ctx, l.AccountID, late.C)
		if err != nil {
			leave()
			return nil, err
		}
		turns = append(turns, end)
	}
	return leave, nil
}

func (q *accountQueue) turn(ctx context.Context, accountID string, late <-chan time.Time) (end func(), err error) {
	q.mu.Lock()
	t := q.turns[accountID]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		if q.turns == nil {
			q.turns = map[string]*turn{}
		}
		q.turns[accountID] = t
	}
	t.waiting++
	q.mu.Unlock()
	left := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(q.turns, accountID)
		}
	}
	select {
	case <-t.free:
		return func() {
			t.free <- struct{}{}
			left()
		}, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-late:
		err = team.Unavailable(errBusy)
	}
	left()
	return nil, err
}
