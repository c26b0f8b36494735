package postgres

import (
	"context"
	"sync"
	"time"

	"raff/internal/store/engine"
)

// slots limits how many connections changes use. They are given to the accounts in turn, and one account gets at most
// perAccount of them, so that others find a free one even if all of that account's changes hang.
type slots struct {
	free       int
	perAccount int

	mu      sync.Mutex
	used    map[string]int // by account
	waiting engine.FairQueue[chan struct{}]
}

func newSlots(n int) *slots {
	return &slots{free: n, perAccount: max(1, n-max(1, n/4)), used: map[string]int{}}
}

// take waits for a slot. back returns it.
func (s *slots) take(ctx context.Context, account string) (back func(), err error) {
	back = func() { s.give(account) }
	s.mu.Lock()
	if s.free > 0 && s.may(account) {
		s.use(account)
		s.mu.Unlock()
		return back, nil
	}
	turn := make(chan struct{})
	pushed := s.waiting.Push(account, turn)
	s.mu.Unlock()
	if !pushed {
		return nil, engine.ErrBusy
	}
	late := time.NewTimer(queueWait)
	defer late.Stop()
	select {
	case <-turn:
		return back, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-late.C:
		err = engine.ErrBusy
	}
	s.mu.Lock()
	waited := s.waiting.Remove(account, turn)
	s.mu.Unlock()
	if !waited { // the slot has just been given
		back()
	}
	return nil, err
}

func (s *slots) may(account string) bool { return account == "" || s.used[account] < s.perAccount }

func (s *slots) use(account string) {
	s.free--
	s.used[account]++
}

func (s *slots) give(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free++
	if s.used[account]--; s.used[account] == 0 {
		delete(s.used, account)
	}
	for s.free > 0 {
		var next string
		turn, ok := s.waiting.PopIf(func(account string) bool {
			next = account
			return s.may(account)
		})
		if !ok {
			return
		}
		s.use(next)
		close(turn)
	}
}
