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

	"raff/internal/team"
)

// settings apply to every statement, unless the URL sets them.
var settings = map[string]string{
	// A node that hangs inside a change must not block the others forever.
	"lock_timeout":                        "8s",
	"idle_in_transaction_session_timeout": "30s",
	// A statement that hangs must not occupy its connection forever. The limit is below the default deadline of a request,
	// so that the response says why, and above lock_timeout, so that waiting for a lock is reported as such. Long lists,
	// such as exports, are read in pages, one statement per page; migrations are exempt.
	"statement_timeout": "9s",
	// Plans are made while tables are nearly empty, and kept while they grow. Planning each execution anew
	// (plan_cache_mode=force_custom_plan) would also avoid bad plans, but made reads about 1.6 times as slow
	// (cells kpa and kpb of bench), so the two plans that read whole tables are ruled out instead.
	"enable_seqscan":    "off",
	"enable_bitmapscan": "off", // would read and sort a whole list for one page
	// The statements are short: starting workers takes longer than what they would do.
	"max_parallel_workers_per_gather": "0",
	"jit":                             "off",
}

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
		cfg.MaxConns = int32(max(20, 4*runtime.GOMAXPROCS(0))) //nolint:gosec // small
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

// about names the database system at the other end of a connection.
func (l *link) about(c *pgconn.PgConn) string {
	name := "PostgreSQL " + c.ParameterStatus("server_version")
	if l.pooled.Load() {
		name += " through a pooler"
	}
	return name
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
