package store

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/team"
)

// DB is a team.Store on one database. It is safe for concurrent use.
type DB struct {
	reader
	engine    engine
	sign      func(*event.Event) error
	observers observers
	written
}

var _ team.Store = (*DB)(nil)

// Option changes how Open opens.
type Option func(*options)

type options struct {
	logger    *slog.Logger
	observers observers
	schema    Schemas
}

// Schemas says what Open may do to the schema.
type Schemas int

const (
	// Migrate creates the database and brings its schema up to date.
	Migrate Schemas = iota
	// Create creates the schema in a database that has none, and opens any other as it is.
	Create
	// AsIs changes nothing: a database that is missing, or whose schema is not that of this program, is an error.
	AsIs
)

// WithSchema says what Open may do to the schema; without it that is Migrate.
func WithSchema(s Schemas) Option { return func(o *options) { o.schema = s } }

// WithLogger tells the logger what the operator should know; without it nobody is told.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.logger = l } }

// Open connects to the database, brings its schema up to date unless WithSchema says otherwise, and returns it ready for
// use. c may be nil until UseCatalog. The URL is
// "sqlite:PATH" or "postgres://USER:PASSWORD@HOST/DATABASE". Several programs may open one database at the same
// time. A schema newer than this program is an error.
func Open(ctx context.Context, url string, c *permission.Catalog, more ...Option) (*DB, error) {
	o := options{logger: slog.New(slog.DiscardHandler)}
	for _, f := range more {
		f(&o)
	}
	e, err := openEngine(ctx, url, o)
	if err != nil {
		return nil, err
	}
	d := &DB{reader: reader{q: e, c: c}, engine: e, observers: o.observers}
	if o.schema == Migrate {
		if err := d.foldNames(ctx); err != nil {
			return nil, errors.Join(err, e.close())
		}
	}
	return d, nil
}

// UseCatalog says which permissions there are. It must be called before anything that has to do with permissions.
func (d *DB) UseCatalog(c *permission.Catalog) { d.c = c }

// Pin lets the reads under the context share one look at the database.
func (d *DB) Pin(ctx context.Context) (pinned context.Context, done func()) { return d.engine.pin(ctx) }

// Update runs fn in one transaction under the lock of the account; see team.Store. A panic in fn rolls back and goes
// on to the caller.
func (d *DB) Update(ctx context.Context, accountID string, lock team.Lock, fn func(team.Tx) error) error {
	return d.write(ctx, []accountLock{{accountID, lock}}, func(t *tx) error { return fn(t) })
}

// Try is Update without the commit. What Update would send with the commit is sent, so that its errors are the same.
func (d *DB) Try(ctx context.Context, accountID string, lock team.Lock, fn func(team.Tx) error) error {
	err := d.write(ctx, []accountLock{{accountID, lock}}, func(t *tx) error {
		if err := fn(t); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "SELECT 1"); err != nil {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

var errTried = errors.New("the change was only tried")

// UpdateAll is Update for what concerns several accounts at once.
func (d *DB) UpdateAll(ctx context.Context, accountIDs []string, lock team.Lock, fn func(team.Tx) error) error {
	locks := make([]accountLock, len(accountIDs))
	for i, id := range accountIDs {
		locks[i] = accountLock{id, lock}
	}
	// Everyone takes the locks in one order, so that nobody waits for someone who waits for them.
	slices.SortFunc(locks, func(a, b accountLock) int { return cmp.Compare(a.key(), b.key()) })
	return d.write(ctx, locks, func(t *tx) error { return fn(t) })
}

// write is Update for what the store does itself; without locks it excludes nobody.
func (d *DB) write(ctx context.Context, locks []accountLock, fn func(*tx) error) error {
	var wrote []event.Ref
	var c *Change
	if len(d.observers) > 0 {
		c = &Change{Began: time.Now(), Database: d.engine.dialect().system, Lock: lockName(locks)}
	}
	err := d.engine.update(ctx, locks, c, func(s session) error {
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

// SignEvents lets sign add a signature to every event that is written from now on.
func (d *DB) SignEvents(sign func(*event.Event) error) { d.sign = sign }

// Ping reports whether the database answers and can be written to.
func (d *DB) Ping(ctx context.Context) error { return d.engine.ping(ctx) }

// Close lets running changes finish and closes the database.
func (d *DB) Close() error { return d.engine.close() }

// tx is team.Tx on the session of one transaction.
type tx struct {
	reader
	s     *gathering
	sign  func(*event.Event) error
	ends  map[string]logEnd // by account
	wrote []event.Ref
}

// exec runs a statement and says how many rows it wrote.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := bind(args); err != nil {
		return 0, err
	}
	return t.s.exec(ctx, query, args)
}

// change runs a statement that must find its row.
func (t *tx) change(ctx context.Context, query string, args ...any) error {
	n, err := t.exec(ctx, query, args...)
	if err == nil && n == 0 {
		err = team.ErrNotFound
	}
	return err
}

// inserted runs an INSERT … ON CONFLICT DO NOTHING and says whether the row was written.
func (t *tx) inserted(ctx context.Context, query string, args ...any) (bool, error) {
	n, err := t.exec(ctx, query, args...)
	return n == 1, err
}

// later runs a statement whose result nobody waits for, at the latest before the commit; see session.
func (t *tx) later(ctx context.Context, query string, args ...any) error {
	if err := bind(args); err != nil {
		return err
	}
	return t.s.later(ctx, query, args)
}
