package server

import (
	"context"
	"net"
	"path/filepath"
	"testing"
)

// TestStopBeforeServing stops a server before it has registered itself, as SIGTERM does while it starts: that is not a failure.
func TestStopBeforeServing(t *testing.T) {
	s, err := Open(t.Context(), Config{Database: "sqlite:" + filepath.Join(t.TempDir(), "raff.db"), PublicURL: "http://127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Serve(ctx, l); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
