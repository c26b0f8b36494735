package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// private is the mode of database files, which contain password hashes and the secrets of authenticator apps.
const private = 0o600

// making prevents a file from being opened while it is created: closing any handle of a file releases all locks that
// the process has on it.
var making sync.Mutex

// protect creates the SQLite file if it does not exist, readable only by its owner from the start, regardless of the
// umask. SQLite gives its other files the same mode. If other users can read an existing file, protect restricts its
// mode and calls tightened with the previous one.
func protect(path string, tightened func(file string, was fs.FileMode)) error {
	making.Lock()
	defer making.Unlock()
	path, err := followed(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, private)
	switch {
	case err == nil:
		return errors.Join(f.Chmod(private), f.Close()) // the umask may have removed the owner's permissions
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		info, err := os.Lstat(path + suffix)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(path+suffix, info.Mode().Perm()&^0o077); err != nil {
			return fmt.Errorf("restrict access to %s: %w", path+suffix, err)
		}
		tightened(path+suffix, info.Mode().Perm())
	}
	return nil
}

// followed returns the target of a chain of symbolic links, even if it does not exist yet.
func followed(path string) (string, error) {
	for range 40 {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // not a symbolic link
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("%s: too many symbolic links", path)
}

var errReplaced = errors.New("the database file was moved, removed or replaced while the server runs: start the server again")

// identity tells whether the path of a database still refers to the file that was opened. Connections to a replaced file would
// continue to read and write a file that no longer has a name.
type identity struct {
	path    string
	opened  fs.FileInfo
	checked atomic.Int64 // when the last check for a read was done, as the time since started
}

// recheck is how long reads rely on a check: asking the file system takes longer than reading from memory.
const recheck = 10 * time.Millisecond

var started = time.Now()

func newIdentity(path string) (*identity, error) {
	opened, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &identity{path: path, opened: opened}, nil
}

// check returns errReplaced if the path refers to another file, or to none.
func (i *identity) check() error {
	now, err := os.Stat(i.path)
	if err != nil || !os.SameFile(now, i.opened) {
		return errReplaced
	}
	return nil
}

// checkRead is check for a read, which does not ask the file system again within recheck.
func (i *identity) checkRead() error {
	now := int64(time.Since(started))
	if last := i.checked.Load(); last != 0 && now-last < int64(recheck) {
		return nil
	}
	if err := i.check(); err != nil {
		return err
	}
	i.checked.Store(now)
	return nil
}
