package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// crowd is a server whose account has many members. Cells that only read share it.
type crowd struct {
	*raffd
	ids  []string // of the members that were added
	last string   // path of the last page
}

type crowdKey struct {
	postgres string
	members  int
}

var crowds = map[crowdKey]*crowd{}

func stopCrowds() {
	for _, c := range crowds {
		c.stop()
	}
	clear(crowds)
}

// crowdOf starts the server with this number of members, or returns it if it runs.
func crowdOf(ctx context.Context, o settings, postgres string, members int) (*crowd, error) {
	key := crowdKey{postgres, members}
	if c := crowds[key]; c != nil {
		return c, nil
	}
	dir := filepath.Join(o.dir, fmt.Sprintf("crowd-%d-%d", members, len(crowds)))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create a directory: %w", err)
	}
	r, err := startRaffd(ctx, o, databaseIn(dir, postgres), dir)
	if err != nil {
		return nil, err
	}
	c := &crowd{raffd: r}
	if err := r.fill(ctx, members); err != nil {
		r.stop()
		return nil, err
	}
	if err := c.list(ctx, members); err != nil {
		r.stop()
		return nil, err
	}
	crowds[key] = c
	return c, nil
}

// list reads all members by cursor, and finds the cursor of the last 50.
func (c *crowd) list(ctx context.Context, members int) error {
	var page struct {
		Data       []struct{ ID, Email string }
		NextCursor string `json:"next_cursor"`
	}
	cursor := ""
	for left := members + 1 + keyMembers; left > 0; left -= len(page.Data) {
		size := pageRows
		if left > pageRows {
			size = min(20*pageRows, left-pageRows) // so that the last page is full
		}
		path := fmt.Sprintf("/api/v1/members?limit=%d%s", size, cursor)
		if left == pageRows {
			c.last = path
		}
		page.NextCursor, page.Data = "", nil
		if err := c.getJSON(ctx, path, &page); err != nil {
			return err
		}
		for _, m := range page.Data {
			if strings.HasPrefix(m.Email, "person") {
				c.ids = append(c.ids, m.ID)
			}
		}
		if len(page.Data) == 0 {
			break
		}
		cursor = "&cursor=" + url.QueryEscape(page.NextCursor)
	}
	if len(c.ids) != members || c.last == "" && members > pageRows {
		return fmt.Errorf("the list has %d members, want %d; last page %q", len(c.ids), members, c.last)
	}
	return nil
}

// reads returns a round that reads these paths at random; each response must contain the text at the same index.
func (r *raffd) reads(o settings, paths, texts []string) round {
	questions := make([]question, len(paths))
	for i, path := range paths {
		questions[i] = question{[]byte("GET " + path + " HTTP/1.1\r\nHost: " + r.addr + "\r\nX-API-Key: " + r.key + "\r\n\r\n"), []byte(texts[i])}
	}
	return func(ctx context.Context) (float64, error) {
		return load{addr: r.addr, connections: 16, span: o.span, status: 200,
			next: func() question { return questions[rand.IntN(len(questions))] }}.run(ctx)
	}
}

// random returns a round that reads random members.
func (c *crowd) random(o settings) round {
	paths, texts := make([]string, len(c.ids)), make([]string, len(c.ids))
	for i, id := range c.ids {
		paths[i], texts[i] = "/api/v1/members/"+id, `"id":"`+id+`"`
	}
	return c.reads(o, paths, texts)
}

// page returns a round that reads one page, after checking that it has 50 members.
func (c *crowd) page(ctx context.Context, o settings, path string) (r round, body []byte, err error) {
	body, err = c.get(ctx, path)
	if rows := bytes.Count(body, []byte(`"email":`)); err == nil && rows != pageRows {
		err = fmt.Errorf("%s has %d members", path, rows)
	}
	request := "GET " + path + " HTTP/1.1\r\nHost: " + c.addr + "\r\nX-API-Key: " + c.key + "\r\n\r\n"
	return func(ctx context.Context) (float64, error) {
		return load{addr: c.addr, connections: 16, span: o.span, status: 200, body: body, next: always(request)}.run(ctx)
	}, body, err
}

// besideBare returns a round of a bare server that sends this body, after a point read if postgres is not empty.
func besideBare(ctx context.Context, o settings, dir string, body []byte, postgres, member string) (round, func(), error) {
	b, err := startBare(ctx, dir, body, postgres, member)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (float64, error) {
		return load{addr: b.addr, connections: 16, span: o.span, status: 200, body: body,
			next: always("GET /api/v1/members/" + member + " HTTP/1.1\r\nHost: " + b.addr + "\r\n\r\n")}.run(ctx)
	}, b.stop, nil
}

