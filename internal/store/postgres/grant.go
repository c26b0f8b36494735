package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// restricted are the privileges on the tables whose rows the role that serves must not change or remove. It has SELECT, INSERT, UPDATE
// and DELETE on all others.
var restricted = map[string]string{
	"audit_events":            "SELECT, INSERT, UPDATE (sequence)", // events are numbered after they were written
	"audit_seals":             "SELECT, INSERT",
	"audit_retention":         "SELECT",
	"audit_checkpoints":       "SELECT",
	"audit_retention_changes": "SELECT",
	"event_slices":            "SELECT, INSERT",
	"erased_events":           "SELECT",
	"audit_secrets":           "SELECT, INSERT",
	"goose_db_version":        "SELECT",
}

// functions are those that do for the role what it may not do itself, each after checks of its own.
var functions = []string{"merge_seals", "set_checkpoint", "extend_events", "drop_expired_events", "remove_expired_events", "remove_expired_rest", "remove_log", "erase_event", "forget_secret",
	"announce_retention", "apply_retention"}

// Grant gives a role exactly the privileges that a server needs on the database. The user of url must own its tables. It is repeated
// after each migration, because new tables have no privileges.
func Grant(ctx context.Context, url, role string) error {
	cfg, err := parse(url)
	if err != nil {
		return err
	}
	c, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		statements, err := grants(ctx, tx, role)
		if err != nil {
			return err
		}
		for _, s := range statements {
			if _, err := tx.Exec(ctx, s, pgx.QueryExecModeSimpleProtocol); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
}

func grants(ctx context.Context, tx pgx.Tx, role string) (all []string, err error) {
	var schema string
	var known, owner bool
	err = tx.QueryRow(ctx, "SELECT current_schema(), EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1), "+
		"EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = $1 AND (r.rolsuper OR r.rolname = current_user))", pgx.QueryExecModeExec, role).Scan(&schema, &known, &owner)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return nil, fmt.Errorf("there is no role %q: create it first, for example with CREATE ROLE %s LOGIN", role, pgx.Identifier{role}.Sanitize())
	case owner:
		return nil, fmt.Errorf("the role %q owns the tables or is a superuser, so nothing can be kept from it: use another role to serve", role)
	}
	// Without partitions: the privileges on their table are sufficient, and those on a partition would not be restricted.
	rows, err := tx.Query(ctx, `SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
		AND NOT relispartition AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) ORDER BY relname`, pgx.QueryExecModeExec)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, errors.New("the user of the database URL owns no tables in it: use the role that migrates")
	}
	to := pgx.Identifier{role}.Sanitize()
	all = append(all, "GRANT USAGE ON SCHEMA "+pgx.Identifier{schema}.Sanitize()+" TO "+to)
	for _, table := range tables {
		name := pgx.Identifier{schema, table}.Sanitize()
		privileges, special := restricted[table]
		if !special {
			privileges = "SELECT, INSERT, UPDATE, DELETE"
		}
		all = append(all, "REVOKE ALL ON "+name+" FROM "+to, "GRANT "+privileges+" ON "+name+" TO "+to)
	}
	for _, f := range functions {
		// A database that was restored without its privileges has those that PostgreSQL gives to everybody.
		name := pgx.Identifier{schema, f}.Sanitize()
		all = append(all, "REVOKE ALL ON FUNCTION "+name+" FROM PUBLIC", "GRANT EXECUTE ON FUNCTION "+name+" TO "+to)
	}
	return all, nil
}

// mayNot explains that the role may not migrate.
func mayNot(err error) error {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "42501" {
		return fmt.Errorf("this role may not migrate the database: run raffd migrate with the role that owns its tables: %w", err)
	}
	return err
}
