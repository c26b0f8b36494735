package mail

import (
	"context"
	"log/slog"
	"time"
)

// How long a worker waits: at most DefaultInterval for new mail, and after errors from firstPause up to longestPause.
const (
	DefaultInterval = 15 * time.Second
	firstPause      = time.Second
	longestPause    = 5 * time.Minute
)

// Worker empties the outbox: it tries what is due, again at once while there is more, and then waits. A mail that fails
// holds up nobody but itself.
type Worker struct {
	// Deliver tries what is due and says whether there was anything, delivered or not. An error is one of the outbox itself
	// (the database is away); what a mail server refuses is the outbox's to note and to retry.
	Deliver func(context.Context) (found bool, err error)
	// Interval is how often to look when nobody wakes the worker; zero means DefaultInterval.
	Interval time.Duration
	Logger   *slog.Logger
	// Wake makes the worker look now; nil is fine.
	Wake <-chan struct{}
}

// Run works until ctx ends. A delivery that is under way then is finished first.
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
