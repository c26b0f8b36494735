package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// official matches the version of PostgreSQL itself, for example "PostgreSQL 17.2 (Debian 17.2-1) on x86_64-pc-linux-gnu".
// Other databases that speak its protocol have texts such as "CockroachDB CCL v23.1.11" and "PostgreSQL 11.2-YB-2.19.0.0".
var official = regexp.MustCompile(`^PostgreSQL \d+(\.\d+|beta\d+|rc\d+|devel)?( \([^)]*\))?( on |, compiled by )`)

// oldest is the oldest version of PostgreSQL that is supported and tested.
const oldest = 15

// tooOld returns an error for a version that is not supported, such as "14.9 (Debian 14.9-1)". What does not begin with a number is not
// refused: other databases and poolers have versions of their own.
func tooOld(version string) error {
	if major, err := strconv.Atoi(leadingNumber.FindString(version)); err != nil || major >= oldest {
		return nil //nolint:nilerr // not a number
	}
	return fmt.Errorf("the database is PostgreSQL %s, which is too old: version %d or later is needed", version, oldest)
}

var leadingNumber = regexp.MustCompile(`^\d+`)

// unfit returns why rows must not be remembered on this database, or "". Memory relies on what pg_current_snapshot means on
// PostgreSQL: every commit changes it, and equal snapshots see the same rows.
func unfit(ctx context.Context, c *pgx.Conn) string {
	text := func(query string) (s string, err error) {
		err = c.QueryRow(ctx, query, pgx.QueryExecModeSimpleProtocol).Scan(&s) // also works through a pooler
		return s, err
	}
	version, err := text("SELECT version()")
	switch {
	case err != nil:
		return "its version cannot be read: " + err.Error()
	case !official.MatchString(version):
		return "its version is not known: " + version
	}
	before, err := text("SELECT pg_current_snapshot()::text")
	if err != nil {
		return "it has no snapshots: " + err.Error()
	}
	if _, err := text("SELECT pg_current_xact_id()::text"); err != nil {
		return "it has no transaction ids: " + err.Error()
	}
	if after, err := text("SELECT pg_current_snapshot()::text"); err != nil || after == before {
		return "a commit does not change its snapshot"
	}
	return ""
}
