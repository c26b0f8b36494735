package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"

	"raff/internal/store/engine"
)

// Room on the disk below which Inspect complains, in bytes.
const (
	littleRoom = 1 << 30
	noRoom     = 100 << 20
)

const about = "SQLite " + sqlite3.SQLITE_VERSION

// Inspect looks for mistakes in who can read and write the files of a database, and in where they are.
func Inspect(path string) (found engine.Condition, err error) {
	found.About = about
	if path, err = followed(path); err != nil {
		return found, err
	}
	add := func(severe bool, message, advice string) {
		found.Remarks = append(found.Remarks, engine.Remark{Severe: severe, Message: message, Advice: advice})
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		file := path + suffix
		info, err := os.Lstat(file)
		if errors.Is(err, fs.ErrNotExist) && suffix != "" {
			continue
		}
		if err != nil {
			return found, err
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			add(true, fmt.Sprintf("other users can read %s (mode %04o), which contains password hashes", file, mode), "chmod 600 "+file)
		}
		if !writable(file) {
			add(true, "this user cannot write to "+file, "run raffd doctor as the server's user; if this is that user, change the owner with chown")
		}
	}
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err != nil {
		return found, err
	}
	if !writable(dir) {
		add(true, "this user cannot create files in "+dir+", where SQLite keeps its log", "run raffd doctor as the server's user; if this is that user, change the owner with chown")
	}
	if mode := info.Mode(); mode.Perm()&0o002 != 0 && mode&fs.ModeSticky == 0 {
		add(true, "every user of this machine can replace the files in "+dir, "chmod o-w "+dir)
	}
	checkDisk(path, dir, add)
	return found, nil
}

// checkDisk checks the file system.
func checkDisk(path, dir string, add func(severe bool, message, advice string)) {
	d, ok := diskOf(dir)
	if !ok {
		return
	}
	if d.network != "" {
		add(true, dir+" is on a network file system ("+d.network+"), on which an SQLite file can become corrupt", "move the database to a local disk, or use PostgreSQL")
	}
	var size uint64
	if info, err := os.Stat(path); err == nil {
		size = uint64(info.Size()) //nolint:gosec // not negative
	}
	switch advice := "free some space, or move the database; a backup needs as much space as the database"; {
	case d.free < noRoom:
		add(true, fmt.Sprintf("only %d MB are free in %s: changes fail when the disk is full", d.free>>20, dir), advice)
	case d.free < max(littleRoom, size):
		add(false, fmt.Sprintf("%d MB are free in %s, and the database uses %d MB", d.free>>20, dir, size>>20), advice)
	}
}

// disk is a file system.
type disk struct {
	free    uint64 // bytes that this user can still write
	network string // the kind of a file system on another machine
}
