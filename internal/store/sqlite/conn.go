package sqlite

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"raff/internal/store/engine"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// conn is a connection with its prepared statements, used by one goroutine at a time. It calls the SQLite library
// directly instead of through the driver of modernc.org/sqlite: the driver locks a mutex for every column of every row
// and queries the names and declared types of all columns, which makes a read by key take three times as long.
type conn struct {
	tls   *libc.TLS
	db    uintptr
	out   uintptr // where the library writes the pointers it returns
	stmts map[string]*stmt

	failed  error // the error that made the connection unusable
	touched kinds // what the statements of the transaction may have changed
}

// stmt is a prepared statement. Its arguments are copied to mem and stay there until the next execution.
type stmt struct {
	handle  uintptr
	columns int
	touches kinds
	mem     uintptr
	size    int
}

const (
	// maxStatements is the maximum number of prepared statements per connection; lists with filters have many texts.
	maxStatements = 256
	// busyTimeout is how long SQLite waits for the lock of another program.
	busyTimeout = 5 * time.Second
)

// failure is an error of SQLite with its extended result code.
type failure struct {
	code    int32
	message string
}

func (e *failure) Error() string { return fmt.Sprintf("SQLite: %s (%d)", e.message, e.code) }

// bytesAt returns n bytes at p that the library owns.
func bytesAt(p uintptr, n int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n) //nolint:gosec // memory of the library, not managed by Go
}

// pointer returns the pointer that the library wrote to c.out.
func (c *conn) pointer() uintptr {
	return **(**uintptr)(unsafe.Pointer(&c.out)) //nolint:gosec // memory of the library, not managed by Go
}

func (c *conn) malloc(n int) (uintptr, error) {
	p := libc.Xmalloc(c.tls, types.Size_t(n)) //nolint:gosec // a length
	if p == 0 {
		return 0, &failure{sqlite3.SQLITE_NOMEM, "out of memory"}
	}
	return p, nil
}

