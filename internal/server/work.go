package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"raff/internal/mail"
	"raff/internal/team"
)

// mailLanes is how many emails a node sends concurrently. The first lane is reserved for urgent emails, so that other
// emails never block them, however many there are and however slow their mail server is.
const mailLanes = 4

// startWork starts the background jobs of a node: sending email, storing when keys were used, cleaning up. All nodes
// run them concurrently; the database assigns each piece of work to one node.
func (s *Server) startWork(ctx context.Context, wg *sync.WaitGroup) {
	if s.sender != nil {
		logged := mail.Logged(s.sender, s.config.Logger)
		send := func(ctx context.Context, m team.Mail) error {
			err := logged(ctx, m)
			if s.metrics != nil {
				s.metrics.Mail(err)
			}
			return err
		}
		for lane := range mailLanes {
			w := &mail.Worker{
				Deliver: func(ctx context.Context) (bool, error) { return s.outbox.Deliver(ctx, lane == 0, send) },
				Logger:  s.config.Logger, Wake: s.wake[lane],
			}
			wg.Go(func() { w.Run(ctx) })
		}
	}
	wg.Go(func() { s.every(ctx, 10*time.Second, "usage", s.flushUsage) })
	wg.Go(func() {
		s.every(ctx, 2*time.Second, "refusals", func(ctx context.Context) error { return s.signin.RecordRefusals(ctx, false) })
	})
	wg.Go(func() { s.every(ctx, beatEvery, "heartbeat", s.nodes.beat) })
	if s.clock != nil {
		wg.Go(func() { s.every(ctx, beatEvery, "clock", s.clock.look) })
	}
	wg.Go(func() { s.every(ctx, 15*time.Second, "catalog", s.watchCatalog) })
	wg.Go(func() {
		s.every(ctx, time.Minute, "seal", func(ctx context.Context) error {
			_, err := s.audit.Seal(ctx)
			return err
		})
	})
	wg.Go(func() {
		s.every(ctx, time.Minute, "removal", func(ctx context.Context) error {
			n, err := s.operator.RemoveDeleted(ctx)
			if n > 0 {
				s.config.Logger.Info("removed deleted accounts whose grace period was over", "count", n)
			}
			return err
		})
	})
	wg.Go(func() { s.every(ctx, time.Minute, "support", s.service.ExpireSupport) })
	wg.Go(func() {
		s.every(ctx, time.Hour, "cleanup", func(ctx context.Context) error {
			n, err := s.service.CleanUp(ctx)
			if n > 0 {
				s.config.Logger.Info("removed stale invitations", "count", n)
			}
			expired, err2 := s.audit.Expire(ctx)
			if expired > 0 {
				s.config.Logger.Info("removed audit events that are older than the retention of their accounts", "count", expired)
			}
			return errors.Join(err, err2, s.store.ExtendEvents(ctx))
		})
	})
}

// flushUsage stores when keys were last used.
func (s *Server) flushUsage(ctx context.Context) error {
	return errors.Join(s.service.FlushUsage(ctx), s.operator.FlushUsage(ctx))
}

// every runs a job immediately and then periodically until ctx ends. Its name is used in logs and metrics. A failure is
// logged; the next run tries again.
func (s *Server) every(ctx context.Context, pause time.Duration, name string, job func(context.Context) error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		began := time.Now()
		err := job(ctx)
		if ctx.Err() == nil {
			s.counted(name, began, err)
			if err != nil {
				s.config.Logger.Error("background work failed", "job", name, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
