package sqlite

import (
	"embed"

	"github.com/pressly/goose/v3"

	"raff/internal/store/engine"
)

//go:embed migrations
var migrations embed.FS

// Dialect is the SQL of SQLite.
var Dialect = engine.Dialect{
	Goose:       goose.DialectSQLite3,
	System:      "sqlite",
	Migrations:  migrations,
	HasVersions: "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'goose_db_version')",
	Now:         "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
	By:          " INDEXED BY %s",
	WordOf:      "%s",
	MergeSeals: []string{
		`UPDATE audit_seals SET first_seq = $2, from_at = f.from_at, prev = f.prev, events = a.events, merged = a.merged
			FROM (SELECT SUM(events) AS events, group_concat((until_at - COALESCE(from_at, 0)) || ',' || events || ',' || (created_at - until_at), ';' ORDER BY seq) AS merged,
				COUNT(*) FILTER (WHERE version <> 2 OR note <> '' OR first_seq <> seq) + COUNT(DISTINCT key_id) - 1 + ABS(COUNT(*) - ($3 - $2 + 1)) AS unlike
				FROM audit_seals WHERE account_id = $1 AND seq BETWEEN $2 AND $3) a,
				(SELECT from_at, prev FROM audit_seals WHERE account_id = $1 AND seq = $2) f
			WHERE account_id = $1 AND seq = $3 AND a.unlike = 0`,
		`DELETE FROM audit_seals WHERE account_id = $1 AND seq >= $2 AND seq < $3
			AND EXISTS (SELECT 1 FROM audit_seals m WHERE m.account_id = $1 AND m.seq = $3 AND m.first_seq = $2)`,
	},
	ManyPages: "PRAGMA cache_size = -131072",
	FewPages:  "PRAGMA cache_size = -2000",
}
