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
	"time"

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

var errEmpty = errors.New("this is not a raff database: check --database (RAFF_DATABASE_URL); raffd migrate creates a new one")

// Migrator is how an engine migrates its database.
type Migrator struct {
	// DB has a single connection, so that settings apply to all statements.
	DB *sql.DB
	// TryLock takes the lock that only one program can hold; ok is false if another one has it. The lock is held until
	// unlock is called or the program ends, however it ends; migrated says whether all went well. held is canceled if the
	// lock is lost.
	TryLock func(ctx context.Context) (held context.Context, unlock func(migrated bool), ok bool, err error)
	// Busy reports whether a step failed only because it waited too long for a lock of another program. The step is
	// repeated.
	Busy func(error) bool
	// Report is called whenever there is progress; it may be nil.
	Report func(Progress)
}

// lockEvery is how often a program that waits for another one tries to take the lock. A program that waited inside the
// database would hold a snapshot, for which CREATE INDEX CONCURRENTLY of the other one waits: neither would continue.
const lockEvery = 500 * time.Millisecond

// reportEvery is how often a step that cannot count its rows reports that it still runs.
const reportEvery = time.Second

// Prepare checks or migrates the schema, as s allows.
func (d *Dialect) Prepare(ctx context.Context, m Migrator, s Schemas) error {
	if m.Report == nil {
		m.Report = func(Progress) {}
	}
	p, err := d.plan(ctx, m.DB)
	switch {
	case err != nil:
		return err
	case s == AsIs, s == Create && !p.empty:
		return p.mismatch(d.Schema())
	case p.refusal(d.Schema()) != nil || len(p.pending) == 0:
		return p.refusal(d.Schema())
	}
	held, unlock, err := m.lock(ctx, d)
	if err != nil {
		return err
	}
	defer func() { unlock(err == nil) }()
	if p, err = d.plan(held, m.DB); err == nil { // the program that had the lock may have migrated
		err = p.refusal(d.Schema())
	}
	if err == nil {
		err = d.migrate(held, m, p)
	}
	return err
}

// Pending returns the names of the migrations that Prepare would run on the database, or why it would refuse to. It
// changes nothing.
func (d *Dialect) Pending(ctx context.Context, db *sql.DB) (names []string, err error) {
	p, err := d.plan(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, s := range p.pending {
		names = append(names, s.name)
	}
	return names, p.refusal(d.Schema())
}

// Files returns the names of all migrations.
func (d *Dialect) Files() (names []string, err error) {
	steps, err := d.steps()
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names, err
}

// lock waits until no other program is migrating.
func (m Migrator) lock(ctx context.Context, d *Dialect) (held context.Context, unlock func(migrated bool), err error) {
	for {
		held, unlock, ok, err := m.TryLock(ctx)
		if ok || err != nil {
			return held, unlock, err
		}
		m.Report(d.othersProgress(ctx, m.DB))
		select {
		case <-time.After(lockEvery):
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("wait for another program that migrates the database: %w", context.Cause(ctx))
		}
	}
}

// othersProgress returns how far another program got, if it says so.
func (d *Dialect) othersProgress(ctx context.Context, db *sql.DB) Progress {
	p := Progress{Waiting: true}
	var version int64
	// Without a migration in batches, the table does not exist.
	if err := db.QueryRowContext(ctx, "SELECT version, rows_done, rows_total FROM "+progressName).Scan(&version, &p.Done, &p.Total); err != nil {
		return p
	}
	steps, _ := d.steps() // were read before
	for _, s := range steps {
		if s.version == version {
			p.Step = s.name
		}
	}
	return p
}

// migrate runs the pending migrations. Not only newer ones can be missing: branches add them in any order.
func (d *Dialect) migrate(ctx context.Context, m Migrator, p plan) error {
	if len(p.pending) == 0 {
		return nil
	}
	files, err := d.files()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	var others []string // migrations in batches, which goose must not run
	for _, s := range p.steps {
		if s.batches != nil {
			others = append(others, s.file)
		}
	}
	provider, err := goose.NewProvider(d.Goose, m.DB, files, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true), goose.WithExcludeNames(others))
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if _, err := provider.GetDBVersion(ctx); err != nil { // creates the table of versions
		return fmt.Errorf("read schema version: %w", err)
	}
	for i, s := range p.pending {
		at := Progress{Step: s.name, Number: i + 1, Of: len(p.pending)}
		if err := d.repeat(ctx, m, provider, s, at); err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return fmt.Errorf("migration %s: %w", s.name, err)
		}
		at.Finished = true
		m.Report(at)
	}
	return nil
}

// repeat runs a step until it does not fail because of another program's lock.
func (d *Dialect) repeat(ctx context.Context, m Migrator, provider *goose.Provider, s step, at Progress) error {
	for pause := lockEvery; ; pause = min(2*pause, 10*time.Second) {
		m.Report(at)
		err := d.run(ctx, m, provider, s, at)
		if err == nil || !m.Busy(err) || ctx.Err() != nil {
			return err
		}
		at.Blocked = true
		m.Report(at)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		at.Blocked = false
	}
}

// run runs one step.
func (d *Dialect) run(ctx context.Context, m Migrator, provider *goose.Provider, s step, at Progress) error {
	if s.batches != nil {
		return s.batches.run(ctx, m.DB, s.version, func(done, total int64) {
			at.Done, at.Total = done, total
			m.Report(at)
		})
	}
	restore, err := s.patient(ctx, m.DB, d)
	if err != nil {
		return err
	}
	if err := s.dropInvalid(ctx, m.DB, d); err != nil {
		return errors.Join(err, restore())
	}
	if err := s.apply(ctx, m, provider, at); err != nil {
		return err // the program ends, or repeats the step
	}
	return restore()
}

// apply runs a step with goose.
func (s *step) apply(ctx context.Context, m Migrator, provider *goose.Provider, at Progress) error {
	done := make(chan error, 1)
	began := time.Now()
	go func() {
		_, err := provider.ApplyVersion(ctx, s.version, true)
		done <- err
	}()
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			at.For = time.Since(began)
			m.Report(at)
		}
	}
}
