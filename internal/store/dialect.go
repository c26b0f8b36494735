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

// engine is one database system. It runs queries outside transactions and commits changes.
type engine interface {
	querier
	// update runs fn in one transaction and returns once it is durable. fn may be called more than once.
	update(ctx context.Context, locks []accountLock, c *Change, fn func(session) error) error
	// pin implements Store.Pin.
	pin(ctx context.Context) (pinned context.Context, done func())
	// ping implements Store.Ping.
	ping(ctx context.Context) error
	// stats implements Store.Stats.
	stats() Stats
	close() error
}

// querier runs a query. bind must have converted the arguments. The caller closes the rows before the next query.
type querier interface {
	query(ctx context.Context, query string, args []any) (rows, error)
	dialect() *dialect
}

// session is the single connection of a transaction. After an error the transaction can no longer commit.
type session interface {
	querier
	exec(ctx context.Context, query string, args []any) (int64, error)
	// later may delay the statement and send it with the next one or with the commit, to save a round trip. An error of
	// the statement is then reported there.
	later(ctx context.Context, query string, args []any) error
	// logEnd returns the end of the account's audit log if it was read together with the account lock, else known is false.
	logEnd(ctx context.Context, accountID string) (end logEnd, known bool, err error)
	// lockLog locks the audit log of an account until the commit. Shared, it keeps the log from being sealed; exclusive
	// (alone), it also keeps other transactions from writing to it. Holding the lock of the account has the same effect.
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

// dialect holds what differs between the databases in query texts and migrations. All other SQL is the same for both.
type dialect struct {
	goose      goose.Dialect
	system     string // OpenTelemetry name
	migrations string
	// hasVersions checks whether the table of applied migrations exists.
	hasVersions string
	// now is an expression for the database's own time, in microseconds since 1970.
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

// hold returns keep followed by the name of a table.
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

// files returns the migrations of this database.
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
