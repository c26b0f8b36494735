package store

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

	"raff/internal/team"
)

// postgresSettings hold for every statement, unless the URL says otherwise.
var postgresSettings = map[string]string{
	// A node that froze inside a change must not keep the others out for ever.
	"lock_timeout":                        "10s",
	"idle_in_transaction_session_timeout": "30s",
	// A statement that is stuck must not hold its connection for ever. It is above lock_timeout, so that a wait for a lock is told
	// as one. Long lists, such as exports, are read in pages, each a statement of its own; migrations are exempt.
	"statement_timeout": "30s",
	// Plans are made while tables are nearly empty and are kept while they grow.
	"enable_seqscan":    "off",
	"enable_bitmapscan": "off", // rows of an index in no order: a page of a list would be all of it, sorted
	"jit":               "off",
}

// migrationLock is the key of the lock under which one program migrates ("raff" in ASCII, then 1).
const migrationLock = 0x72616666_00000001

// migrationWait bounds how long a program waits for another one that migrates.
const migrationWait = "10min"

var (
	errNotPrimary = errors.New("this server is a standby or read-only; raff works on the primary only: name the primary in the database URL, or all hosts (postgres://USER:PASSWORD@HOST1,HOST2/DATABASE)")
	errPooled     = errors.New("the connection goes through a pooler; the next one is made for that")
)

// postgresLink makes connections. Each one is checked before it is used: it must reach the primary, because a standby lags
// behind and would accept a credential that was revoked. Behind a pooler such as PgBouncer a connection reaches another
// server process for each transaction; then prepared statements have no names, and settings and the question whether this
// is the primary go with each transaction.
type postgresLink struct {
	settings map[string]string
	chosen   bool // the URL chooses how statements are sent
	pooled   atomic.Bool
	made     func() // called for each new connection
}

// newPostgresLink changes the configuration so that it makes connections of this kind.
func newPostgresLink(cfg *pgxpool.Config, database string) (*postgresLink, error) {
	l := &postgresLink{settings: maps.Clone(postgresSettings), chosen: strings.Contains(database, "default_query_exec_mode"), made: func() {}}
	if err := demandPrimary(database); err != nil {
		return nil, err
	}
	// A pooler refuses settings that it does not know in the message that opens a connection.
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
		cfg.MaxConns = int32(max(16, 4*runtime.GOMAXPROCS(0))) //nolint:gosec // a small number
	}
	if !strings.Contains(database, "connect_timeout") {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	cfg.ConnConfig.ValidateConnect = l.validate
	cfg.BeforeConnect, cfg.AfterConnect = l.choose, l.chose
	return l, nil
}

// demandPrimary refuses a URL that asks for a standby. The default, and what "any" gets, is read-write.
func demandPrimary(database string) error {
	u, err := url.Parse(database)
	if err != nil {
		return nil //nolint:nilerr // pgx has read it already
	}
	switch asked := u.Query().Get("target_session_attrs"); asked {
	case "", "any", "read-write", "primary":
		return nil
	default:
		return fmt.Errorf("database URL: target_session_attrs=%s: raff works on the primary only: leave the setting out", asked)
	}
}

// choose decides how statements are sent on the connection that is about to be made.
func (l *postgresLink) choose(_ context.Context, c *pgx.ConnConfig) error {
	if l.pooled.Load() && !l.chosen {
		c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return nil
}

// chose refuses a connection that was made before it was known that there is a pooler.
func (l *postgresLink) chose(_ context.Context, c *pgx.Conn) error {
	if l.pooled.Load() && !l.chosen && c.Config().DefaultQueryExecMode != pgx.QueryExecModeCacheDescribe {
		return team.Unavailable(errPooled)
	}
	return nil
}

// unbound lets a connection for migrations take its time. Through a pooler it has no settings of ours, and must leave none.
func (l *postgresLink) unbound(ctx context.Context, c *pgx.Conn) error {
	if l.pooled.Load() {
		return nil
	}
	_, err := c.Exec(ctx, "SET statement_timeout = 0")
	return err
}

// validate asks a new connection all that has to be known of it in one round trip. The process that answers has another
// id than the one that was announced where a pooler stands between.
func (l *postgresLink) validate(ctx context.Context, c *pgconn.PgConn) error {
	direct := fmt.Sprintf("pg_backend_pid() = %d", c.PID())
	results, err := c.Exec(ctx, "SELECT "+direct+", pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', CASE WHEN "+
		direct+" THEN "+l.set(false)+" END").ReadAll()
	if err != nil {
		return err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) != 3 {
		return errors.New("the database does not answer like PostgreSQL")
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

// set is an expression that makes the settings, for the transaction or for as long as the connection lives.
func (l *postgresLink) set(transaction bool) string {
	parts := make([]string, 0, len(l.settings))
	for _, name := range slices.Sorted(maps.Keys(l.settings)) {
		parts = append(parts, fmt.Sprintf("set_config('%s', '%s', %t)", name, strings.ReplaceAll(l.settings[name], "'", "''"), transaction))
	}
	return strings.Join(parts, " || ")
}

// greeting is what goes before the statements of a transaction through a pooler: it makes the settings and answers
// whether this is a standby.
func (l *postgresLink) greeting() string {
	return "SELECT pg_is_in_recovery() FROM (SELECT " + l.set(true) + ") settings"
}

// migratePostgres holds the lock in a transaction, which ends with the program whatever happens, also where a pooler keeps
// the connection.
func migratePostgres(ctx context.Context, guard *pgx.Conn, cfg *pgx.ConnConfig, link *postgresLink, s Schemas) error {
	if _, err := guard.Exec(ctx, "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '"+migrationWait+"'"); err != nil {
		return err
	}
	if _, err := guard.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", int64(migrationLock))); err != nil {
		return fmt.Errorf("wait for another program that migrates (pg_locks says who holds the advisory lock): %w", err)
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionBeforeConnect(link.choose), stdlib.OptionAfterConnect(link.unbound))
	defer func() { _ = db.Close() }()
	if err := prepare(ctx, db, &postgresDialect, s); err != nil {
		return err
	}
	_, err := guard.Exec(ctx, "COMMIT")
	return err
}

// snapshotsMove reports whether a snapshot changes with a commit, as memory relies on. It does not on every database that
// speaks PostgreSQL's protocol.
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
