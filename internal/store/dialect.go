package store

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"

	"raff/internal/team"
)

// engine is a database: it runs queries outside transactions, and commits changes.
type engine interface {
	querier
	// update runs fn in one transaction and returns after it is durable. fn may run more than once.
	update(ctx context.Context, locks []accountLock, c *Change, fn func(session) error) error
	// pin is Store.Pin.
	pin(ctx context.Context) (pinned context.Context, done func())
	// ping is Store.Ping.
	ping(ctx context.Context) error
	// stats is Store.Stats.
	stats() Stats
	close() error
}

// querier runs a query. Arguments are those that bind leaves. The caller closes the rows before the next query.
type querier interface {
	query(ctx context.Context, query string, args []any) (rows, error)
	dialect() *dialect
}

// session is the one connection of a transaction. After an error the transaction can no longer commit.
type session interface {
	querier
	exec(ctx context.Context, query string, args []any) (int64, error)
	// later may delay the statement and send it together with the next one or with the commit, to save a round trip. Its
	// error is then reported there.
	later(ctx context.Context, query string, args []any) error
	// logEnd is the end of the account's log, as read together with its lock; known is false if it was not read.
	logEnd(ctx context.Context, accountID string) (end logEnd, known bool, err error)
	// lockLog keeps the log of an account from being closed, or, alone, everyone else from writing to it, until the
	// commit. The lock of the account itself does the same for who holds it.
	lockLog(ctx context.Context, accountID string, alone bool) error
}

type scanner interface{ Scan(dest ...any) error }

type rows interface {
	scanner
	Next() bool
	Err() error
	Close()
}

// accountLock is the account lock that a change takes first.
type accountLock struct {
	accountID string
	lock      team.Lock
}

// dialect has the differences between the databases in query texts and migrations. Everything else is in the queries
// themselves.
type dialect struct {
	goose      goose.Dialect
	system     string // OpenTelemetry name
	migrations string
	// hasVersions checks whether the table of applied migrations exists.
	hasVersions string
	// now is the database's own time, in microseconds since 1970.
	now string
	// manyPages lets the connection keep many changed pages in memory, for a transaction that changes them repeatedly;
	// fewPages restores the default.
	manyPages, fewPages string
	// skipLocked is appended to a SELECT whose rows will be changed, and skips rows that another node is changing.
	skipLocked string
	// keep is appended to a SELECT, followed by the name of a table, and locks its row against deletion until the commit.
	// It is empty for SQLite, which has one writer.
	keep string
}

// hold is keep for the table with this name.
func (d *dialect) hold(table string) string {
	if d.keep == "" {
		return ""
	}
	return d.keep + table
}

var (
	sqliteDialect   = dialect{goose: goose.DialectSQLite3, system: "sqlite", migrations: "sqlite", hasVersions: "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'goose_db_version')", now: "CAST(unixepoch('subsec') * 1000000 AS INTEGER)", manyPages: "PRAGMA cache_size = -131072", fewPages: "PRAGMA cache_size = -2000"}
	postgresDialect = dialect{goose: goose.DialectPostgres, system: "postgresql", migrations: "postgres", hasVersions: "SELECT to_regclass('goose_db_version') IS NOT NULL", now: "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint", skipLocked: " FOR UPDATE SKIP LOCKED", keep: " FOR KEY SHARE OF "}
)

//go:embed migrations
var migrations embed.FS

// files are the migrations of this database.
func (d *dialect) files() (fs.FS, error) { return fs.Sub(migrations, "migrations/"+d.migrations) }

// openEngine chooses the database by its URL.
func openEngine(ctx context.Context, url string, o options) (engine, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		if rest == "" || strings.HasPrefix(rest, ":memory:") || strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, "///") {
			return nil, errors.New("the database URL cannot be read: after sqlite: comes the path of a file, for example sqlite:/var/lib/raff/raff.db")
		}
		return openSQLite(ctx, rest, o)
	case "postgres", "postgresql":
		return openPostgres(ctx, url, o)
	}
	return nil, errors.New("the database URL cannot be read: use sqlite:PATH or postgres://USER:PASSWORD@HOST:5432/DATABASE")
}
