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
				COUNT(*) FILTER (WHERE version <> 3 OR note <> '' OR first_seq <> seq) + COUNT(DISTINCT key_id) - 1 + ABS(COUNT(*) - ($3 - $2 + 1)) AS unlike
				FROM audit_seals WHERE account_id = $1 AND seq BETWEEN $2 AND $3) a,
				(SELECT from_at, prev FROM audit_seals WHERE account_id = $1 AND seq = $2) f
			WHERE account_id = $1 AND seq = $3 AND a.unlike = 0`,
		`DELETE FROM audit_seals WHERE account_id = $1 AND seq >= $2 AND seq < $3
			AND EXISTS (SELECT 1 FROM audit_seals m WHERE m.account_id = $1 AND m.seq = $3 AND m.first_seq = $2)`,
	},
	SetCheckpoint: `INSERT INTO audit_checkpoints (account_id, seq, until_at, hash, sequence, days, key_id, mac, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (account_id) DO UPDATE SET seq = excluded.seq, until_at = excluded.until_at,
		hash = excluded.hash, sequence = excluded.sequence, days = excluded.days, key_id = excluded.key_id, mac = excluded.mac, created_at = excluded.created_at
		WHERE audit_checkpoints.seq < excluded.seq`,
	RemoveExpiredEvents: `DELETE FROM audit_events WHERE account_id = $1 AND (at, id) IN (SELECT e.at, e.id FROM audit_events e
		WHERE e.account_id = $1 AND e.at < (SELECT c.until_at FROM audit_checkpoints c WHERE c.account_id = $1) ORDER BY e.at, e.id LIMIT $2)`,
	RemoveExpiredRest: []string{
		`DELETE FROM audit_seals WHERE account_id = $1 AND seq < (SELECT c.seq FROM audit_checkpoints c WHERE c.account_id = $1)
			AND until_at <= (SELECT c.until_at FROM audit_checkpoints c WHERE c.account_id = $1)`,
		"DELETE FROM erased_events WHERE account_id = $1 AND at < (SELECT MIN(e.at) FROM audit_events e WHERE e.account_id = $1)",
		"DELETE FROM event_slices WHERE account_id = $1 AND slice < (SELECT MIN(e.at) >> 16 FROM audit_events e WHERE e.account_id = $1)",
	},
	RemoveLog: []string{
		"DELETE FROM audit_events WHERE account_id = $1 AND (at, id) IN (SELECT e.at, e.id FROM audit_events e WHERE e.account_id = $1 ORDER BY e.at, e.id LIMIT $2)",
		`DELETE FROM event_slices WHERE account_id = $1 AND (kind, subject, action, slice) IN (SELECT s.kind, s.subject, s.action, s.slice FROM event_slices s
			WHERE s.account_id = $1 LIMIT $2)`,
		"DELETE FROM erased_events WHERE account_id = $1 AND (at, id) IN (SELECT x.at, x.id FROM erased_events x WHERE x.account_id = $1 LIMIT $2)",
		"DELETE FROM audit_secrets WHERE account_id = $1 AND first IN (SELECT s.first FROM audit_secrets s WHERE s.account_id = $1 LIMIT $2)",
		"DELETE FROM audit_seals WHERE account_id = $1 AND seq IN (SELECT s.seq FROM audit_seals s WHERE s.account_id = $1 ORDER BY s.seq LIMIT $2)",
	},
	RemoveRest: []string{
		"DELETE FROM audit_checkpoints WHERE account_id = $1", "DELETE FROM audit_retention WHERE account_id = $1",
		"DELETE FROM audit_retention_changes WHERE account_id = $1",
		"DELETE FROM counts WHERE scope_id = $1", "DELETE FROM counts WHERE scope_id IN (SELECT p.id FROM projects p WHERE p.account_id = $1)",
	},
	ManyPages: "PRAGMA cache_size = -131072",
	FewPages:  "PRAGMA cache_size = -2000",
}
