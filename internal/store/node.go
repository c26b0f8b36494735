package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"raff/internal/operator"
	"raff/internal/store/engine"
)

// forgetAfter is how long a node stays in the list that ended without stopping properly.
const forgetAfter = 7 * 24 * time.Hour

// LastHeartbeat returns when any node last reported that it was alive.
func (r reader) LastHeartbeat(ctx context.Context) (time.Time, error) {
	return one(ctx, r.q, scanStamp, "SELECT seen_at FROM nodes ORDER BY seen_at DESC LIMIT 1")
}

// Now returns the database's own time, which is the same for all nodes.
func (d *DB) Now(ctx context.Context) (time.Time, error) {
	return one(ctx, d.q, scanStamp, "SELECT "+d.q.Dialect().Now)
}

// Heartbeat records that a node is alive, with its jobs, and returns the number of those that are. The node's StartedAt, SeenAt and
// Alive are not used: Heartbeat uses the database's clock, which all nodes share. With its own clock, a node whose clock is ahead would
// appear alive long after it stopped, and would treat the others as dead. A heartbeat in the future was recorded before
// the clock was corrected and does not count. Heartbeat takes no lock.
func (d *DB) Heartbeat(ctx context.Context, node operator.Node) (n int, err error) {
	jobs, err := json.Marshal(node.Jobs)
	if err != nil {
		return 0, fmt.Errorf("encode the jobs of a node: %w", err)
	}
	if node.Jobs == nil {
		jobs = []byte("[]")
	}
	err = d.write(ctx, nil, func(t *tx) error {
		now := t.q.Dialect().Now
		if _, err := t.exec(ctx, "INSERT INTO nodes (id, seen_at, started_at, version, host, address, runs, jobs, keys) VALUES ($1, "+now+", "+now+`, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, jobs = excluded.jobs, keys = excluded.keys`,
			uid(node.ID), node.Version, node.Host, node.Address, strings.Join(node.Runs, " "), string(jobs), strings.Join(node.Keys, " ")); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM nodes WHERE id IN (SELECT id FROM nodes WHERE seen_at < "+now+" - $1 OR seen_at > "+now+" + $2"+
			t.q.Dialect().SkipLocked+")", forgetAfter.Microseconds(), operator.DeadAfter.Microseconds()); err != nil {
			return err
		}
		n, err = one(ctx, t.q, engine.ScanNumber, "SELECT COUNT(*) FROM nodes WHERE seen_at >= "+now+" - $1", operator.DeadAfter.Microseconds())
		return err
	})
	return n, err
}

// Leave removes a node that stops.
func (d *DB) Leave(ctx context.Context, id string) error {
	return d.write(ctx, nil, func(t *tx) error { return t.DeleteNode(ctx, id) })
}

func scanNode(s scanner) (n operator.Node, _ error) {
	runs, jobs, keys := "", "", ""
	if err := s.Scan((*ident)(&n.ID), (*stamp)(&n.SeenAt), (*stamp)(&n.StartedAt), (*text)(&n.Version), (*text)(&n.Host), (*text)(&n.Address), (*text)(&runs),
		(*text)(&jobs), (*text)(&keys), (*flag)(&n.Alive)); err != nil {
		return n, err
	}
	n.Runs, n.Keys = strings.Fields(runs), strings.Fields(keys)
	if err := json.Unmarshal([]byte(jobs), &n.Jobs); err != nil {
		return n, fmt.Errorf("read the jobs of node %s: %w", n.ID, err)
	}
	return n, nil
}

func (r reader) selectNodes() string {
	return "SELECT id, seen_at, started_at, version, host, address, runs, jobs, keys, seen_at >= " + r.q.Dialect().Now + " - $1 FROM nodes"
}

func (r reader) Nodes(ctx context.Context) ([]operator.Node, error) {
	return many(ctx, r.q, scanNode, r.selectNodes()+" ORDER BY started_at, id", operator.DeadAfter.Microseconds())
}

func (r reader) Node(ctx context.Context, id string) (operator.Node, error) {
	return one(ctx, r.q, scanNode, r.selectNodes()+" WHERE id = $2", operator.DeadAfter.Microseconds(), uid(id))
}

func (t *tx) DeleteNode(ctx context.Context, id string) error {
	return t.later(ctx, "DELETE FROM nodes WHERE id = $1", uid(id))
}
