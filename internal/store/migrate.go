package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Schema is the version of the schema that this program uses: the number of the last migration.
func Schema() int64 {
	files, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil || len(files) == 0 {
		return 0
	}
	number, _, _ := strings.Cut(path.Base(files[len(files)-1]), "_")
	n, _ := strconv.ParseInt(number, 10, 64) // goose refuses files that do not begin with a number
	return n
}

// migrate brings the schema up to date. The caller makes sure that nobody else migrates the same database now.
func migrate(ctx context.Context, db *sql.DB, d *dialect) error {
	files, err := d.files()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(d.goose, db, files, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if has > knows {
		return fmt.Errorf("the database has schema version %d, this program knows versions up to %d: start the newer program, or restore a backup that this one made", has, knows)
	}
	if has == knows {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate from schema version %d to %d: %w", has, knows, err)
	}
	return nil
}
