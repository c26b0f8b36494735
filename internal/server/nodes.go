package server

import (
	"context"
	"sync/atomic"
	"time"

	"raff/internal/store"
	"raff/internal/uuid"
)

const (
	beatEvery = 3 * time.Second
	// deadAfter is how long after its last heartbeat a node is counted: it may miss three.
	deadAfter = 4 * beatEvery
)

// nodes counts the servers on one database. The number can be outdated by beatEvery.
type nodes struct {
	id    string
	store *store.DB
	alive atomic.Int64
}

func newNodes(db *store.DB) *nodes { return &nodes{id: uuid.New(), store: db} }

func (n *nodes) count() int { return int(max(1, n.alive.Load())) }

func (n *nodes) beat(ctx context.Context) error {
	alive, err := n.store.Heartbeat(ctx, n.id, deadAfter)
	if err == nil {
		n.alive.Store(int64(alive))
	}
	return err
}
