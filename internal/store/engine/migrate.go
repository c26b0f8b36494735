package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Schemas says what may be done to the schema when a database is opened.
type Schemas int

const (
	// Migrate creates the database and brings its schema up to date.
	Migrate Schemas = iota
	// Create creates the schema in an empty database, and opens any other database without changing it.
	Create
	// AsIs changes nothing. A missing database, or one with another schema version, is an error.
	AsIs
)

// Schema is the version of the schema: the number of the last migration.
func (d *Dialect) Schema() int64 {
	files, err := fs.Glob(d.Migrations, "migrations/*.sql")
	if err != nil || len(files) == 0 {
		return 0
	}
	number, _, _ := strings.Cut(path.Base(files[len(files)-1]), "_")
	n, _ := strconv.ParseInt(number, 10, 64) // goose refuses files that do not begin with a number
	return n
}

// has reports whether there is a migration with this number.
func (d *Dialect) has(version int64) bool {
	files, err := fs.Glob(d.Migrations, fmt.Sprintf("migrations/%05d_*.sql", version))
	return err == nil && len(files) > 0
}

// versions returns the applied migrations without changing anything: none for a new database.
func versions(ctx context.Context, db *sql.DB, d *Dialect) (map[int64]bool, error) {
	var there bool
	if err := db.QueryRowContext(ctx, d.HasVersions).Scan(&there); err != nil || !there {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT version_id, is_applied FROM goose_db_version ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ran := map[int64]bool{}
	for rows.Next() {
		var version int64
		var applied bool
		if err := rows.Scan(&version, &applied); err != nil {
			return nil, err
		}
		if version > 0 {
			ran[version] = applied
		}
	}
	return ran, rows.Err()
}

// Prepare checks or migrates the schema, as s allows. The caller must hold the migration lock.
func (d *Dialect) Prepare(ctx context.Context, db *sql.DB, s Schemas) error {
	if s == Migrate {
		return migrate(ctx, db, d)
	}
	ran, err := versions(ctx, db, d)
	switch {
	case err != nil:
		return fmt.Errorf("read schema version: %w", err)
	case len(ran) == 0 && s == Create:
		return migrate(ctx, db, d)
	case len(ran) == 0:
		return errors.New("this is not a raff database: check --database (RAFF_DATABASE_URL); raffd migrate creates a new one")
	}
	newest, missing := int64(0), 0
	for v, applied := range ran {
		if applied {
			newest = max(newest, v)
		}
	}
	files, err := d.files()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		if v, err := strconv.ParseInt(number, 10, 64); err != nil || !ran[v] {
			missing++
		}
	}
	switch {
	case newest > d.Schema():
		return fmt.Errorf("the database has schema version %d, this program knows versions up to %d: use the newer program", newest, d.Schema())
	case missing > 0:
		return fmt.Errorf("the database has schema version %d, this program needs %d: use the program that serves it, or bring it up to date with raffd migrate", newest, d.Schema())
	}
	return nil
}

// migrate migrates the schema. The caller must hold the migration lock.
func migrate(ctx context.Context, db *sql.DB, d *Dialect) error {
	files, err := d.files()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(d.Goose, db, files, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
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
	ran, err := versions(ctx, db, d)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	for v := range ran {
		if !d.has(v) {
			return fmt.Errorf("the database was created by another program: it has schema version %d, which this one does not know: start the program that created it, or use another database", v)
		}
	}
	// Not only newer migrations are missing: branches add them in any order.
	if pending, err := p.HasPending(ctx); err != nil || !pending {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate from schema version %d to %d: %w", has, knows, err)
	}
	return nil
}
