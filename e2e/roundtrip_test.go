package e2e

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"raff/internal/rafftest"
)

// meter counts a server's statements and waits for PostgreSQL.
type meter struct {
	URL               string // of the database through this proxy
	statements, waits atomic.Int64
}

func newMeter(t *testing.T, database string) *meter {
	t.Helper()
	m := &meter{}
	m.URL = between(t, database, func(front, back net.Conn) {
		go func() {
			defer back.Close()
			_, _ = io.Copy(back, front)
		}()
		go func() {
			defer front.Close()
			m.count(io.TeeReader(back, front))
		}()
	})
	return m
}

// count parses the messages of PostgreSQL: a letter, then a length that includes itself.
func (m *meter) count(from io.Reader) {
	in := bufio.NewReader(from)
	for {
		var head [5]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		switch head[0] {
		case 'C': // the end of a statement
			m.statements.Add(1)
		case 'Z': // ready for the next query
			m.waits.Add(1)
		}
		if _, err := io.CopyN(io.Discard, in, int64(binary.BigEndian.Uint32(head[1:]))-4); err != nil {
			return
		}
	}
}

// taken is the number of statements and waits of an operation.
func (m *meter) taken(do func()) (statements, waits int64) {
	statements, waits = m.statements.Load(), m.waits.Load()
	do()
	return m.statements.Load() - statements, m.waits.Load() - waits
}

// The whole account waits while many members are added, so a request must not send a query
// for each of its rows.
func TestManyRowsTakeFewStatements(t *testing.T) {
	t.Parallel()
	m := newMeter(t, rafftest.PostgresURL(t))
	srv := rafftest.Start(t, rafftest.OnDatabase(m.URL))
	account, project := "/api/v1/members/bulk", "/api/v1/projects/"+srv.ProjectID+"/members/bulk"
	member, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	_, manager := srv.NewKeyID(t, "manager", srv.RoleID(t, "account", "admin"))

	const n = 500
	emails := func(prefix, role string) (rows []any) {
		for i := range n {
			rows = append(rows, map[string]any{"email": fmt.Sprintf("%s%d@example.com", prefix, i), "role_id": role})
		}
		return rows
	}
	var keys []any
	for i := range n {
		id, _ := srv.NewKeyID(t, fmt.Sprintf("key %d", i), "")
		keys = append(keys, map[string]any{"api_key_id": id, "role_id": viewer})
	}
	var people, addresses []any
	for i := range 20 { // signing up is slow
		address := fmt.Sprintf("known%d@example.com", i)
		_, id := srv.NewMember(t, address, fmt.Sprintf("Known %d", i), member)
		people = append(people, map[string]any{"target_user_id": id, "role_id": viewer})
		addresses = append(addresses, map[string]any{"email": address, "role_id": viewer})
	}
	second := "/api/v1/projects/" + srv.Do(t, http.MethodPost, "/api/v1/projects", srv.Key, map[string]any{"name": "Second"}).Want(t, 201).Data(t)["id"].(string) + "/members/bulk"
	for _, c := range []struct {
		what, path, key string
		rows            []any
		each            int
		most            int64 // statements
	}{
		{"addresses", account, manager, emails("new", member), 201, 80},
		{"addresses that are invited", account, manager, emails("new", member), 409, 40},
		{"addresses into a project", project, manager, emails("new", viewer), 201, 80},
		{"API keys into a project", project, srv.Key, keys, 201, 80},
		{"API keys that are there", project, srv.Key, keys, 409, 40},
		{"people into a project", project, manager, people, 201, 40},
		{"people into a project by address", second, manager, addresses, 201, 40},
		{"nobody", account, manager, func() (rows []any) {
			for range n {
				rows = append(rows, map[string]any{"target_user_id": srv.AccountID, "role_id": member})
			}
			return rows
		}(), 400, 40},
	} {
		var answer rafftest.Response
		statements, waits := m.taken(func() {
			answer = srv.Do(t, http.MethodPost, c.path, c.key, map[string]any{"members": c.rows}).Want(t, http.StatusOK)
		})
		for i, row := range answer.JSON(t)["data"].([]any) {
			if got := row.(map[string]any)["status"]; got != float64(c.each) {
				t.Fatalf("%s: row %d: %v", c.what, i, row)
			}
		}
		t.Logf("%s: %d rows, %d statements, %d waits", c.what, len(c.rows), statements, waits)
		if statements > c.most || waits > 60 {
			t.Errorf("%s: %d rows took %d statements and %d waits, want at most %d and 60", c.what, len(c.rows), statements, waits, c.most)
		}
	}
}
