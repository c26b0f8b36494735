package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// TestKilledServerLosesNothing repeatedly kills the server at a random time while many clients change things, sometimes
// during its start, and checks that all acknowledged changes exist, and none partially.
func TestKilledServerLosesNothing(t *testing.T) {
	onEachURL(t, func(t *testing.T, database string) {
		p := launch(t, database)
		l := newLoad(t, p.Server)
		var slowest time.Duration
		kills := trials(t, 2)
		for range kills {
			ctx, stop := context.WithCancel(t.Context())
			go func() { l.acknowledged(ctx, rand.IntN(200)); p.kill(); stop() }()
			l.clients(ctx, 12)
			<-ctx.Done()
			if rand.IntN(2) == 0 {
				p.spawn(t)
				time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
				p.kill()
			}
			l.quiet(t)
			slowest = max(slowest, p.start(t))
			l.settle(t)
			l.repeat(t, 20)
		}
		l.balance(t)
		sealed := p.sealAll(t)
		t.Logf("%d kills: %d changes acknowledged and there, %d without an answer, of which %d had happened; at most %v until ready; %d events sealed",
			kills, l.acks, l.doubtful, l.confirmed, slowest.Round(time.Millisecond), sealed)
		p.clean(t)
	})
}

// acknowledged waits for n more changes and a random moment, for two seconds at most.
func (l *load) acknowledged(ctx context.Context, n int) {
	ctx, stop := context.WithTimeout(ctx, 2*time.Second)
	defer stop()
	l.mu.Lock()
	until := l.acks + n
	l.mu.Unlock()
	for ctx.Err() == nil {
		time.Sleep(time.Duration(rand.IntN(10_000)) * time.Microsecond)
		l.mu.Lock()
		enough := l.acks >= until
		l.mu.Unlock()
		if enough {
			return
		}
	}
}

// onEachURL is rafftest.EachDatabase for tests that start the server themselves.
func onEachURL(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, "sqlite:"+filepath.Join(t.TempDir(), "raff.db")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, rafftest.PostgresURL(t)) })
}

// sealAll stops the server, seals the audit log, and verifies it with the operator's command.
func (p *process) sealAll(t *testing.T) (events int) {
	t.Helper()
	p.kill()
	later := rafftest.Start(t, rafftest.OnDatabase(p.Database))
	later.Advance(2 * time.Minute)
	if _, err := later.Node.Audit().Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(p.operate(t, "audit", "verify"))), "\n") {
		account, rest, _ := strings.Cut(line, ": OK, ")
		if n := 0; account == "account "+p.AccountID {
			if _, err := fmt.Sscanf(rest, "%d events", &n); err == nil {
				events = n
			}
		}
	}
	later.Account = p.Account
	if want := count(t, later, ""); events != want {
		t.Errorf("%d sealed events passed verification, the log has %d", events, want)
	}
	return events
}

// clean checks the server's output for messages that must never occur.
func (p *process) clean(t *testing.T) {
	t.Helper()
	for _, never := range []string{"panic", "deadlock detected", "database is locked", "level=ERROR msg=\"request failed\" method=GET"} {
		if strings.Contains(p.log.String(), never) {
			t.Errorf("the log contains %q", never)
		}
	}
}
