package store_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite"

	"raff/internal/rafftest"
	"raff/internal/team"
)

// What adding a member by email may write. These are counts, not times.
const (
	maxPagesPerAdd     = 12   // pages in the write-ahead log of SQLite, each of which takes two calls of pwrite
	maxPagesPerMail    = 4    // more pages for a queued email and the limits on emails
	maxGrowthPerMember = 1024 // bytes of the SQLite file for a pending member with its invitation, event and index entries
	maxGrowthPerMail   = 160  // more bytes for a queued email, until it is sent
	maxWALPerAdd       = 4096 // bytes of PostgreSQL's write-ahead log
)

// silentMail accepts connections and never responds, so that the worker cannot send, retry or delete any message.
func silentMail(t *testing.T) rafftest.Option {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return rafftest.WithSMTP("smtp://" + l.Addr().String() + "?tls=none")
}

// mailed returns the options of a server without email, and of one that queues an email for each invitation and has limits.
func mailed(t *testing.T) map[string][]rafftest.Option {
	t.Helper()
	return map[string][]rafftest.Option{
		"without mail": nil, "with mail": {silentMail(t), rafftest.WithMailLimits("account=1000000/1m,sender=1000000/1m")},
	}
}

// together is how many adds are measured together: they share rows of event_slices if they follow one another closely.
const together = 10

// invite adds n members by email and returns how much measure grew for each, by groups of adds; concurrently if measure is nil.
func invite(t *testing.T, srv *rafftest.Server, name string, n int, measure func() int) (grown []int) {
	t.Helper()
	role := srv.RoleID(t, "account", "member")
	add := func(i int) {
		srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": fmt.Sprintf("%s-%d@example.com", name, i*7919%n), "role_id": role}).Want(t, 201)
	}
	if measure == nil {
		var next atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
					add(i)
				}
			})
		}
		all.Wait()
		return nil
	}
	for i := 0; i < n; i += together {
		before := measure()
		for j := range together {
			add(i + j)
		}
		grown = append(grown, (measure()-before)/together)
	}
	return grown
}

// median ignores the few adds at the same time as which the server did something else.
func median(values []int) int {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// walFrames returns the number of pages that SQLite has written to the log since it last started at its beginning.
func walFrames(t *testing.T, file string) (n int) {
	t.Helper()
	wal, err := os.ReadFile(file + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if len(wal) < 32 {
		return 0
	}
	page, salt := int(binary.BigEndian.Uint32(wal[8:])), string(wal[16:24])
	for at := 32; at+24+page <= len(wal) && string(wal[at+8:at+16]) == salt; at += 24 + page {
		n++
	}
	return n
}

// TestPagesPerAdd counts what adding a member by email writes to an SQLite database of 2,000 pending members.
func TestPagesPerAdd(t *testing.T) {
	for name, more := range mailed(t) {
		t.Run(name, func(t *testing.T) {
			file := t.TempDir() + "/raff.db"
			srv := rafftest.Start(t, append(more, rafftest.OnDatabase("sqlite:"+file), rafftest.Quiet(), rafftest.WithQuotas(manyInvitations()))...)
			db := rafftest.OpenSQLite(t, file)
			size := func() (n int) {
				t.Helper()
				var busy, log, done int
				if err := db.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
					t.Fatal(err)
				}
				if err := db.QueryRowContext(t.Context(), "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)").Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			invite(t, srv, "first", 100, nil)
			before := size()
			invite(t, srv, "next", 2000, nil)
			growth := (size() - before) / 2000
			pages := median(invite(t, srv, "last", 200, func() int { return walFrames(t, file) }))
			t.Logf("an add by email: %d WAL pages, %d pwrite64; the file grows by %d bytes per member", pages, 2*pages, growth)
			maxPages, maxGrowth := maxPagesPerAdd, maxGrowthPerMember
			if name == "with mail" {
				maxPages, maxGrowth = maxPages+maxPagesPerMail, maxGrowth+maxGrowthPerMail
			}
			if pages > maxPages {
				t.Errorf("an add by email writes %d pages, want at most %d", pages, maxPages)
			}
			if growth > maxGrowth {
				t.Errorf("the file grows by %d bytes per pending member, want at most %d", growth, maxGrowth)
			}
		})
	}
}

// TestWALPerAdd counts what adding a member by email writes to the log of PostgreSQL.
func TestWALPerAdd(t *testing.T) {
	for name, more := range mailed(t) {
		t.Run(name, func(t *testing.T) {
			cluster := rafftest.NewCluster(t, "-c autovacuum=off")
			srv := rafftest.Start(t, append(more, rafftest.OnDatabase(cluster.URL), rafftest.Quiet(), rafftest.WithQuotas(manyInvitations()))...)
			c, err := pgx.Connect(t.Context(), cluster.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close(t.Context()) }()
			written := func() (n int) {
				t.Helper()
				if err := c.QueryRow(t.Context(), "SELECT (pg_current_wal_lsn() - '0/0')::bigint").Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			invite(t, srv, "first", 1000, nil)
			each := median(invite(t, srv, "last", 100, written))
			t.Logf("an add by email: %d bytes of WAL", each)
			if each > maxWALPerAdd {
				t.Errorf("an add by email writes %d bytes of WAL, want at most %d", each, maxWALPerAdd)
			}
		})
	}
}

func manyInvitations() team.Quotas {
	q := team.DefaultQuotas()
	q.Invitations = 100_000
	return q
}
