package engine

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// step is one migration, in a file NUMBER_NAME.sql. There are three kinds:
//
//   - A file for goose, which runs in one transaction. It must be short: it locks the tables that it changes.
//   - A file for goose with "-- +goose NO TRANSACTION", for CREATE INDEX CONCURRENTLY on PostgreSQL. If it is interrupted,
//     it runs again from its beginning.
//   - A file that begins with "-- +raff batches TABLE (KEY, …)" and has one statement, for a change of many rows while other
//     programs use the table; see batches.
type step struct {
	version    int64
	name, file string
	batches    *batches // nil: goose runs the file
	indexes    []string // indexes that are created concurrently
	alone      bool     // runs outside a transaction
}

var concurrently = regexp.MustCompile(`(?i)CREATE\s+(?:UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(IF\s+NOT\s+EXISTS\s+)?"?(\w+)"?`)

// steps returns all migrations, ordered by version.
func (d *Dialect) steps() ([]step, error) {
	files, err := fs.Glob(d.Migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]step, 0, len(files))
	for _, file := range files { // sorted
		text, err := fs.ReadFile(d.Migrations, file)
		if err != nil {
			return nil, err
		}
		s := step{file: path.Base(file), name: strings.TrimSuffix(path.Base(file), ".sql")}
		number, _, _ := strings.Cut(s.name, "_")
		if s.version, err = strconv.ParseInt(number, 10, 64); err != nil {
			return nil, fmt.Errorf("migration %s: the name must begin with a number", s.file)
		}
		if s.batches, err = parseBatches(string(text)); err != nil {
			return nil, fmt.Errorf("migration %s: %w", s.file, err)
		}
		if s.alone = s.batches == nil && strings.Contains(string(text), "+goose NO TRANSACTION"); s.alone {
			for _, m := range concurrently.FindAllStringSubmatch(string(text), -1) {
				if m[2] == "" || d.Goose == goose.DialectPostgres && m[1] == "" {
					return nil, fmt.Errorf("migration %s: outside a transaction, index %s must be created with IF NOT EXISTS, and CONCURRENTLY on PostgreSQL, so that an interrupted migration can be repeated", s.file, m[3])
				}
				s.indexes = append(s.indexes, m[3])
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// patient lets a step that runs outside a transaction wait for locks as long as it must, until restore is called: CREATE INDEX
// CONCURRENTLY waits for older transactions, such as a dump, but blocks nobody meanwhile, and would have to begin anew.
func (s *step) patient(ctx context.Context, db *sql.DB, d *Dialect) (restore func() error, err error) {
	restore = func() error { return nil }
	if d.Goose != goose.DialectPostgres || !s.alone {
		return restore, nil
	}
	var limit string
	if err := db.QueryRowContext(ctx, "SHOW lock_timeout").Scan(&limit); err != nil {
		return restore, err
	}
	if limit == "0" { // also through a pooler, whose connections must not be changed
		return restore, nil
	}
	_, err = db.ExecContext(ctx, "SET lock_timeout = 0")
	return func() error {
		_, err := db.ExecContext(context.WithoutCancel(ctx), "SET lock_timeout = '"+limit+"'")
		return err
	}, err
}

// dropInvalid drops those indexes of the step that an interrupted CREATE INDEX CONCURRENTLY left behind: PostgreSQL never
// uses them, and IF NOT EXISTS would keep them.
func (s *step) dropInvalid(ctx context.Context, db *sql.DB, d *Dialect) error {
	if d.Goose != goose.DialectPostgres {
		return nil
	}
	for _, name := range s.indexes {
		var invalid bool
		err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid)", name).Scan(&invalid)
		if err == nil && invalid {
			_, err = db.ExecContext(ctx, `DROP INDEX CONCURRENTLY IF EXISTS "`+name+`"`)
		}
		if err != nil {
			return fmt.Errorf("drop the invalid index %s: %w", name, err)
		}
	}
	return nil
}

// plan compares the migrations with those that were applied to a database.
type plan struct {
	steps   []step // all of this program
	pending []step
	newest  int64 // newest applied one; 0 for an empty database
	empty   bool
	unknown int64 // an applied one that this program does not have; 0: none
}

// plan reads what was applied to the database. It changes nothing.
func (d *Dialect) plan(ctx context.Context, db *sql.DB) (p plan, err error) {
	if p.steps, err = d.steps(); err != nil {
		return p, err
	}
	ran, err := versions(ctx, db, d)
	if err != nil {
		return p, fmt.Errorf("read schema version: %w", err)
	}
	p.empty = len(ran) == 0
	known := map[int64]bool{}
	for _, s := range p.steps {
		known[s.version] = true
		if !ran[s.version] {
			p.pending = append(p.pending, s)
		}
	}
	for v, applied := range ran {
		if applied {
			p.newest = max(p.newest, v)
		}
		if !known[v] {
			p.unknown = max(p.unknown, v)
		}
	}
	return p, nil
}

// refusal returns why this program must not migrate the database, or nil.
func (p *plan) refusal(knows int64) error {
	switch {
	case p.newest > knows:
		return fmt.Errorf("the database has schema version %d, this program knows versions up to %d: start the newer program, or restore a backup that this one made", p.newest, knows)
	case p.unknown != 0:
		return fmt.Errorf("the database was created by another program: it has schema version %d, which this one does not know: start the program that created it, or use another database", p.unknown)
	}
	return nil
}

// mismatch returns why this program cannot use the database without migrating it, or nil.
func (p *plan) mismatch(knows int64) error {
	switch {
	case p.empty:
		return errEmpty
	case p.newest > knows:
		return fmt.Errorf("the database has schema version %d, this program knows versions up to %d: use the newer program", p.newest, knows)
	case len(p.pending) > 0:
		return fmt.Errorf("the database has schema version %d, this program needs %d: use the program that serves it, or bring it up to date with raffd migrate", p.newest, knows)
	}
	return nil
}
