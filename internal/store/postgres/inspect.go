package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"raff/internal/store/engine"
)

// Inspect looks for mistakes in the settings of the server and of the connection, and in the privileges of the role.
func Inspect(ctx context.Context, database string) (found engine.Condition, err error) {
	cfg, err := parse(database)
	if err != nil {
		return found, err
	}
	l, err := newLink(cfg, database)
	if err != nil {
		return found, err
	}
	c, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err != nil {
		return found, err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	found.About = l.about(c.PgConn())
	add := func(severe bool, message, advice string) {
		found.Remarks = append(found.Remarks, engine.Remark{Severe: severe, Message: message, Advice: advice})
	}
	if err := tooOld(c.PgConn().ParameterStatus("server_version")); err != nil {
		add(true, err.Error(), "move the database to a supported version")
		return found, nil
	}
	if reason := unfit(ctx, c); reason != "" {
		add(false, "reads are not cached, so every request reads all its rows from the database: "+reason, "use PostgreSQL itself if you need faster reads")
	}
	if host := unprotected(database, cfg.ConnConfig); host != "" {
		add(false, "the connection to "+host+" does not verify the server's certificate", "add sslmode=verify-full (and sslrootcert=FILE for a CA of your own) to the database URL")
	}
	s, err := readSetup(ctx, c)
	if err != nil {
		return found, err
	}
	s.remarks(add, int(cfg.MaxConns), l.pooled.Load())
	return found, nil
}

// unprotected returns a host of the URL to which the connection could be intercepted, or "".
func unprotected(database string, cfg *pgx.ConnConfig) string {
	if u, err := url.Parse(database); err != nil || u.Query().Get("sslmode") == "verify-full" {
		return ""
	}
	hosts := []string{cfg.Host}
	for _, f := range cfg.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); !strings.HasPrefix(h, "/") && h != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return h
		}
	}
	return ""
}

// setup is how the server is set up for the role of the connection.
type setup struct {
	encoding, fsync, commit, role string
	connections                   int
	super, owner, searchable      bool
	unreadable                    []string // tables without the privilege to read them
}

func readSetup(ctx context.Context, c *pgx.Conn) (s setup, err error) {
	const query = `SELECT current_setting('server_encoding'), current_setting('fsync'), current_setting('synchronous_commit'), current_user::text,
		current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
		(SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
		EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tableowner = current_user),
		to_regclass('memberships') IS NULL OR to_regclass('memberships_search') IS NOT NULL,
		ARRAY(SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace
			AND NOT has_table_privilege(oid, 'SELECT') ORDER BY relname)`
	err = c.QueryRow(ctx, query, pgx.QueryExecModeSimpleProtocol).Scan(&s.encoding, &s.fsync, &s.commit, &s.role, &s.connections, &s.super, &s.owner, &s.searchable, &s.unreadable)
	if err != nil {
		err = errors.Join(errors.New("the settings of the database cannot be read"), err)
	}
	return s, err
}

func (s setup) remarks(add func(severe bool, message, advice string), connections int, pooled bool) {
	if s.encoding != "UTF8" {
		add(true, "the database has the encoding "+s.encoding, "create it with ENCODING 'UTF8' TEMPLATE template0, and move the data")
	}
	if s.fsync != "on" {
		add(true, "fsync is off: a crash of the machine can lose confirmed changes, or corrupt the whole database", "set fsync = on in postgresql.conf")
	}
	if s.commit == "off" {
		add(true, "synchronous_commit is off: a crash can lose confirmed changes", "set synchronous_commit = on, for the server or with ALTER ROLE "+pgx.Identifier{s.role}.Sanitize())
	}
	if !pooled && connections > s.connections {
		add(true, fmt.Sprintf("a node opens up to %d connections, but the database allows %d in total", connections, s.connections),
			"set pool_max_conns in the database URL so that the sum of all nodes fits, or raise max_connections")
	}
	if s.super {
		add(false, "the server connects as a superuser, "+s.role, "use a separate role with few privileges (docs/operations.md, Two roles on PostgreSQL)")
	}
	if !s.searchable {
		add(false, "searches read all names of an account, because the index memberships_search is missing",
			"let a superuser run CREATE EXTENSION pg_trgm and CREATE EXTENSION btree_gin in the database, and then run raffd migrate")
	}
	if n := len(s.unreadable); n > 0 {
		add(true, fmt.Sprintf("the role %s cannot read %d tables, such as %s", s.role, n, s.unreadable[0]),
			"run raffd migrate --grant "+s.role+" with the role that owns the tables")
	}
}
