package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Backup copies the database to a new file that only this user may read. The database can be written concurrently: the
// copy is a consistent snapshot with every change that was acknowledged before Backup was called. The file appears
// under its name when it is complete and on disk; an existing file is an error.
func Backup(ctx context.Context, path, to string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return taken(to, err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(to), ".raff-backup-") // accessible only by the owner
	if err != nil {
		return fmt.Errorf("create a temporary directory for the backup: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // leftovers are recognizable by their name
	part := filepath.Join(dir, "raff.db")
	if err := copyFile(ctx, path, part); err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	if err := checkCopy(ctx, part); err != nil {
		return fmt.Errorf("check the copy of %s: %w", path, err)
	}
	// Unlike a rename, a hard link never replaces an existing file; but not every file system supports hard links.
	if err = os.Link(part, to); err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(part, to)
	}
	if err != nil {
		return taken(to, err)
	}
	return syncDir(filepath.Dir(to))
}

// taken returns the error for a name that cannot be used; nil means that a file with this name exists.
func taken(to string, err error) error {
	if err == nil || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s already exists; choose another name, so that no backup is overwritten", to)
	}
	return fmt.Errorf("write the backup: %w", err)
}

// copyFile writes the file with VACUUM: the contents of one read transaction, without free pages.
func copyFile(ctx context.Context, from, to string) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_RDWR, private)
	if err != nil {
		return err
	}
	defer f.Close()                          //nolint:errcheck // already synced
	if err := f.Chmod(private); err != nil { // the umask may have removed the owner's permissions
		return err
	}
	c, err := openConn(from, "synchronous = FULL")
	if err != nil {
		return err
	}
	defer c.close()
	defer c.interruptWhenDone(ctx)()
	if _, err := c.exec("VACUUM INTO $1", []any{to}); err != nil {
		return err
	}
	return f.Sync()
}

// checkCopy reads the whole copy, so that a bad backup is detected when it is created, not when it is needed.
func checkCopy(ctx context.Context, path string) error {
	c, err := openConn(path, "query_only = 1")
	if err != nil {
		return err
	}
	defer c.close()
	defer c.interruptWhenDone(ctx)()
	rs, err := c.query("PRAGMA integrity_check", nil)
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() {
		if found := string(rs.bytes(0)); found != "ok" {
			return errors.New(found)
		}
	}
	return rs.err
}

// interruptWhenDone ends the connection's statement when ctx does. stop is called before the connection is closed.
func (c *conn) interruptWhenDone(ctx context.Context) (stop func()) {
	over := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(over)
		tls := libc.NewTLS() // c.tls is busy
		defer tls.Close()
		sqlite3.Xsqlite3_interrupt(tls, c.db)
	})
	return func() {
		if !cancel() {
			<-over
		}
	}
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // opened for reading only
	return d.Sync()
}
