package postgres

import (
	"embed"

	"github.com/pressly/goose/v3"

	"raff/internal/store/engine"
)

//go:embed migrations
var migrations embed.FS

// Dialect is the SQL of PostgreSQL.
var Dialect = engine.Dialect{
	Goose:               goose.DialectPostgres,
	Seek:                true,
	System:              "postgresql",
	Migrations:          migrations,
	HasVersions:         "SELECT to_regclass('goose_db_version') IS NOT NULL",
	Now:                 "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint",
	WordOf:              "CAST(%s AS TEXT)",
	MergeSeals:          []string{"SELECT merge_seals($1, $2, $3)"},
	SetCheckpoint:       "SELECT set_checkpoint($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	RemoveExpiredEvents: "SELECT remove_expired_events($1, $2)",
	ExtendEvents:        "SELECT extend_events($1)",
	EventsExtended:      "SELECT from_at FROM event_partitions() WHERE to_at IS NULL",
	DropExpiredEvents:   "SELECT drop_expired_events()",
	RemoveExpiredRest:   []string{"SELECT remove_expired_rest($1)"},
	RemoveLog:           []string{"SELECT remove_log($1, $2)"},
	EraseEvent:          "SELECT erase_event($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
	AnnounceRetention:   "SELECT announce_retention($1, $2)",
	ApplyRetention:      "SELECT apply_retention($1)",
	ForgetSecret:        "SELECT forget_secret($1, $2, $3)",
	RemoveRest: []string{
		"DELETE FROM member_counts WHERE scope_id IN (SELECT p.id FROM projects p WHERE p.account_id = $1)", "DELETE FROM member_counts WHERE scope_id = $1",
		"DELETE FROM account_counts WHERE account_id = $1", "DELETE FROM role_counts WHERE account_id = $1",
	},
	SearchPeople:  "search_people(?, ?)",
	PrepareSearch: "SELECT prepare_search()",
	SkipLocked:    " FOR UPDATE SKIP LOCKED",
	Keep:          " FOR KEY SHARE OF ",
}
