package store

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteConn is a connection with its prepared statements, used by one goroutine at a time. It calls the SQLite library
// directly instead of through the driver of modernc.org/sqlite: the driver locks a mutex for every column of every row
// and queries the names and declared types of all columns, which makes a read by key take three times as long.
type sqliteConn struct {
	tls   *libc.TLS
	db    uintptr
	out   uintptr // where the library writes the pointers it returns
	stmts map[string]*sqliteStmt

	version int64 // data version of the database when the memory was filled
	memory  map[memoryKey]any
	failed  error // the error that made the connection unusable
	pinned  bool  // a request holds the connection until it ends
	looked  bool  // the pinned request has compared the version
}

// sqliteStmt is a prepared statement. Its arguments are copied to mem and stay there until the next execution.
type sqliteStmt struct {
	handle  uintptr
	columns int
	mem     uintptr
	size    int
}

const (
	// maxStatements is the maximum number of prepared statements per connection; lists with filters have many texts.
	maxStatements = 256
	// busyTimeout is how long SQLite waits for the lock of another program.
	busyTimeout = 5 * time.Second
)

// sqliteFailure is an error of SQLite with its extended result code.
type sqliteFailure struct {
	code    int32
	message string
}

func (e *sqliteFailure) Error() string { return fmt.Sprintf("SQLite: %s (%d)", e.message, e.code) }

// memory returns n bytes at p that the library owns.
func memory(p uintptr, n int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n) //nolint:gosec // memory of the library, not managed by Go
}

// pointer returns the pointer that the library wrote to c.out.
func (c *sqliteConn) pointer() uintptr {
	return **(**uintptr)(unsafe.Pointer(&c.out)) //nolint:gosec // memory of the library, not managed by Go
}

func (c *sqliteConn) malloc(n int) (uintptr, error) {
	p := libc.Xmalloc(c.tls, types.Size_t(n)) //nolint:gosec // a length
	if p == 0 {
		return 0, &sqliteFailure{sqlite3.SQLITE_NOMEM, "out of memory"}
	}
	return p, nil
}

func (c *sqliteConn) failure() error {
	return &sqliteFailure{sqlite3.Xsqlite3_extended_errcode(c.tls, c.db), libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

// openSQLiteConn opens the file and runs the pragmas. Only one goroutine uses the connection, so it needs no mutex.
func openSQLiteConn(path string, pragmas ...string) (_ *sqliteConn, err error) {
	c := &sqliteConn{tls: libc.NewTLS(), stmts: map[string]*sqliteStmt{}, memory: map[memoryKey]any{}}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.out, err = c.malloc(int(unsafe.Sizeof(c.out))); err != nil {
		return nil, err
	}
	name, err := libc.CString(path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.out, sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_NOMUTEX, 0)
	c.db = c.pointer()
	if rc != sqlite3.SQLITE_OK {
		return nil, &sqliteFailure{rc, "open " + path}
	}
	sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, int32(busyTimeout/time.Millisecond))
	for _, p := range pragmas {
		if _, err := c.exec("PRAGMA "+p, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
	}
	return c, nil
}

// prepare returns the prepared statement for query, with its arguments bound.
func (c *sqliteConn) prepare(query string, args []any) (*sqliteStmt, error) {
	s, ok := c.stmts[query]
	if !ok {
		if len(c.stmts) >= maxStatements {
			c.forget()
		}
		// For SQLite, $1 is a name, numbered by its first use in the text; ?1 is the first argument.
		text, err := libc.CString(strings.ReplaceAll(query, "$", "?"))
		if err != nil {
			return nil, err
		}
		rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, sqlite3.SQLITE_PREPARE_PERSISTENT, c.out, 0)
		libc.Xfree(c.tls, text)
		if rc != sqlite3.SQLITE_OK {
			return nil, fmt.Errorf("prepare %q: %w", query, c.failure())
		}
		s = &sqliteStmt{handle: c.pointer()}
		s.columns = int(sqlite3.Xsqlite3_column_count(c.tls, s.handle))
		c.stmts[query] = s
	}
	if n := int(sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.handle)); n != len(args) {
		return nil, fmt.Errorf("%d arguments instead of %d for %q", len(args), n, query)
	}
	return s, c.bind(s, args)
}

