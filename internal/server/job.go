package server

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raff/internal/operator"
	"raff/internal/redaction"
	"raff/internal/team"
)

// job is a background job of this node, with its last run.
type job struct {
	operator.Job // guarded by mu, except Name, Every and Safe
	mu           sync.Mutex
	run          func(context.Context) error
	requests     chan chan struct{} // of operators; the channel is closed after the run
}

func newJob(name string, every time.Duration, safe bool, run func(context.Context) error) *job {
	return &job{Job: operator.Job{Name: name, Every: every, Safe: safe}, run: run, requests: make(chan chan struct{})}
}

// jobs are the background jobs of this node.
type jobs struct {
	all    []*job
	served atomic.Bool // they run in the background
}

func (j *job) state() operator.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Job
}

func (j *jobs) state() []operator.Job {
	out := make([]operator.Job, len(j.all))
	for i, one := range j.all {
		out[i] = one.state()
	}
	return out
}

func (j *jobs) find(name string) *job {
	for _, one := range j.all {
		if one.Name == name {
			return one
		}
	}
	return nil
}

// runOnce runs a job and records the run.
func (s *Server) runOnce(ctx context.Context, j *job) {
	began := time.Now()
	j.mu.Lock()
	j.StartedAt, j.Running, j.NextAt = s.config.Now().UTC(), true, time.Time{}
	j.mu.Unlock()
	err := j.run(ctx)
	j.mu.Lock()
	j.EndedAt, j.Running, j.NextAt, j.Error = s.config.Now().UTC(), false, s.config.Now().Add(j.Every-time.Since(began)).UTC(), ""
	if err != nil {
		j.Error = reason(err)
	}
	j.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	s.counted(j.Name, began, err)
	if err != nil {
		s.config.Logger.Error("background work failed", "job", j.Name, "error", err)
	}
}

// reason is what an operator sees of an error.
func reason(err error) string {
	const most = 500
	text := redaction.Text(err.Error())
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// jobPatience is how long a request waits for a job that it started.
const jobPatience = 5 * time.Second

// Job implements operator.Jobs.
func (s *Server) Job(name string) (operator.Job, bool) {
	j := s.jobs.find(name)
	if j == nil {
		return operator.Job{}, false
	}
	return j.state(), true
}

// RunJob implements operator.Jobs. A job that is running begins again when it ends. A command, which has no background work, runs the
// job itself.
func (s *Server) RunJob(ctx context.Context, name string) (operator.NodeJob, error) {
	j := s.jobs.find(name)
	if j == nil {
		return operator.NodeJob{}, team.ErrNotFound
	}
	about := func() operator.NodeJob {
		return operator.NodeJob{Job: j.state(), NodeID: s.nodes.self.ID, Host: s.nodes.self.Host}
	}
	if !s.jobs.served.Load() {
		s.runOnce(ctx, j)
		return about(), ctx.Err()
	}
	within, cancel := context.WithTimeout(ctx, jobPatience)
	defer cancel()
	done := make(chan struct{})
	select {
	case j.requests <- done:
		select {
		case <-done:
			// The list of jobs is that of the last heartbeat.
			if err := s.nodes.beat(ctx); err != nil {
				return about(), err
			}
		case <-within.Done():
		}
	case <-within.Done(): // it is running
	}
	return about(), ctx.Err()
}
