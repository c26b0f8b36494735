package e2e

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// TestPostgresCrashesUnderLoad crashes and restarts the database while many clients change things. Acknowledged changes
// must exist, others must happen once when they are repeated, and meanwhile the response is 503.
func TestPostgresCrashesUnderLoad(t *testing.T) {
	// Commits are slow, so that the crash interrupts some.
	cluster := rafftest.NewCluster(t, "-c commit_delay=5000 -c commit_siblings=0")
	p := launch(t, cluster.URL)
	l := newLoad(t, p.Server)
	l.away.Store(true)
	crashes := trials(t, 2)
	var longest, itself time.Duration
	for range crashes {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); l.clients(ctx, 8) }()
		l.acknowledged(ctx, 20+rand.IntN(100))
		crashed := time.Now()
		cluster.Crash(t)
		itself = max(itself, time.Since(crashed))
		longest = max(longest, l.steady(t).Sub(crashed))
		stop()
		<-ended
		l.settle(t)
		l.repeat(t, 20)
	}
	t.Logf("%d crashes: %d changes acknowledged and there, %d answered 503, of which %d had happened; the last 503 came at most %v after the crash, PostgreSQL itself took %v",
		crashes, l.acks, l.refusals, l.confirmed, longest.Round(time.Millisecond), itself.Round(time.Millisecond))
	if l.refusals == 0 {
		t.Error("the crash was not noticed")
	}
	if longest > 30*time.Second {
		t.Errorf("the server only recovered after %v", longest)
	}
	p.clean(t)
}

// steady waits until changes have succeeded for half a second without a refusal, and returns the time of the last refusal.
func (l *load) steady(t *testing.T) time.Time {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		refused, acked, unexpected := l.lastRefusal, l.lastAck, len(l.problems)
		l.mu.Unlock()
		if unexpected > 0 {
			break
		}
		if acked.Sub(refused) > 500*time.Millisecond {
			return refused
		}
	}
	l.report(t)
	t.Fatal("changes still fail")
	return time.Time{}
}