// readRandom prepares cell a.
func readRandom(postgres string, members int) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		c, err := crowdOf(ctx, o, postgres, members)
		if err != nil {
			return nil, nil, nil, err
		}
		body, err := c.get(ctx, "/api/v1/members/"+c.ids[0])
		if err != nil {
			return nil, nil, nil, err
		}
		limit, end, err = besideBare(ctx, o, dir, body, postgres, c.ids[0])
		return c.random(o), limit, end, err
	}
}

const firstPage = "/api/v1/members?limit=50"

// readPage prepares the cells b: the first page or the last one.
func readPage(postgres string, last bool) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		c, err := crowdOf(ctx, o, postgres, o.members)
		if err != nil {
			return nil, nil, nil, err
		}
		path := firstPage
		if last {
			path = c.last
		}
		ours, body, err := c.page(ctx, o, path)
		if err != nil {
			return nil, nil, nil, err
		}
		limit, end, err = besideBare(ctx, o, dir, body, "", "")
		return ours, limit, end, err
	}
}

// lastBesideFirst compares two pages of one account.
func lastBesideFirst(postgres string) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, _ string) (ours, limit round, end func(), err error) {
		c, err := crowdOf(ctx, o, postgres, o.members)
		if err != nil {
			return nil, nil, nil, err
		}
		if ours, _, err = c.page(ctx, o, c.last); err != nil {
			return nil, nil, nil, err
		}
		limit, _, err = c.page(ctx, o, firstPage)
		return ours, limit, func() {}, err
	}
}

// growth returns the cells that compare accounts of different sizes with one of 1,000 members: the cost of a request must
// not depend on the size.
func growth(postgres, suffix string) []cell {
	database := sqlite
	if postgres != "" {
		database = pg
	}
	var all []cell
	for _, times := range []int{10, 100} {
		members := times * grownFrom
		all = append(all,
			cell{name: fmt.Sprintf("ga%d%s", times, suffix), work: fmt.Sprintf("GET a random member of %d, %s", members, database), goal: 0.83,
				limit: "the same of 1,000", members: members, prepare: besideSmall(postgres, members, func(_ context.Context, o settings, c *crowd) (round, error) { return c.random(o), nil })},
			cell{name: fmt.Sprintf("gb%d%s", times, suffix), work: fmt.Sprintf("GET the first 50 members of %d, %s", members, database), goal: 0.83,
				limit: "the same of 1,000", members: members, prepare: besideSmall(postgres, members, func(ctx context.Context, o settings, c *crowd) (round, error) {
					r, _, err := c.page(ctx, o, firstPage)
					return r, err
				})},
			cell{name: fmt.Sprintf("gl%d%s", times, suffix), work: fmt.Sprintf("GET the last 50 members of %d, %s", members, database), goal: 0.83,
				limit: "the same of 1,000", members: members, prepare: besideSmall(postgres, members, func(ctx context.Context, o settings, c *crowd) (round, error) {
					r, _, err := c.page(ctx, o, c.last)
					return r, err
				})})
	}
	return all
}

const grownFrom = 1000

func besideSmall(postgres string, members int, read func(context.Context, settings, *crowd) (round, error)) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, _ string) (ours, limit round, end func(), err error) {
		large, err := crowdOf(ctx, o, postgres, members)
		if err != nil {
			return nil, nil, nil, err
		}
		small, err := crowdOf(ctx, o, postgres, grownFrom)
		if err != nil {
			return nil, nil, nil, err
		}
		if ours, err = read(ctx, o, large); err != nil {
			return nil, nil, nil, err
		}
		limit, err = read(ctx, o, small)
		return ours, limit, func() {}, err
	}
}

// fill invites this number of people in bulk.
func (r *raffd) fill(ctx context.Context, people int) error {
	role, err := r.role(ctx, adminSlug)
	if err != nil {
		return err
	}
	const atOnce = 500
	type row struct {
		Email  string `json:"email"`
		RoleID string `json:"role_id"`
	}
	for from := 0; from < people; from += atOnce {
		rows := make([]row, min(atOnce, people-from))
		for i := range rows {
			rows[i] = row{fmt.Sprintf("person%d@example.com", from+i), role}
		}
		body, err := json.Marshal(map[string]any{"members": rows})
		if err != nil {
			return fmt.Errorf("encode members: %w", err)
		}
		if _, err := r.call(ctx, "POST", "/api/v1/members/bulk", bytes.NewReader(body)); err != nil {
			return err
		}
	}
	has, err := r.members(ctx)
	if err == nil && has != people+1+keyMembers {
		err = fmt.Errorf("%d members after %d were added", has, people)
	}
	return err
}
