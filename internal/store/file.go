package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// private is the mode of files that hold hashes of passwords and secrets of authenticator apps.
const private = 0o600

// making keeps a file that is being made from being opened: to close any handle of a file gives up all locks that the
// process has on it.
var making sync.Mutex

// protect makes the SQLite file, where it is missing, so that nobody but its owner may read it from its first moment,
// whatever the umask; SQLite gives the files beside it the same mode. Files that others may read are taken from them, and
// told of.
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
		return errors.Join(f.Chmod(private), f.Close()) // the umask may have taken the owner's own rights
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		info, err := os.Lstat(path + suffix)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(path+suffix, info.Mode().Perm()&^0o077); err != nil {
			return fmt.Errorf("others may read %s: %w", path+suffix, err)
		}
		tightened(path+suffix, info.Mode().Perm())
	}
	return nil
}

// followed is the file that a chain of symbolic links ends at, also where that does not exist yet.
func followed(path string) (string, error) {
	for range 40 {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // it is no link
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("%s: too many symbolic links", path)
}

var errReplaced = errors.New("the database file was moved, removed or replaced while the server runs: start the server again")

// sameFile reports whether the path still leads to the file that was opened. Connections to a file that was replaced would
// go on reading and writing what nobody will find again.
func sameFile(path string, opened fs.FileInfo) error {
	now, err := os.Stat(path)
	if err != nil || !os.SameFile(now, opened) {
		return errReplaced
	}
	return nil
}
