package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrLogInUse says that the write-ahead log could not be emptied, because another connection is reading or writing. Trying again helps.
var ErrLogInUse = errors.New("the -wal file is in use")

// truncatePatience is how long EmptyLog waits for readers. No change can begin in the meantime.
const truncatePatience = 500 * time.Millisecond

// EmptyLog copies everything from the write-ahead log to the file, and truncates the log, so that it has no earlier versions of pages.
func EmptyLog(ctx context.Context, path string) error {
	c, err := openConn(path, fmt.Sprint("busy_timeout = ", truncatePatience.Milliseconds()))
	if err != nil {
		return err
	}
	defer c.close()
	defer c.interruptWhenDone(ctx)()
	return c.emptyLog()
}

func (c *conn) emptyLog() error {
	rs, err := c.query("PRAGMA wal_checkpoint(TRUNCATE)", nil)
	if err != nil {
		return err
	}
	defer rs.Close()
	if !rs.Next() {
		return rs.err
	}
	if rs.int(0) != 0 {
		return ErrLogInUse
	}
	return nil
}

// Vacuum writes the file anew, so that it has nothing left of what was removed, not even in unused parts of pages, and empties the
// write-ahead log. No change can be made in the meantime.
func Vacuum(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	c, err := openConn(path, "secure_delete = 1", "synchronous = FULL")
	if err != nil {
		return err
	}
	defer c.close()
	defer c.interruptWhenDone(ctx)()
	if _, err := c.exec("VACUUM", nil); err != nil {
		return fmt.Errorf("rewrite %s: %w", path, err)
	}
	if err := c.emptyLog(); err != nil {
		return fmt.Errorf("the file was rewritten, but its write-ahead log was not emptied; run this again: %w", err)
	}
	return nil
}
