package server

import (
	"context"

	"raff/internal/store"
)

// ErrUsePgVacuum is the error of Vacuum for a PostgreSQL database.
var ErrUsePgVacuum = store.ErrUsePgVacuum

// Vacuum rewrites the SQLite database at this URL; see store.Vacuum.
func Vacuum(ctx context.Context, database string) error { return store.Vacuum(ctx, database) }

// ErrUsePgDump is the error of Backup for a PostgreSQL database.
var ErrUsePgDump = store.ErrUsePgDump

// Backup copies the SQLite database at this URL to a new file while servers use it; see store.Backup.
func Backup(ctx context.Context, database, to string) error { return store.Backup(ctx, database, to) }
