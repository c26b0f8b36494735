package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"raff/internal/mail"
	"raff/internal/operator"
	"raff/internal/signin"
	"raff/internal/store"
	"raff/internal/team"
)

// mailLanes is how many emails a node sends concurrently. The first lane is reserved for urgent emails, so that other
// emails never block them, however many there are and however slow their mail server is.
const mailLanes = 4

// startWork starts the background jobs of a node: sending email, storing when keys were used, cleaning up. All nodes
// run them concurrently; the database assigns each piece of work to one node.
func (s *Server) startWork(ctx context.Context, wg *sync.WaitGroup) {
	s.erased.Store(true) // an earlier process may have been killed before it emptied the write-ahead log
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
	for _, j := range s.jobs.all {
		wg.Go(func() { s.every(ctx, j) })
	}
	s.jobs.served.Store(true)
}

// planned returns the background jobs of a node.
func (s *Server) planned() []*job {
	all := []*job{
		newJob("usage", 10*time.Second, false, s.flushUsage),
		newJob("activity", time.Minute, false, s.operator.FlushActivity),
		newJob("refusals", 2*time.Second, false, func(ctx context.Context) error { return s.signin.RecordRefusals(ctx, false) }),
		newJob("heartbeat", operator.Beat, false, func(ctx context.Context) error { return s.nodes.beat(ctx) }),
		newJob("keys", 5*time.Second, false, s.watchKeys),
		newJob("catalog", 15*time.Second, false, s.watchCatalog),
		newJob("seal", time.Minute, true, func(ctx context.Context) error {
			_, err := s.audit.Seal(ctx)
			return err
		}),
		newJob("erasure", 10*time.Second, false, s.eraseOrdered),
		newJob("removal", time.Minute, true, s.removeDeleted),
		newJob("support", time.Minute, true, s.service.ExpireSupport),
		newJob("cleanup", time.Hour, true, s.cleanUp),
	}
	if s.clock != nil {
		all = append(all, newJob("clock", operator.Beat, false, s.clock.look))
	}
	return all
}

// removeDeleted removes the accounts whose grace period is over.
func (s *Server) removeDeleted(ctx context.Context) error {
	n, err := s.operator.RemoveDeleted(ctx)
	s.count("removed deleted accounts whose grace period was over", n)
	return err
}

// eraseOrdered erases the people whose erasure was ordered from the audit logs.
func (s *Server) eraseOrdered(ctx context.Context) error {
	n, err := s.operator.EraseOrdered(ctx)
	s.count("erased people", n)
	if n > 0 {
		s.erased.Store(true)
	}
	return errors.Join(err, s.emptyLog(ctx))
}

// emptyLog removes what was erased from SQLite's write-ahead log, once nothing is reading it.
func (s *Server) emptyLog(ctx context.Context) error {
	if !s.erased.Load() {
		return nil
	}
	if err := store.EmptyLog(ctx, s.config.Database); err != nil {
		return fmt.Errorf("remove what was erased from the -wal file; the next run tries again: %w", err)
	}
	s.erased.Store(false)
	return nil
}

// cleanUp removes what is no longer needed.
func (s *Server) cleanUp(ctx context.Context) error {
	n, err := s.service.CleanUp(ctx)
	s.count("removed stale invitations", n)
	expired, err2 := s.audit.Expire(ctx)
	s.count("removed audit events that are older than the retention of their accounts", expired)
	_, err3 := s.store.RemoveSigningKeys(ctx, s.config.Now().Add(-signin.DeviceLife))
	return errors.Join(err, err2, err3, s.store.ExtendEvents(ctx), s.operator.TidyUsage(ctx))
}

// prepareSearch creates the index for searches in the names of people. Without it searches only take longer.
func (s *Server) prepareSearch(ctx context.Context) error {
	lacking, err := s.store.PrepareSearch(ctx)
	if lacking != "" {
		s.config.Logger.Warn("searches read all names of an account, because their index cannot be created; let a superuser run CREATE EXTENSION pg_trgm and CREATE EXTENSION btree_gin, and run raffd migrate again",
			"reason", lacking)
	}
	return err
}

// count logs what a job did, and how often, if it did anything.
func (s *Server) count(what string, n int) {
	if n > 0 {
		s.config.Logger.Info(what, "count", n)
	}
}

// flushUsage stores when keys were last used.
func (s *Server) flushUsage(ctx context.Context) error {
	return errors.Join(s.service.FlushUsage(ctx), s.operator.FlushUsage(ctx))
}

// every runs a job immediately, then periodically, and whenever it is requested, until ctx ends. Its name is used in logs and
// metrics. A failure is logged; the next run tries again.
func (s *Server) every(ctx context.Context, j *job) {
	tick := time.NewTicker(j.Every)
	defer tick.Stop()
	var done chan struct{} // of the request for this run, if there is one
	for {
		s.runOnce(ctx, j)
		if done != nil {
			close(done)
			done = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case done = <-j.requests:
		}
	}
}
