package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync/atomic"
)

const adminSlug = "admin"

const (
	bareSame = "bare net/http that sends the same response"
	sqlite   = "SQLite"
	pg       = "PostgreSQL"
)

// cells returns the comparisons, in the order of the report.
func cells(o settings) []cell {
	all := []cell{
		{name: "a", work: "GET a random member with a key, 16 connections, " + sqlite, goal: 0.50, limit: bareSame, prepare: readRandom("", o.members), peer: pocketbaseRead},
		{name: "b1", work: "GET the first 50 members, with the total, " + sqlite, goal: 0.20, limit: bareSame, prepare: readPage("", false), peer: pocketbaseFirst},
		{name: "b2", work: "GET the last 50 members by cursor, " + sqlite, goal: 0.18, limit: bareSame, prepare: readPage("", true), peer: pocketbaseLast},
		{name: "b3", work: "the last page beside the first, " + sqlite, goal: 0.90, limit: "raff's own first page", prepare: lastBesideFirst("")},
		{name: "c1", work: "add a member, 1 client, " + sqlite, goal: 0.30, limit: "one row per durable commit", prepare: add("", 1, 1), peer: pocketbaseAdd(1)},
		{name: "c16", work: "add a member, 16 clients, " + sqlite, goal: 0.17, limit: "16 rows per durable commit", prepare: add("", 16, 16), peer: pocketbaseAdd(16)},
		{name: "d", work: "one decision over HTTP, 1,000 subjects, 50 projects, 10 roles, 16 connections, " + sqlite, goal: 0.50, limit: bareSame, prepare: decisions("", 1), peer: opaDecide},
		{name: "dF", work: "the same, beside another peer", goal: 0.50, limit: bareSame, prepare: decisions("", 1), peer: openfgaDecide, peersOnly: true},
		{name: "d50", work: "50 decisions in a request, otherwise as d", goal: 0.20, limit: bareSame, prepare: decisions("", batch)},
		{name: "ds", work: "a page of 1,000 of the projects in which a key may do something, of 10,000, 1 client, " + sqlite, goal: 1, limit: "a search in 20 ms", prepare: search("")},
	}
	all = append(all, grown(sqlite, "", "")...)
	all = append(all, growth("", "")...)
	if o.postgres == "" {
		return all
	}
	all = append(all,
		cell{name: "aP", work: "GET a random member with a key, 16 connections, " + pg, goal: 0.60, limit: "bare net/http that does one pgx point read", prepare: readRandom(o.postgres, o.members)},
		cell{name: "b1P", work: "GET the first 50 members, with the total, " + pg, goal: 0.20, limit: bareSame, prepare: readPage(o.postgres, false)},
		cell{name: "b2P", work: "GET the last 50 members by cursor, " + pg, goal: 0.18, limit: bareSame, prepare: readPage(o.postgres, true)},
		cell{name: "cP", work: "add a member, 16 clients, " + pg, goal: 0.40, limit: "one row per durable commit, 16 clients", prepare: add(o.postgres, 16, 1), peer: openfgaWrite},
		cell{name: "dP", work: "one decision over HTTP, otherwise as d, " + pg, goal: 0.50, limit: bareSame, prepare: decisions(o.postgres, 1)},
		cell{name: "dsP", work: "a page of projects in which a key may do something, otherwise as ds, " + pg, goal: 1, limit: "a search in 20 ms", prepare: search(o.postgres)},
	)
	all = append(all, grown(pg, o.postgres, "P")...)
	all = append(all, growth(o.postgres, "P")...)
	return append(all, memoryCells(o.postgres)...)
}

// add prepares the cells c: each request adds a different person, and the members are counted afterwards.
func add(postgres string, clients, group int) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		r, err := startRaffd(ctx, o, databaseIn(dir, postgres), dir)
		if err != nil {
			return nil, nil, nil, err
		}
		defer func() {
			if err != nil {
				r.stop()
			}
		}()
		role, err := r.role(ctx, adminSlug)
		if err != nil {
			return nil, nil, nil, err
		}
		var n atomic.Int64
		ours = func(ctx context.Context) (float64, error) {
			l := load{addr: r.addr, connections: clients, span: o.span, status: 201, next: func() question {
				body := fmt.Sprintf(`{"email":"person%d@example.com","role_id":%q}`, n.Add(1), role)
				return question{request: fmt.Appendf(nil, "POST /api/v1/members HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
					r.addr, r.key, len(body), body)}
			}}
			perSecond, err := l.run(ctx)
			if err != nil {
				return 0, err
			}
			has, err := r.members(ctx)
			if sent := n.Load(); err == nil && has != 1+int(sent)+keyMembers {
				err = fmt.Errorf("%d members after %d were added", has, sent)
			}
			return perSecond, err
		}
		if postgres != "" {
			return ours, func(ctx context.Context) (float64, error) { return postgresCommits(ctx, postgres, clients, o.span) }, r.stop, nil
		}
		commits, err := newCommits(ctx, filepath.Join(dir, "limit.db"))
		if err != nil {
			return nil, nil, nil, err
		}
		return ours, func(ctx context.Context) (float64, error) { return commits.run(ctx, o.span, group) }, func() { r.stop(); commits.close() }, nil
	}
}

func databaseIn(dir, postgres string) string {
	if postgres != "" {
		return postgres
	}
	return "sqlite:" + filepath.Join(dir, "raff.db")
}

// keyMembers is the number of members that are API keys: the Owner key.
const keyMembers = 1

func (r *raffd) role(ctx context.Context, slug string) (string, error) {
	var page struct {
		Data []struct{ ID, Slug string }
	}
	if err := r.getJSON(ctx, "/api/v1/roles?scope=account", &page); err != nil {
		return "", err
	}
	for _, role := range page.Data {
		if role.Slug == slug {
			return role.ID, nil
		}
	}
	return "", fmt.Errorf("no role %s", slug)
}

func (r *raffd) members(ctx context.Context) (int, error) {
	var page struct{ Total int }
	err := r.getJSON(ctx, "/api/v1/members?limit=1", &page)
	return page.Total, err
}

func (r *raffd) getJSON(ctx context.Context, path string, v any) error {
	b, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
