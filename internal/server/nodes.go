package server

import (
	"context"
	"os"
	"sync/atomic"

	"raff/internal/operator"
	"raff/internal/store"
	"raff/internal/uuid"
	"raff/internal/version"
)

// nodes counts the servers on one database. The number can be outdated by operator.Beat.
type nodes struct {
	self  operator.Node
	store *store.DB
	jobs  *jobs
	alive atomic.Int64
	keys  atomic.Pointer[[]string] // see operator.Node.Keys
}

func newNodes(db *store.DB, j *jobs) *nodes {
	return &nodes{self: operator.Node{ID: uuid.New(), Version: version.Get().Version}, store: db, jobs: j}
}

func (n *nodes) count() int { return int(max(1, n.alive.Load())) }

// introduce sets what the heartbeats of a server say about it.
func (s *Server) introduce(address string) {
	n := &s.nodes.self
	n.Host, _ = os.Hostname() // without a name, it is known by its address
	n.Address = address
	for what, runs := range map[string]bool{"mail": s.sender != nil, "metrics": s.metrics != nil, "operator": s.operatorListener != nil} {
		if runs {
			n.Runs = append(n.Runs, what)
		}
	}
}

func (n *nodes) beat(ctx context.Context) error {
	self := n.self
	self.Jobs = n.jobs.state()
	if keys := n.keys.Load(); keys != nil {
		self.Keys = *keys
	}
	alive, err := n.store.Heartbeat(ctx, self)
	if err == nil {
		n.alive.Store(int64(alive))
	}
	return err
}
