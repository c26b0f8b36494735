package store

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/store/engine"
	"raff/internal/store/postgres"
	"raff/internal/store/sqlite"
	"raff/internal/team"
)

// DB is one database. The packages of the domain use it through For. It is safe for concurrent use.
type DB struct {
	reader
	engine    engine.Engine
	sign      func(*event.Event) error
	observers engine.Observers
	written
}

// Option configures Open.
type Option func(*options)

type options struct{ engine.Options }

// Schemas says what Open may do to the schema.
type Schemas = engine.Schemas

// What Open may do to the schema.
const (
	Migrate = engine.Migrate
	Create  = engine.Create
	AsIs    = engine.AsIs
)

// WithSchema sets what Open may do to the schema. The default is Migrate.
func WithSchema(s Schemas) Option { return func(o *options) { o.Schema = s } }

// WithLogger sets the logger for warnings to the operator. The default discards them.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.Logger = l } }

// Progress describes what Open is doing while it migrates.
type Progress = engine.Progress

// WithProgress sets a function that Open calls while it migrates the database, or waits for another program that does.
func WithProgress(report func(Progress)) Option { return func(o *options) { o.Progress = report } }

// Open connects to the database and, unless WithSchema says otherwise, brings its schema up to date. The URL is
// "sqlite:PATH" or "postgres://USER:PASSWORD@HOST/DATABASE". If c is nil, UseCatalog must be called before the first
// use of permissions. Several programs may open one database at the same time. A schema newer than this program is an
// error.
func Open(ctx context.Context, url string, c *permission.Catalog, more ...Option) (*DB, error) {
	o := options{engine.Options{Logger: slog.New(slog.DiscardHandler)}}
	for _, f := range more {
		f(&o)
	}
	e, err := openEngine(ctx, url, o.Options)
	if err != nil {
		return nil, err
	}
	d := &DB{reader: reader{q: e, c: c}, engine: e, observers: o.Observers}
	if o.Schema == Migrate {
		if err := d.foldNames(ctx, o.Progress); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return d, nil
}

// openEngine chooses the database by its URL.
func openEngine(ctx context.Context, url string, o engine.Options) (engine.Engine, error) {
	if err := Check(url); err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sqlite.Open(ctx, path, o)
	}
	return postgres.Open(ctx, url, o)
}

// Check returns an error if url cannot be the URL of a database. It does not connect.
func Check(url string) error {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		if rest == "" || strings.HasPrefix(rest, ":memory:") || strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, "///") {
			return errors.New("the database URL cannot be read: after sqlite: comes the path of a file, for example sqlite:/var/lib/raff/raff.db")
		}
		return nil
	case "postgres", "postgresql":
		return postgres.Check(url)
	}
	return errURL
}

// Schema is the version of the schema that this program uses: the number of the last migration.
func Schema() int64 { return sqlite.Dialect.Schema() }

// Pending returns the names of the migrations that Open would run, or why it would refuse the database; exists is false
// if there is no database yet. It changes nothing, and creates no file.
func Pending(ctx context.Context, url string) (names []string, exists bool, err error) {
	if err := Check(url); err != nil {
		return nil, false, err
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sqlite.Pending(ctx, path)
	}
	names, err = postgres.Pending(ctx, url)
	return names, true, err
}

var errURL = errors.New("the database URL cannot be read: use sqlite:PATH or postgres://USER:PASSWORD@HOST:5432/DATABASE")

// Grant gives a role of PostgreSQL the privileges that a server needs; see postgres.Grant.
func Grant(ctx context.Context, url, role string) error {
	if err := Check(url); err != nil {
		return err
	}
	if strings.HasPrefix(url, "sqlite:") {
		return errors.New("only PostgreSQL has roles: use a URL that begins with postgres://")
	}
	return postgres.Grant(ctx, url, role)
}

// Backup copies an SQLite database to a new file; see sqlite.Backup. For a PostgreSQL URL the error is ErrUsePgDump.
func Backup(ctx context.Context, url, to string) error {
	path, err := fileOf(url, ErrUsePgDump)
	if err != nil {
		return err
	}
	return sqlite.Backup(ctx, path, to)
}

// fileOf returns the path of an SQLite database; for a PostgreSQL URL the error is onPostgres.
func fileOf(url string, onPostgres error) (string, error) {
	if err := Check(url); err != nil {
		return "", err
	}
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return "", onPostgres
	}
	return path, nil
}

