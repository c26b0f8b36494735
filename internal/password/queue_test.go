package password

import (
	"context"
	"errors"
	"testing"

	"raff/internal/team"
)

// TestQueueLimit fills the only slot and its queue: one more caller is refused immediately, and a caller that gives up
// makes room.
func TestQueueLimit(t *testing.T) {
	h := sized(1, 2)
	release, running := make(chan struct{}), make(chan struct{})
	done := make(chan error, 4)
	go func() {
		done <- h.run(t.Context(), func() { close(running); <-release })
	}()
	<-running
	leaving, leave := context.WithCancel(t.Context())
	ran := make(chan string, 2)
	go func() { done <- h.run(leaving, func() { ran <- "left" }) }()
	go func() { done <- h.run(t.Context(), func() { ran <- "stayed" }) }()
	for len(h.queue) < 3 {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
	var e *team.Error
	if err := h.run(t.Context(), func() { t.Error("it ran") }); !errors.As(err, &e) || e.Kind != team.KindUnavailable || e.Code != "busy" {
		t.Errorf("one more than the queue holds: %v", err)
	}
	leave()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller that gave up got %v", err)
	}
	if len(h.queue) != 2 {
		t.Errorf("%d callers in the queue after one gave up, want 2", len(h.queue))
	}
	close(release)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := <-ran; got != "stayed" || len(ran) != 0 {
		t.Errorf("%s ran, and %d more", got, len(ran))
	}
}

func TestHashWithCanceledContext(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := New().Hash(gone, "lamp orbit velvet toast"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
