package mail_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"raff/internal/mail"
)

// outbox is a fake outbox: each Deliver returns the next answer, then nothing is due.
type outbox struct {
	start   time.Time
	answers []error
	calls   []time.Duration // time since the start
}

func (o *outbox) Deliver(context.Context) (bool, error) {
	o.calls = append(o.calls, time.Since(o.start))
	if len(o.answers) == 0 {
		return false, nil
	}
	err := o.answers[0]
	o.answers = o.answers[1:]
	if err != nil {
		return false, err
	}
	return true, nil
}

// run runs a worker for a simulated time and returns when it called Deliver.
func run(t *testing.T, o *outbox, wake <-chan struct{}, interval, length time.Duration) string {
	t.Helper()
	o.start = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	w := &mail.Worker{Deliver: o.Deliver, Interval: interval, Logger: slog.New(slog.DiscardHandler), Wake: wake}
	w.Run(ctx)
	if got := time.Since(o.start); got != length {
		t.Errorf("Run ended after %s, not with its context after %s", got, length)
	}
	var at []string
	for _, c := range o.calls {
		at = append(at, c.String())
	}
	return strings.Join(at, " ")
}

func TestWorkerContinuesWhileThereIsMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{answers: []error{nil, nil, nil}}
		if got := run(t, o, nil, time.Minute, 90*time.Second); got != "0s 0s 0s 0s 1m0s" {
			t.Errorf("looked at %s", got)
		}
	})
}

func TestWorkerWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{}, 1)
		time.AfterFunc(7*time.Second, func() { wake <- struct{}{} })
		if got := run(t, &outbox{}, wake, time.Minute, 30*time.Second); got != "0s 7s" {
			t.Errorf("looked at %s", got)
		}
	})
}

func TestWorkerBacksOffAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("database away")
		o := &outbox{answers: []error{away, away, away, nil, away}}
		if got := run(t, o, nil, 10*time.Second, 25*time.Second); got != "0s 1s 3s 7s 7s 8s 18s" {
			t.Errorf("looked at %s", got)
		}
	})
}

func TestWorkerPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := run(t, &outbox{}, nil, 0, 40*time.Second); got != "0s 15s 30s" {
			t.Errorf("looked at %s", got)
		}
	})
}
