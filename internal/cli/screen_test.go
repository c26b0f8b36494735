package cli_test

import (
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// serve starts a server and sets the environment variables that raff reads.
func serve(t *testing.T) *rafftest.Server {
	t.Helper()
	srv := rafftest.Start(t)
	t.Setenv("RAFF_API_URL", srv.URL)
	t.Setenv("RAFF_API_KEY", srv.Key)
	t.Setenv("RAFF_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	return srv
}

// screen collects output, and can be read while it is being written.
type screen struct {
	mu    sync.Mutex
	shown strings.Builder
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.Write(b)
}

func (s *screen) watch(r io.Reader) {
	b := make([]byte, 1024)
	for {
		n, err := r.Read(b)
		s.mu.Lock()
		s.shown.Write(b[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

func (s *screen) wait(t *testing.T, text string) {
	t.Helper()
	waitFor(t, text, func() bool { return strings.Contains(s.String(), text) })
}

func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if happened() {
			return
		}
	}
	t.Fatalf("timed out waiting for %s", what)
}
