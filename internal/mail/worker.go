package mail

import (
	"context"
	"log/slog"
	"time"
)

// How long a worker waits: at most DefaultInterval for new email, and from firstPause up to longestPause after errors.
const (
	DefaultInterval = 15 * time.Second
	firstPause      = time.Second
	longestPause    = 5 * time.Minute
)

// Worker processes the outbox: it delivers what is due, immediately again while there is more, and then waits. An email
// that fails does not delay others.
type Worker struct {
	// Deliver attempts to send what is due, and reports whether there was anything, regardless of success. Its error is one
	// of the outbox itself, such as an unavailable database; refusals of a mail server are recorded in the outbox.
	Deliver func(context.Context) (found bool, err error)
	// Interval is the time between two runs without Wake; zero means DefaultInterval.
	Interval time.Duration
	Logger   *slog.Logger
	// Wake starts a run immediately; it may be nil.
	Wake <-chan struct{}
}

// Run works until ctx ends, and finishes a delivery in progress.
func (w *Worker) Run(ctx context.Context) {
	interval := w.Interval
	if interval <= 0 {
		interval = DefaultInterval
	}
	var pause time.Duration
	for ctx.Err() == nil {
		found, err := w.Deliver(ctx)
		wait := interval
		switch {
		case err != nil && ctx.Err() != nil:
			return
		case err != nil:
			pause = min(max(2*pause, firstPause), longestPause)
			wait = pause
			w.Logger.ErrorContext(ctx, "reading the email outbox failed; retrying", "error", err, "in", pause)
		case found:
			pause = 0
			continue
		default:
			pause = 0
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-w.Wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}
