package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"raff/internal/team"
)

// pools are the connections of a node. Together they are at most pool_max_conns.
type pools struct {
	pool  *pgxpool.Pool // most requests, and all changes
	slow  *pgxpool.Pool // reads that may take long; see team.Slow
	watch *pgxpool.Pool // checks whether the database responds
}

type watchKey struct{}

func newPools(ctx context.Context, cfg *pgxpool.Config) (p pools, err error) {
	main, slow, watch := shares(cfg.MaxConns)
	for _, part := range []struct {
		into **pgxpool.Pool
		n    int32
	}{{&p.pool, main}, {&p.slow, slow}, {&p.watch, watch}} {
		if part.n == 0 {
			*part.into = p.pool
			continue
		}
		c := cfg.Copy()
		c.MaxConns = part.n
		c.MinConns = min(c.MinConns, part.n)
		if *part.into, err = pgxpool.NewWithConfig(ctx, c); err != nil {
			p.close()
			return pools{}, err
		}
	}
	return p, nil
}

// shares divides n connections. A node with fewer than four uses all of them for everything.
func shares(n int32) (main, slow, watch int32) {
	if n < 4 {
		return n, 0, 0
	}
	slow = max(1, n/5)
	return n - slow - 1, slow, 1
}

// of returns the pool for a read with this context.
func (p *pools) of(ctx context.Context) *pgxpool.Pool {
	switch {
	case ctx.Value(watchKey{}) != nil:
		return p.watch
	case team.IsSlow(ctx):
		return p.slow
	}
	return p.pool
}

// all returns each pool once.
func (p *pools) all() []*pgxpool.Pool {
	all := []*pgxpool.Pool{p.pool}
	for _, other := range []*pgxpool.Pool{p.slow, p.watch} {
		if other != nil && other != p.pool {
			all = append(all, other)
		}
	}
	return all
}

func (p *pools) close() {
	for _, pool := range p.all() {
		if pool != nil {
			pool.Close()
		}
	}
}
