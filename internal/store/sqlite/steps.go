package sqlite

import (
	"sync/atomic"

	sqlite3 "modernc.org/sqlite/lib"
)

// steps counts the steps of queries while CountSteps runs.
var steps atomic.Pointer[atomic.Int64]

// CountSteps returns how many steps of SQLite's virtual machine all queries of this process take while work runs. It is for tests,
// because steps do not depend on the machine or its load, and must not run concurrently with itself.
func CountSteps(work func()) int64 {
	var n atomic.Int64
	steps.Store(&n)
	defer steps.Store(nil)
	work()
	return n.Load()
}

// count adds the steps of a query that ends.
func (c *conn) count(s *stmt) {
	if n := steps.Load(); n != nil {
		n.Add(int64(sqlite3.Xsqlite3_stmt_status(c.tls, s.handle, sqlite3.SQLITE_STMTSTATUS_VM_STEP, 1)))
	}
}
