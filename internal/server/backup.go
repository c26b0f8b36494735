package server

import (
	"context"

	"raff/internal/store"
)

// ErrUsePgDump is the error of Backup for a PostgreSQL database.
var ErrUsePgDump = store.ErrUsePgDump

// Backup copies the SQLite database at this URL to a new file while servers use it; see store.Backup.
func Backup(ctx context.Context, database, to string) error { return store.Backup(ctx, database, to) }
