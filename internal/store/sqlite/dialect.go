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
	ManyPages:   "PRAGMA cache_size = -131072",
	FewPages:    "PRAGMA cache_size = -2000",
}
