package store

import (
	"context"
	"strings"

	"raff/internal/store/engine"
	"raff/internal/store/postgres"
	"raff/internal/store/sqlite"
)

// Condition is what Inspect found.
type Condition = engine.Condition

// Inspect looks for mistakes in how a database is set up: its version, settings and privileges, or the files and who can read
// them. It changes nothing, and does not look at the schema. The database must exist.
func Inspect(ctx context.Context, url string) (Condition, error) {
	if err := Check(url); err != nil {
		return Condition{}, err
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sqlite.Inspect(path)
	}
	return postgres.Inspect(ctx, url)
}
