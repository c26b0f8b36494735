package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
)

const adminSlug = "admin"

func cells(o settings) []cell {
	all := []cell{
		{
			name: "a", work: "GET one member with a key, 16 connections, SQLite", goal: 0.50,
			limit: "bare net/http that sends the same response", prepare: readOne(""),
		},
		{
			name: "c1", work: "add a member, 1 client, SQLite", goal: 0.45,
			limit: "one row per durable commit", prepare: addOne,
		},
	}
	all = append(all,
		cell{
			name: "d", work: "one decision over HTTP, 1,000 subjects, 50 projects, 10 roles, 16 connections, SQLite", goal: 0.50,
			limit: "bare net/http that sends the same response", prepare: decisions("", 1),
		},
		cell{
			name: "d50", work: "50 decisions in a request, otherwise as d", goal: 0.20,
			limit: "bare net/http that sends the same response", prepare: decisions("", batch),
		})
	all = append(all, grown("SQLite", "", "")...)
	if o.postgres != "" {
		all = append(all, cell{
			name: "aP", work: "GET one member with a key, 16 connections, PostgreSQL", goal: 0.60,
			limit: "bare net/http that does one pgx point read", prepare: readOne(o.postgres),
		})
		all = append(all, grown("PostgreSQL", o.postgres, "P")...)
	}
	return all
}

// readOne prepares cell a: it reads the same member repeatedly and compares each response byte for byte.
func readOne(postgres string) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		database := postgres
		if database == "" {
			database = "sqlite:" + filepath.Join(dir, "raff.db")
		}
		r, err := startRaffd(ctx, o, database, dir)
		if err != nil {
			return nil, nil, nil, err
		}
		member, err := r.invite(ctx, "reader@example.com")
		if err != nil {
			r.stop()
			return nil, nil, nil, err
		}
		path := "/api/v1/members/" + member
		body, err := r.get(ctx, path)
		if err != nil {
			r.stop()
			return nil, nil, nil, err
		}
		b, err := startBare(ctx, dir, body, postgres, member)
		if err != nil {
			r.stop()
			return nil, nil, nil, err
		}
		read := func(t target, header string) round {
			request := "GET " + path + " HTTP/1.1\r\nHost: " + t.addr + header + "\r\n\r\n"
			return func(ctx context.Context) (float64, error) {
				return load{addr: t.addr, connections: 16, span: o.span, status: 200, body: body,
					next: func() []byte { return []byte(request) }}.run(ctx)
			}
		}
		return read(r.target, "\r\nX-API-Key: "+r.key), read(b, ""), func() { r.stop(); b.stop() }, nil
	}
}

// addOne prepares cell c1: each request adds a different person, and the members are counted afterwards.
func addOne(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
	r, err := startRaffd(ctx, o, "sqlite:"+filepath.Join(dir, "raff.db"), dir)
	if err != nil {
		return nil, nil, nil, err
	}
	role, err := r.role(ctx, adminSlug)
	if err != nil {
		r.stop()
		return nil, nil, nil, err
	}
	commits, err := newCommits(ctx, filepath.Join(dir, "limit.db"))
	if err != nil {
		r.stop()
		return nil, nil, nil, err
	}
	var n atomic.Int64
	ours = func(ctx context.Context) (float64, error) {
		before, err := r.members(ctx)
		if err != nil {
			return 0, err
		}
		l := load{addr: r.addr, connections: 1, span: o.span, status: 201, next: func() []byte {
			body := fmt.Sprintf(`{"email":"person%d@example.com","role_id":%q}`, n.Add(1), role)
			return fmt.Appendf(nil, "POST /api/v1/members HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				r.addr, r.key, len(body), body)
		}}
		perSecond, err := l.run(ctx)
		if err != nil {
			return 0, err
		}
		after, err := r.members(ctx)
		if err != nil {
			return 0, err
		}
		if sent := n.Load(); after != 1+int(sent)+keyMembers || after <= before {
			return 0, fmt.Errorf("%d members after %d were added", after, sent)
		}
		return perSecond, nil
	}
	return ours, func(ctx context.Context) (float64, error) { return commits.run(ctx, o.span) }, func() { r.stop(); commits.close() }, nil
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

func (r *raffd) invite(ctx context.Context, email string) (string, error) {
	role, err := r.role(ctx, adminSlug)
	if err != nil {
		return "", err
	}
	b, err := r.call(ctx, "POST", "/api/v1/members", strings.NewReader(fmt.Sprintf(`{"email":%q,"role_id":%q}`, email, role)))
	if err != nil {
		return "", err
	}
	var made struct{ Data struct{ ID string } }
	if err := json.Unmarshal(b, &made); err != nil {
		return "", fmt.Errorf("read the invited member: %w", err)
	}
	return made.Data.ID, nil
}

func (r *raffd) getJSON(ctx context.Context, path string, v any) error {
	b, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
