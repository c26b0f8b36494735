package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
)

const (
	manyMembers = 10_000
	pageRows    = 50
)

// grown returns cells whose limit is raff itself: the same page in an account with just enough members to fill it.
func grown(database, postgres, suffix string) []cell {
	page := func(name, work, path, row string, credential func(*raffd, context.Context) (string, error)) cell {
		return cell{
			name: name + suffix, work: fmt.Sprintf("%s, %d members, 16 connections, %s", work, manyMembers, database), goal: 0.83,
			limit: fmt.Sprintf("the same with %d members", pageRows), prepare: manyBesideFew(postgres, path, row, credential),
		}
	}
	return []cell{
		page("l", "GET the first 50 members with a key", "/api/v1/members?limit=50", `"email":"`, (*raffd).withKey),
		page("m", "the dashboard's page of members", "/members", `class="whom"`, (*raffd).signIn),
	}
}

// manyBesideFew prepares reading the same page in two accounts of one server. row is a text that the page has once for
// each member.
func manyBesideFew(postgres, path, row string, credential func(*raffd, context.Context) (string, error)) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		database := postgres
		if database == "" {
			database = "sqlite:" + filepath.Join(dir, "raff.db")
		}
		many, err := startRaffd(ctx, o, database, dir)
		if err != nil {
			return nil, nil, nil, err
		}
		defer func() {
			if err != nil {
				many.stop()
			}
		}()
		few := &raffd{target: many.target}
		if err := few.newAccount(ctx, o, database, "few."+filepath.Base(dir)+"@example.com"); err != nil {
			return nil, nil, nil, err
		}
		read := func(r *raffd, members int) (round, error) {
			if err := r.fill(ctx, members); err != nil {
				return nil, err
			}
			header, err := credential(r, ctx)
			if err != nil {
				return nil, err
			}
			body, err := r.getAs(ctx, path, header)
			if err != nil {
				return nil, err
			}
			if rows := bytes.Count(body, []byte(row)); rows != pageRows {
				return nil, fmt.Errorf("%s has %d members", path, rows)
			}
			// The rows must be the same each time; around them, a page has values that are used once.
			rowsOnly := body[bytes.Index(body, []byte(row)):bytes.LastIndex(body, []byte(row))]
			request := "GET " + path + " HTTP/1.1\r\nHost: " + r.addr + "\r\n" + header + "\r\n\r\n"
			return func(ctx context.Context) (float64, error) {
				return load{addr: r.addr, connections: 16, span: o.span, status: 200,
					next: expecting(request, rowsOnly)}.run(ctx)
			}, nil
		}
		if ours, err = read(many, manyMembers); err != nil {
			return nil, nil, nil, err
		}
		if limit, err = read(few, pageRows); err != nil {
			return nil, nil, nil, err
		}
		return ours, limit, many.stop, nil
	}
}