func (c *sqliteConn) bind(s *sqliteStmt, args []any) error {
	need := 1 // an empty string also needs an address
	for _, a := range args {
		switch v := a.(type) {
		case string:
			need += len(v)
		case []byte:
			need += len(v)
		}
	}
	if need > s.size {
		libc.Xfree(c.tls, s.mem)
		s.mem, s.size = 0, 0
		var err error
		if s.mem, err = c.malloc(2 * need); err != nil {
			return err
		}
		s.size = 2 * need
	}
	free := s.mem
	for i, a := range args {
		n := int32(i + 1)
		var rc int32
		switch v := a.(type) {
		case nil:
			rc = sqlite3.Xsqlite3_bind_null(c.tls, s.handle, n)
		case int64:
			rc = sqlite3.Xsqlite3_bind_int64(c.tls, s.handle, n, v)
		case bool:
			one := int64(0)
			if v {
				one = 1
			}
			rc = sqlite3.Xsqlite3_bind_int64(c.tls, s.handle, n, one)
		case string:
			copy(memory(free, len(v)), v)
			rc = sqlite3.Xsqlite3_bind_text(c.tls, s.handle, n, free, int32(len(v)), 0) //nolint:gosec // far below 2 GiB
			free += uintptr(len(v))
		case []byte:
			copy(memory(free, len(v)), v)
			rc = sqlite3.Xsqlite3_bind_blob(c.tls, s.handle, n, free, int32(len(v)), 0) //nolint:gosec // far below 2 GiB
			free += uintptr(len(v))
		default:
			return fmt.Errorf("argument %d has type %T", n, a)
		}
		if rc != sqlite3.SQLITE_OK {
			return c.failure()
		}
	}
	return nil
}

// step advances the statement to its next row; false means that there are no more rows.
func (c *sqliteConn) step(s *sqliteStmt) (bool, error) {
	switch sqlite3.Xsqlite3_step(c.tls, s.handle) {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	}
	return false, c.failure()
}

// exec runs a statement to its end and returns the number of rows it wrote.
func (c *sqliteConn) exec(query string, args []any) (int64, error) {
	s, err := c.prepare(query, args)
	if err != nil {
		return 0, err
	}
	more := true
	for more && err == nil {
		more, err = c.step(s)
	}
	sqlite3.Xsqlite3_reset(c.tls, s.handle) // returns the error of the last step again
	return int64(sqlite3.Xsqlite3_changes(c.tls, c.db)), err
}

func (c *sqliteConn) query(query string, args []any) (*sqliteRows, error) {
	s, err := c.prepare(query, args)
	if err != nil {
		return nil, err
	}
	return &sqliteRows{c: c, s: s}, nil
}

func (c *sqliteConn) forget() {
	for q, s := range c.stmts {
		sqlite3.Xsqlite3_finalize(c.tls, s.handle)
		libc.Xfree(c.tls, s.mem)
		delete(c.stmts, q)
	}
}

// close closes the connection and frees its memory. Uncommitted changes are lost.
func (c *sqliteConn) close() {
	c.forget()
	sqlite3.Xsqlite3_close_v2(c.tls, c.db)
	libc.Xfree(c.tls, c.out)
	c.tls.Close()
}

// sqliteRows is the result of one query.
type sqliteRows struct {
	c    *sqliteConn
	s    *sqliteStmt
	err  error
	done func(error) // releases the connection, with the error if there was one
}

func (r *sqliteRows) Next() bool {
	if r.err != nil {
		return false
	}
	var more bool
	more, r.err = r.c.step(r.s)
	return more
}

// Scan reads each column directly into its field, without the allocations of driver.Value.
func (r *sqliteRows) Scan(dest ...any) error {
	if len(dest) != r.s.columns {
		return fmt.Errorf("%d columns for %d fields", r.s.columns, len(dest))
	}
	for i, d := range dest {
		switch d := d.(type) {
		case *text:
			d.set(r.bytes(i))
		case *blob:
			*d = append([]byte(nil), r.bytes(i)...)
		case *number:
			*d = number(r.int(i))
		case *flag:
			*d = r.int(i) != 0
		case *stamp:
			*d = stampOf(r.int(i))
		case *permissions:
			d.text.set(r.bytes(i))
			d.decode()
		default:
			return fmt.Errorf("column %d: no way to read a %T", i+1, d)
		}
	}
	return nil
}

func (r *sqliteRows) int(i int) int64 {
	return sqlite3.Xsqlite3_column_int64(r.c.tls, r.s.handle, int32(i)) //nolint:gosec // few columns
}

// bytes returns a column's value, which is valid while the row is current; NULL is empty.
func (r *sqliteRows) bytes(i int) []byte {
	p := sqlite3.Xsqlite3_column_blob(r.c.tls, r.s.handle, int32(i)) //nolint:gosec // few columns
	if p == 0 {
		return nil
	}
	return memory(p, int(sqlite3.Xsqlite3_column_bytes(r.c.tls, r.s.handle, int32(i)))) //nolint:gosec // few columns
}

func (r *sqliteRows) Err() error { return sqliteError(r.err) }

func (r *sqliteRows) Close() {
	sqlite3.Xsqlite3_reset(r.c.tls, r.s.handle) // returns the error of the last step again
	if r.done != nil {
		r.done(r.err)
		r.done = nil
	}
}
