package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// settings apply to every statement, unless the URL sets them.
var settings = map[string]string{
	// A node that hangs inside a change must not block the others forever.
	"lock_timeout":                        "10s",
	"idle_in_transaction_session_timeout": "30s",
	// A statement that hangs must not occupy its connection forever. The limit is higher than lock_timeout, so that
	// waiting for a lock is reported as such. Long lists, such as exports, are read in pages, one statement per page;
	// migrations are exempt.
	"statement_timeout": "30s",
	// Plans are made while tables are nearly empty, and kept while they grow.
	"enable_seqscan":    "off",
	"enable_bitmapscan": "off", // would read and sort a whole list for one page
	"jit":               "off",
}

// migrationLock is the key of the advisory lock for migrations ("raff" in ASCII, then 1).
const migrationLock = 0x72616666_00000001

// migrationWait is how long a program waits for another one that is migrating.
const migrationWait = "10min"

var (
	errNotPrimary = errors.New("this server is a standby or read-only; raff works on the primary only: name the primary in the database URL, or all hosts (postgres://USER:PASSWORD@HOST1,HOST2/DATABASE)")
	errPooled     = errors.New("the connection goes through a pooler; the next one is made for that")
)

// link creates connections. Each one is checked before use: it must reach the primary, because a standby lags
// behind and would accept a credential that was revoked. With a pooler such as PgBouncer, a connection uses a different
// server process for each transaction. Prepared statements then have no names, and each transaction sends the settings
// and the check for the primary.
type link struct {
	settings map[string]string
	chosen   bool // the URL says how statements are sent
	pooled   atomic.Bool
	made     func() // called for each new connection
}

// newLink changes cfg so that its connections are checked.
func newLink(cfg *pgxpool.Config, database string) (*link, error) {
	l := &link{settings: maps.Clone(settings), chosen: strings.Contains(database, "default_query_exec_mode"), made: func() {}}
	if err := demandPrimary(database); err != nil {
		return nil, err
	}
	// In the message that opens a connection, a pooler rejects settings that it does not know.
	parameters := cfg.ConnConfig.RuntimeParams
	for name := range l.settings {
		if v := parameters[name]; v != "" {
			l.settings[name] = v
			delete(parameters, name)
		}
	}
	if parameters["application_name"] == "" {
		parameters["application_name"] = "raffd"
	}
	if !strings.Contains(database, "pool_max_conns") {
		cfg.MaxConns = int32(max(16, 4*runtime.GOMAXPROCS(0))) //nolint:gosec // small
	}
	if !strings.Contains(database, "connect_timeout") {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	cfg.ConnConfig.ValidateConnect = l.validate
	cfg.BeforeConnect, cfg.AfterConnect = l.choose, l.chose
	return l, nil
}

// demandPrimary rejects a URL that asks for a standby. If the URL asks for nothing or for "any", the pool uses read-write.
func demandPrimary(database string) error {
	u, err := url.Parse(database)
	if err != nil {
		return nil //nolint:nilerr // pgx has already parsed it
	}
	switch asked := u.Query().Get("target_session_attrs"); asked {
	case "", "any", "read-write", "primary":
		return nil
	default:
		return fmt.Errorf("database URL: target_session_attrs=%s: raff works on the primary only: leave the setting out", asked)
	}
}

// choose sets how statements are sent on a connection that is about to be opened.
func (l *link) choose(_ context.Context, c *pgx.ConnConfig) error {
	if l.pooled.Load() && !l.chosen {
		c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return nil
}

// chose rejects a connection that was opened before the pooler was detected.
func (l *link) chose(_ context.Context, c *pgx.Conn) error {
	if l.pooled.Load() && !l.chosen && c.Config().DefaultQueryExecMode != pgx.QueryExecModeCacheDescribe {
		return team.Unavailable(errPooled)
	}
	return nil
}

// unbound removes the statement timeout from a connection for migrations. Through a pooler, the connection has none of
// our settings and must not change any.
func (l *link) unbound(ctx context.Context, c *pgx.Conn) error {
	if l.pooled.Load() {
		return nil
	}
	_, err := c.Exec(ctx, "SET statement_timeout = 0")
	return err
}

// validate checks a new connection in one round trip. With a pooler, the process that answers has a different id than
// the one that was announced when connecting.
func (l *link) validate(ctx context.Context, c *pgconn.PgConn) error {
	direct := fmt.Sprintf("pg_backend_pid() = %d", c.PID())
	results, err := c.Exec(ctx, "SELECT "+direct+", pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', CASE WHEN "+
		direct+" THEN "+l.set(false)+" END").ReadAll()
	if err != nil {
		return err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) != 3 {
		return errors.New("the database did not respond like PostgreSQL")
	}
	row := results[0].Rows[0]
	if string(row[1]) != "f" {
		return errNotPrimary
	}
	if string(row[0]) != "t" {
		l.pooled.Store(true)
	}
	l.made()
	return nil
}

// set returns an expression that applies the settings, for the transaction or for the lifetime of the connection.
func (l *link) set(transaction bool) string {
	parts := make([]string, 0, len(l.settings))
	for _, name := range slices.Sorted(maps.Keys(l.settings)) {
		parts = append(parts, fmt.Sprintf("set_config('%s', '%s', %t)", name, strings.ReplaceAll(l.settings[name], "'", "''"), transaction))
	}
	return strings.Join(parts, " || ")
}

// greeting returns the statement that precedes a transaction through a pooler: it applies the settings and returns
// whether the server is a standby.
func (l *link) greeting() string {
	return "SELECT pg_is_in_recovery() FROM (SELECT " + l.set(true) + ") settings"
}

// migrate holds the lock in a transaction, so that it is released when the program ends, even if a pooler keeps
// the connection open.
func migrate(ctx context.Context, guard *pgx.Conn, cfg *pgx.ConnConfig, link *link, s engine.Schemas) error {
	if _, err := guard.Exec(ctx, "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '"+migrationWait+"'"); err != nil {
		return err
	}
	if _, err := guard.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", int64(migrationLock))); err != nil {
		return fmt.Errorf("wait for another program that is migrating (pg_locks shows which process holds the advisory lock): %w", err)
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionBeforeConnect(link.choose), stdlib.OptionAfterConnect(link.unbound))
	defer func() { _ = db.Close() }()
	if err := Dialect.Prepare(ctx, db, s); err != nil {
		return err
	}
	_, err := guard.Exec(ctx, "COMMIT")
	return err
}

// snapshotsMove reports whether each commit changes the snapshot, as memory requires. Not every database that speaks
// PostgreSQL's protocol does that.
func snapshotsMove(ctx context.Context, c *pgx.Conn) bool {
	var before, after string
	for _, s := range []*string{&before, &after} {
		results, err := c.PgConn().Exec(ctx, "SELECT pg_current_snapshot()::text").ReadAll()
		if err != nil || len(results) != 1 || len(results[0].Rows) != 1 {
			return false
		}
		*s = string(results[0].Rows[0][0])
		if _, err := c.PgConn().Exec(ctx, "SELECT pg_current_xact_id()").ReadAll(); err != nil {
			return false
		}
	}
	return before != after
}