func (c *conn) failure() error {
	return &failure{sqlite3.Xsqlite3_extended_errcode(c.tls, c.db), libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

// openConn opens the file and runs the pragmas. Only one goroutine uses the connection, so it needs no mutex.
func openConn(path string, pragmas ...string) (_ *conn, err error) {
	c := &conn{tls: libc.NewTLS(), stmts: map[string]*stmt{}}
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
		return nil, &failure{rc, "open " + path}
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
func (c *conn) prepare(query string, args []any) (*stmt, error) {
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
		s = &stmt{handle: c.pointer()}
		s.columns = int(sqlite3.Xsqlite3_column_count(c.tls, s.handle))
		if sqlite3.Xsqlite3_stmt_readonly(c.tls, s.handle) == 0 {
			s.touches = touchedBy(query)
		}
		c.stmts[query] = s
	}
	if n := int(sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.handle)); n != len(args) {
		return nil, fmt.Errorf("%d arguments instead of %d for %q", len(args), n, query)
	}
	c.touched |= s.touches
	return s, c.bind(s, args)
}

func (c *conn) bind(s *stmt, args []any) error {
	need := 1 // an empty string also needs an address
	for _, a := range args {
		switch v := a.(type) {
		case string:
			need += len(v)
		case []byte:
			need += len(v)
		case engine.UID:
			need += 16
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
			copy(bytesAt(free, len(v)), v)
			rc = sqlite3.Xsqlite3_bind_text(c.tls, s.handle, n, free, int32(len(v)), 0) //nolint:gosec // far below 2 GiB
			free += uintptr(len(v))
		case []byte:
			copy(bytesAt(free, len(v)), v)
			rc = sqlite3.Xsqlite3_bind_blob(c.tls, s.handle, n, free, int32(len(v)), 0) //nolint:gosec // far below 2 GiB
			free += uintptr(len(v))
		case engine.UID:
			v.Put(bytesAt(free, 16))
			rc = sqlite3.Xsqlite3_bind_blob(c.tls, s.handle, n, free, 16, 0)
			free += 16
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
func (c *conn) step(s *stmt) (bool, error) {
	switch sqlite3.Xsqlite3_step(c.tls, s.handle) {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	}
	return false, c.failure()
}

// exec runs a statement to its end and returns the number of rows it wrote.
func (c *conn) exec(query string, args []any) (int64, error) {
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

func (c *conn) query(query string, args []any) (*rows, error) {
	s, err := c.prepare(query, args)
	if err != nil {
		return nil, err
	}
	return &rows{c: c, s: s}, nil
}

func (c *conn) forget() {
	for q, s := range c.stmts {
		sqlite3.Xsqlite3_finalize(c.tls, s.handle)
		libc.Xfree(c.tls, s.mem)
		delete(c.stmts, q)
	}
}

// close closes the connection and frees its memory. Uncommitted changes are lost.
func (c *conn) close() {
	c.forget()
	sqlite3.Xsqlite3_close_v2(c.tls, c.db)
	libc.Xfree(c.tls, c.out)
	c.tls.Close()
}

// rows is the result of one query.
type rows struct {
	c    *conn
	s    *stmt
	err  error
	done func(error) // releases the connection, with the error if there was one
}

func (r *rows) Next() bool {
	if r.err != nil {
		return false
	}
	var more bool
	more, r.err = r.c.step(r.s)
	return more
}

// Scan reads each column directly into its field, without the allocations of driver.Value.
func (r *rows) Scan(dest ...any) error {
	if len(dest) != r.s.columns {
		return fmt.Errorf("%d columns for %d fields", r.s.columns, len(dest))
	}
	for i, d := range dest {
		switch d := d.(type) {
		case *engine.Text:
			d.Set(r.bytes(i))
		case *engine.ID:
			r.id(i, d)
		case *engine.Blob:
			*d = append([]byte(nil), r.bytes(i)...)
		case *engine.Number:
			*d = engine.Number(r.int(i))
		case *engine.Flag:
			*d = r.int(i) != 0
		case *engine.Stamp:
			*d = engine.StampOf(r.int(i))
		case *engine.Permissions:
			d.SetText(r.bytes(i))
		default:
			return fmt.Errorf("column %d: no way to read a %T", i+1, d)
		}
	}
	return nil
}

// id reads a column that has the bytes of an id, or a word.
func (r *rows) id(i int, to *engine.ID) {
	b := r.bytes(i)
	switch {
	case len(b) == 16 && sqlite3.Xsqlite3_column_type(r.c.tls, r.s.handle, int32(i)) == sqlite3.SQLITE_BLOB: //nolint:gosec // few columns
		to.Set(b)
	case engine.UID(b).Valid():
		// An id that someone stored as text, where no filter finds it, must not look like the id: a changed log would verify.
		*to = engine.ID("text " + string(b))
	default:
		(*engine.Text)(to).Set(b)
	}
}

func (r *rows) int(i int) int64 {
	return sqlite3.Xsqlite3_column_int64(r.c.tls, r.s.handle, int32(i)) //nolint:gosec // few columns
}

// bytes returns a column's value, which is valid while the row is current; NULL is empty.
func (r *rows) bytes(i int) []byte {
	p := sqlite3.Xsqlite3_column_blob(r.c.tls, r.s.handle, int32(i)) //nolint:gosec // few columns
	if p == 0 {
		return nil
	}
	return bytesAt(p, int(sqlite3.Xsqlite3_column_bytes(r.c.tls, r.s.handle, int32(i)))) //nolint:gosec // few columns
}

func (r *rows) Err() error { return unavailable(r.err) }

func (r *rows) Close() {
	r.c.count(r.s)
	sqlite3.Xsqlite3_reset(r.c.tls, r.s.handle) // returns the error of the last step again
	if r.done != nil {
		r.done(r.err)
		r.done = nil
	}
}
