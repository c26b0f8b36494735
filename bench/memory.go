package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
)

// memoryCells compare a node that remembers rows with one that does not, while another program commits elsewhere: each
// commit on the server, in any of its databases, makes a node forget.
func memoryCells(postgres string) []cell {
	var all []cell
	for _, kind := range []string{"random", "one"} {
		for _, writer := range []struct {
			perSecond int
			where     string
		}{{0, ""}, {10, "same"}, {100, "same"}, {10, "other"}, {100, "other"}} {
			work := "GET a random member"
			if kind == "one" {
				work = "GET the same member"
			}
			if writer.perSecond > 0 {
				work += fmt.Sprintf(", %d commits/s in the %s database", writer.perSecond, writer.where)
			}
			name := fmt.Sprintf("k%s%d%s", kind[:1], writer.perSecond, writer.where)
			all = append(all, cell{
				name: name, work: work + ", PostgreSQL", goal: 1.05, limit: "without remembering rows", extra: true,
				prepare: besideForgetful(postgres, kind == "one", writer.perSecond, writer.where == "other"),
			})
		}
	}
	const custom = "with plan_cache_mode=force_custom_plan"
	return append(all,
		cell{name: "kpa", work: "GET a random member, PostgreSQL", goal: 1, limit: custom, extra: true, prepare: besideCustomPlans(postgres, false)},
		cell{name: "kpb", work: "GET the first 50 members, PostgreSQL", goal: 1, limit: custom, extra: true, prepare: besideCustomPlans(postgres, true)})
}

// besideCustomPlans compares the default, in which PostgreSQL stops planning a prepared statement after some executions,
// with planning it each time.
func besideCustomPlans(postgres string, page bool) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		c, err := crowdOf(ctx, o, postgres, 10*grownFrom)
		if err != nil {
			return nil, nil, nil, err
		}
		other := &raffd{key: c.key}
		if err := other.serve(ctx, o, postgres+"&plan_cache_mode=force_custom_plan", dir); err != nil {
			return nil, nil, nil, err
		}
		custom := &crowd{raffd: other, ids: c.ids}
		if !page {
			return c.random(o), custom.random(o), other.stop, nil
		}
		if ours, _, err = c.page(ctx, o, firstPage); err == nil {
			limit, _, err = custom.page(ctx, o, firstPage)
		}
		return ours, limit, other.stop, err
	}
}

func besideForgetful(postgres string, one bool, perSecond int, other bool) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		c, err := crowdOf(ctx, o, postgres, 10*grownFrom)
		if err != nil {
			return nil, nil, nil, err
		}
		db, err := pgx.Connect(ctx, postgres)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("connect: %w", err)
		}
		// A node that finds a constant snapshot remembers nothing.
		if _, err := db.Exec(ctx, "CREATE OR REPLACE FUNCTION public.pg_current_snapshot() RETURNS text LANGUAGE sql AS $$ SELECT '7:7:' $$"); err != nil {
			return nil, nil, nil, fmt.Errorf("create a function: %w", err)
		}
		forgetful := &raffd{key: c.key}
		if err := forgetful.serve(ctx, o, postgres+"&search_path=public,pg_catalog", dir); err != nil {
			return nil, nil, nil, err
		}
		stop, err := write(ctx, db, postgres, perSecond, other)
		if err != nil {
			forgetful.stop()
			return nil, nil, nil, err
		}
		without := &crowd{raffd: forgetful, ids: c.ids}
		with := &crowd{raffd: c.raffd, ids: c.ids}
		if one {
			without.ids, with.ids = c.ids[:1], c.ids[:1]
		}
		return with.random(o), without.random(o), func() { stop(); forgetful.stop() }, nil
	}
}

// anotherDatabase creates a database on the same server, unless it exists, and returns its URL.
func anotherDatabase(ctx context.Context, postgres, name string) (string, error) {
	db, err := pgx.Connect(ctx, postgres)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close(ctx) }()
	_, _ = db.Exec(ctx, "CREATE DATABASE "+name) // it may exist
	u, err := url.Parse(postgres)
	if err != nil {
		return "", fmt.Errorf("read the URL: %w", err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

// write commits a row this often until stop is called.
func write(ctx context.Context, db *pgx.Conn, postgres string, perSecond int, other bool) (stop func(), err error) {
	if perSecond == 0 {
		return func() { _ = db.Close(ctx) }, nil
	}
	if other {
		_ = db.Close(ctx)
		elsewhere, err := anotherDatabase(ctx, postgres, "bench_other")
		if err != nil {
			return nil, err
		}
		if db, err = pgx.Connect(ctx, elsewhere); err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
	}
	if _, err := db.Exec(ctx, "CREATE TABLE IF NOT EXISTS bench_writes (n BIGINT)"); err != nil {
		return nil, fmt.Errorf("create a table: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = db.Exec(ctx, "INSERT INTO bench_writes (n) VALUES (1)") // only its commit matters
			}
		}
	}()
	return func() { cancel(); <-done; _ = db.Close(context.WithoutCancel(ctx)) }, nil
}
