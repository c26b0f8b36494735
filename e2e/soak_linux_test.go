package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// TestNothingLeaksUnderLoad puts load on servers in this process for SOAK (10 s, half on each database) and compares
// goroutines and files before and after. Memory may grow with the data and is only reported.
func TestNothingLeaksUnderLoad(t *testing.T) {
	span := 10 * time.Second
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if span, err = time.ParseDuration(text); err != nil {
			t.Fatalf("SOAK: %v", err)
		}
	}
	for name, options := range map[string][]rafftest.Option{"sqlite": nil, "postgres": {rafftest.OnPostgres(t)}} {
		t.Run(name, func(t *testing.T) {
			// The mail server is unreachable, so every open invitation has its email in the outbox.
			options = append(options, rafftest.Quiet(), rafftest.WithMailLimits("off"), rafftest.WithSMTP("smtp://"+freeAddr(t)+"?tls=none"))
			soak(t, rafftest.Start(t, options...), span/2)
		})
	}
}

func soak(t *testing.T, srv *rafftest.Server, span time.Duration) {
	t.Helper()
	l := newLoad(t, srv)
	l.mixed(t, span/10) // creates connections, prepared statements and caches
	first := measure(l)
	t.Logf("at first: %v", first)
	for i := range 4 {
		l.mixed(t, span*9/40)
		if now := measure(l); i < 3 {
			t.Logf("then:     %v", now)
		}
	}
	last := measure(l)
	t.Logf("at last:  %v, after %d changes and %d things left", last, l.acks, len(l.things))
	if last.goroutines > first.goroutines+10 || last.files > first.files+10 {
		t.Errorf("goroutines or files remain: first %v, last %v", first, last)
	}
	l.settle(t)
}

// mixed sends changes and reads for a while.
func (l *load) mixed(t *testing.T, span time.Duration) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), span)
	defer stop()
	read := make(chan struct{})
	go func() {
		defer close(read)
		for i := 0; ctx.Err() == nil; i++ {
			path := []string{"/api/v1/members?limit=100", "/api/v1/whoami", "/api/v1/audit-events?limit=100", "/members", "/ready"}[i%5]
			if res := l.srv.Do(t, "GET", path, l.srv.Key, nil); res.Status >= 500 {
				l.problem("GET %s: %d %s", path, res.Status, res.Body)
			}
		}
	}()
	l.clients(ctx, 8)
	<-read
	l.report(t)
	l.forgetGone()
}

// held are the resources of a process.
type held struct {
	goroutines, files int
	heap, resident    float64 // MiB
}

func (h held) String() string {
	return fmt.Sprintf("%d goroutines, %d open files, %.1f MiB of live memory, %.1f MiB resident", h.goroutines, h.files, h.heap, h.resident)
}

// measure measures several times, because resources may still be closing, and returns the minimum.
func measure(l *load) held {
	least := held{goroutines: 1 << 30, files: 1 << 30}
	for range 20 {
		l.http.CloseIdleConnections()
		http.DefaultClient.CloseIdleConnections()
		least.goroutines = min(least.goroutines, runtime.NumGoroutine())
		open, err := os.ReadDir("/proc/self/fd")
		if err == nil {
			least.files = min(least.files, len(open))
		}
		time.Sleep(10 * time.Millisecond)
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	least.heap = float64(m.HeapAlloc) / (1 << 20)
	status, _ := os.ReadFile("/proc/self/status") // then the value is 0
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			_, _ = fmt.Sscan(rest, &least.resident)
			least.resident /= 1 << 10
		}
	}
	return least
}
