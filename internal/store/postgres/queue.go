package postgres

import (
	"context"
	"sync"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// queueWait is how long a change waits for other changes. It is shorter than the default deadline of a request, so that the
// response says why.
const queueWait = 8 * time.Second

// accountQueue is this node's part of the account locks. A change first gets its turn here and then asks the database, so
// that changes of one node that exclude each other wait without a connection. Turns are given in the order of arrival.
type accountQueue struct {
	mu       sync.Mutex
	accounts map[string]*turns
}

// turns are the changes of one account.
type turns struct {
	shared  int  // changes that have their turn together
	alone   bool // a change has its turn alone
	waiting []*waiter
	// asking holds one value while a change waits in the database for a lock that another node holds.
	asking chan struct{}
	users  int // changes that have, or wait for, a turn
}

type waiter struct {
	mode team.Lock
	turn chan struct{} // closed when it is its turn
}

// enter waits until the change has its turn for each of its locks, in order. leave ends its turns.
func (q *accountQueue) enter(ctx context.Context, locks []engine.Lock) (leave func(), err error) {
	var ends []func()
	leave = func() {
		for _, end := range ends {
			end()
		}
	}
	for _, l := range locks {
		end, err := q.turn(ctx, l)
		if err != nil {
			leave()
			return nil, err
		}
		ends = append(ends, end)
	}
	return leave, nil
}

func (q *accountQueue) turn(ctx context.Context, l engine.Lock) (end func(), err error) {
	w, err := q.arrive(l)
	if err != nil {
		return nil, err
	}
	end = func() { q.end(l) }
	if w == nil {
		return end, nil
	}
	late := time.NewTimer(queueWait)
	defer late.Stop()
	select {
	case <-w.turn:
		return end, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-late.C:
		err = engine.ErrBusy
	}
	q.giveUp(l, w)
	return nil, err
}

// arrive returns nil if it is the change's turn at once.
func (q *accountQueue) arrive(l engine.Lock) (*waiter, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := q.accounts[l.AccountID]
	if t == nil {
		t = &turns{asking: make(chan struct{}, 1)}
		if q.accounts == nil {
			q.accounts = map[string]*turns{}
		}
		q.accounts[l.AccountID] = t
	}
	if t.users >= engine.MaxWaiting {
		return nil, engine.ErrBusy
	}
	t.users++
	if len(t.waiting) == 0 && t.admit(l.Mode) {
		return nil, nil //nolint:nilnil // nil means that the caller does not wait
	}
	w := &waiter{l.Mode, make(chan struct{})}
	t.waiting = append(t.waiting, w)
	return w, nil
}

// admit gives the turn to a change if the present ones allow it.
func (t *turns) admit(mode team.Lock) bool {
	switch {
	case t.alone, mode != team.Shared && t.shared > 0:
		return false
	case mode == team.Shared:
		t.shared++
	default:
		t.alone = true
	}
	return true
}

// next gives their turn to the first waiting changes.
func (t *turns) next() {
	for len(t.waiting) > 0 && t.admit(t.waiting[0].mode) {
		close(t.waiting[0].turn)
		t.waiting = t.waiting[1:]
	}
}

func (q *accountQueue) end(l engine.Lock) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := q.accounts[l.AccountID]
	if l.Mode == team.Shared {
		t.shared--
	} else {
		t.alone = false
	}
	t.next()
	q.left(l.AccountID, t)
}

// giveUp removes a waiter, or ends the turn that it has just been given.
func (q *accountQueue) giveUp(l engine.Lock, w *waiter) {
	q.mu.Lock()
	t := q.accounts[l.AccountID]
	for i := range t.waiting {
		if t.waiting[i] == w {
			t.waiting = append(t.waiting[:i:i], t.waiting[i+1:]...)
			t.next() // those behind it may have waited only for this one
			q.left(l.AccountID, t)
			q.mu.Unlock()
			return
		}
	}
	q.mu.Unlock()
	q.end(l)
}

func (q *accountQueue) left(account string, t *turns) {
	if t.users--; t.users == 0 {
		delete(q.accounts, account)
	}
}

// ask waits until no other change of this node waits in the database for one of these locks. The change must have its turn.
func (q *accountQueue) ask(ctx context.Context, locks []engine.Lock) (asked func(), err error) {
	var held []chan struct{}
	asked = func() {
		for _, c := range held {
			<-c
		}
	}
	late := time.NewTimer(queueWait)
	defer late.Stop()
	for _, l := range locks {
		q.mu.Lock()
		c := q.accounts[l.AccountID].asking
		q.mu.Unlock()
		select {
		case c <- struct{}{}:
			held = append(held, c)
			continue
		case <-ctx.Done():
			err = ctx.Err()
		case <-late.C:
			err = engine.ErrBusy
		}
		asked()
		return nil, err
	}
	return asked, nil
}