// Vacuum rewrites an SQLite database; see sqlite.Vacuum. For a PostgreSQL URL the error is ErrUsePgVacuum.
func Vacuum(ctx context.Context, url string) error {
	path, err := fileOf(url, ErrUsePgVacuum)
	if err != nil {
		return err
	}
	return sqlite.Vacuum(ctx, path)
}

// ErrUsePgVacuum refuses to rewrite a PostgreSQL database, which has its own command.
var ErrUsePgVacuum = errors.New("raffd rewrites SQLite files only: on PostgreSQL, use VACUUM")

// EmptyLog removes earlier versions of pages from the write-ahead log of an SQLite database; see sqlite.EmptyLog. It does nothing on PostgreSQL.
func EmptyLog(ctx context.Context, url string) error {
	path, err := fileOf(url, errNoFile)
	if errors.Is(err, errNoFile) {
		return nil
	}
	if err != nil {
		return err
	}
	return sqlite.EmptyLog(ctx, path)
}

var errNoFile = errors.New("the database is not a file")

// ErrUsePgDump refuses to back up a PostgreSQL database, which has its own tools.
var ErrUsePgDump = errors.New(`raffd copies SQLite files only: back up PostgreSQL with its own tools, for example pg_dump --format=custom --file=raff.dump "$RAFF_DATABASE_URL"`)

// UseCatalog sets the catalog of permissions. It must be called before anything that uses permissions.
func (d *DB) UseCatalog(c *permission.Catalog) { d.c = c }

// Pin lets the reads that use the returned context share one check whether the database has changed. done must be called.
func (d *DB) Pin(ctx context.Context) (pinned context.Context, done func()) { return d.engine.Pin(ctx) }

// Snapshot is Pin for a request whose reads all see the database as it was at one moment.
func (d *DB) Snapshot(ctx context.Context) (pinned context.Context, done func()) {
	return d.engine.Snapshot(ctx)
}

// TrySnapshot is Snapshot without a transaction for as long as all rows are remembered; see team.Store.
func (d *DB) TrySnapshot(ctx context.Context) (pinned context.Context, done func()) {
	return d.engine.TrySnapshot(ctx)
}

// write is Update for changes of the store itself. Without locks it runs concurrently with everything else.
func (d *DB) write(ctx context.Context, locks []accountLock, fn func(*tx) error) error {
	var wrote []event.Ref
	var c *engine.Change
	if len(d.observers) > 0 {
		c = &engine.Change{Began: time.Now(), Database: d.engine.Dialect().System, Lock: engine.LockName(locks)}
	}
	err := d.engine.Update(ctx, locks, c, func(s session) error {
		g := &gathering{session: s}
		t := &tx{reader: reader{q: g, c: d.c}, s: g, sign: d.sign}
		err := fn(t)
		if err == nil {
			err = g.flush(ctx)
		}
		wrote = t.wrote
		return err
	})
	if c != nil {
		c.Ended, c.Err = time.Now(), err
		d.observers.Transaction(ctx, *c)
	}
	if err == nil {
		d.add(wrote)
	}
	return err
}

// SignEvents sets the function that adds a signature to every event written from now on.
func (d *DB) SignEvents(sign func(*event.Event) error) { d.sign = sign }

// Ping returns nil if the database responds and accepts writes.
func (d *DB) Ping(ctx context.Context) error { return d.engine.Ping(ctx) }

// Close waits for running changes and closes the database.
func (d *DB) Close() error { return d.engine.Close() }

// tx implements the Tx of every package on the session of one transaction.
type tx struct {
	reader
	s     *gathering
	sign  func(*event.Event) error
	ends  map[string]logEnd // by account
	wrote []event.Ref
}

// exec runs a statement and returns the number of rows it wrote.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := bind(args); err != nil {
		return 0, err
	}
	return t.s.Exec(ctx, query, args)
}

// change runs a statement that must affect at least one row.
func (t *tx) change(ctx context.Context, query string, args ...any) error {
	n, err := t.exec(ctx, query, args...)
	if err == nil && n == 0 {
		err = team.ErrNotFound
	}
	return err
}

// inserted runs an INSERT … ON CONFLICT DO NOTHING and reports whether it wrote the row.
func (t *tx) inserted(ctx context.Context, query string, args ...any) (bool, error) {
	n, err := t.exec(ctx, query, args...)
	return n == 1, err
}

// later runs a statement whose result is not needed, at the latest before the commit; see session.
func (t *tx) later(ctx context.Context, query string, args ...any) error {
	if err := bind(args); err != nil {
		return err
	}
	return t.s.Later(ctx, query, args)
}
