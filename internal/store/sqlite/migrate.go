package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"time"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"raff/internal/store/engine"
)

// openDriver opens a file with SQLite's database/sql driver.
func openDriver(path, options string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+options)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// migrate also creates the file and turns on its write-ahead log, a setting stored in the file.
func migrate(ctx context.Context, path string, o engine.Options) error {
	options := "?_txlock=immediate&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)"
	if o.Schema != engine.AsIs {
		options += "&_pragma=journal_mode(WAL)"
	}
	db, err := openDriver(path, options+"&_pragma=busy_timeout("+strconv.Itoa(int(busyTimeout/time.Millisecond))+")")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	m := engine.Migrator{
		DB: db, TryLock: func(ctx context.Context) (context.Context, func(bool), bool, error) { return tryLock(ctx, path) },
		Busy: isBusy, Report: o.Progress,
	}
	// Turning on the write-ahead log fails while another program does the same, and then the first query fails.
	for try := 1; ; try++ {
		if err = Dialect.Prepare(ctx, m, o.Schema); err == nil || !isBusy(err) || try == engine.MaxTries {
			return err
		}
	}
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

// isRemoved reports whether a file was removed between opening it and the first write, for which SQLite looks at its mode.
func isRemoved(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_IOERR_FSTAT
}

// lockSuffix is appended to the path of the database to name the file that is locked during migrations. A lock on the
// database itself would end with each transaction. The operating system releases the lock of a program that ends.
const lockSuffix = "-migrating"

// tryLock locks the file beside the database.
func tryLock(ctx context.Context, path string) (held context.Context, unlock func(migrated bool), ok bool, err error) {
	path, err = followed(path)
	if err != nil {
		return nil, nil, false, err
	}
	if err := protect(path+lockSuffix, func(string, fs.FileMode) {}); err != nil {
		return nil, nil, false, err
	}
	db, err := openDriver(path+lockSuffix, "?_txlock=exclusive&_pragma=journal_mode(DELETE)&_pragma=busy_timeout(0)")
	if err != nil {
		return nil, nil, false, err
	}
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil) // the lock must outlast a canceled migration
	if err != nil {
		err = errors.Join(err, db.Close())
		if isBusy(err) || isRemoved(err) {
			return nil, nil, false, nil
		}
		return nil, nil, false, err
	}
	return ctx, func(migrated bool) {
		if migrated { // a program that already has the file open gets the lock, too, but finds nothing to do
			_ = os.Remove(path + lockSuffix)
		}
		_ = tx.Rollback()
		_ = db.Close()
	}, true, nil
}

// Pending returns the names of the migrations that are missing in a file, which it does not change; exists is false if
// there is no file.
func Pending(ctx context.Context, path string) (names []string, exists bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		names, e := Dialect.Files()
		return names, err == nil, e
	}
	if err != nil {
		return nil, false, err
	}
	options := "?mode=ro&_pragma=busy_timeout(" + strconv.Itoa(int(busyTimeout/time.Millisecond)) + ")"
	if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		options += "&immutable=1" // SQLite would create the write-ahead log
	}
	db, err := openDriver(path, options)
	if err != nil {
		return nil, true, err
	}
	defer func() { _ = db.Close() }()
	names, err = Dialect.Pending(ctx, db)
	return names, true, err
}
