package sqlite

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// version is the header of the WAL index, which SQLite keeps in memory that all programs with the file open share. It
// changes with every commit: SQLite itself compares it to decide whether the pages it has read are still current.
type version [6]uint64

// header is the memory of the header: SQLite writes the second copy first, and reads the first one first. Equal copies
// are therefore complete.
type header [2]version

// commits returns the counter of commits, which wraps around.
func (v *version) commits() uint32 { return uint32(v[1]) } //nolint:gosec // the first half; the second one describes the page size

// versions reads the version of the database without a system call, through a connection of its own that keeps the
// memory mapped.
type versions struct {
	mu     sync.RWMutex // held while at is used
	at     *header
	holder *conn
}

// walRegion is the size of the parts in which SQLite maps the WAL index.
const walRegion = 32 * 1024

// openVersions returns versions that are never known if SQLite does not share its WAL index.
func openVersions(path string) (*versions, error) {
	c, err := openConn(path, "query_only = 1")
	if err != nil {
		return nil, err
	}
	if _, err := c.exec("SELECT count(*) FROM sqlite_schema", nil); err != nil { // opens the WAL index
		c.close()
		return nil, err
	}
	return &versions{at: c.walIndex(), holder: c}, nil
}

// now returns the current version; false means that it cannot be known at the moment.
func (v *versions) now() (version, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var first version
	if v.at == nil {
		return first, false
	}
	for i := range first {
		first[i] = atomic.LoadUint64(&v.at[0][i])
	}
	for i := range first {
		if atomic.LoadUint64(&v.at[1][i]) != first[i] {
			return first, false
		}
	}
	return first, first != version{} // zero before it is initialised
}

func (v *versions) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.at = nil; v.holder != nil {
		v.holder.close()
		v.holder = nil
	}
}

// walIndex returns the memory that begins with the header of the WAL index, or nil. It stays mapped until the connection
// is closed.
func (c *conn) walIndex() *header {
	name, err := libc.CString("main")
	if err != nil {
		return nil
	}
	defer libc.Xfree(c.tls, name)
	if sqlite3.Xsqlite3_file_control(c.tls, c.db, name, sqlite3.SQLITE_FCNTL_FILE_POINTER, c.out) != sqlite3.SQLITE_OK {
		return nil
	}
	file := c.pointer()
	methods := (*(**sqlite3.Tsqlite3_file)(unsafe.Pointer(&file))).FpMethods                                             //nolint:gosec // memory of the library
	shmMap := (*(**sqlite3.Tsqlite3_io_methods)(unsafe.Pointer(&methods))).FxShmMap                                      //nolint:gosec // memory of the library
	call := *(*func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32)(unsafe.Pointer(&struct{ uintptr }{shmMap})) //nolint:gosec // how the library calls functions
	if call(c.tls, file, 0, walRegion, 0, c.out) != sqlite3.SQLITE_OK {
		return nil
	}
	region := c.pointer()
	return *(**header)(unsafe.Pointer(&region)) //nolint:gosec // memory of the library
}
