package team

import (
	"context"
	"maps"
	"sync"
	"time"
)

// usage holds when API keys were last used, and how often support sessions, until the next FlushUsage, so that a request does not
// wait for a write.
type usage struct {
	mu      sync.Mutex
	last    map[string]time.Time
	support map[string]SupportUse
}

func (u *usage) noteSupport(sessionID string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.support == nil {
		u.support = map[string]SupportUse{}
	}
	u.support[sessionID] = SupportUse{u.support[sessionID].Requests + 1, at}
}

func (u *usage) takeSupport() map[string]SupportUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.support
	u.support = nil
	return taken
}

func (u *usage) note(keyID string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		u.last = map[string]time.Time{}
	}
	u.last[keyID] = at
}

func (u *usage) take() map[string]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.last
	u.last = nil
	return taken
}

// giveBack returns what could not be stored, without replacing newer entries.
func (u *usage) giveBack(taken map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.Copy(taken, u.last)
	u.last = taken
}

// FlushUsage stores when API keys were last used. A server calls it every few seconds and before it stops; a crash loses
// at most those seconds.
func (s *Service) FlushUsage(ctx context.Context) error {
	if used := s.usage.takeSupport(); len(used) > 0 {
		if err := s.store.TouchSupport(ctx, used); err != nil {
			return err
		}
	}
	taken := s.usage.take()
	if len(taken) == 0 {
		return nil
	}
	err := s.store.TouchAPIKeys(ctx, taken)
	if err != nil {
		s.usage.giveBack(taken)
	}
	return err
}
