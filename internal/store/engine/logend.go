package engine

import "time"

// LogEnd is the position in an account's audit log after which a new event must be placed.
type LogEnd struct {
	Seq   int       // number of the last seal that is closed or being closed
	Until time.Time // events must be later than this
}

// LogEndQuery reads the log end of the account $1.
const LogEndQuery = "SELECT closed_seq, closed_until FROM audit_heads WHERE account_id = $1"

// ScanLogEnd reads a row of LogEndQuery.
func ScanLogEnd(s Scanner) (e LogEnd, err error) {
	err = s.Scan((*Number)(&e.Seq), (*Stamp)(&e.Until))
	return e, err
}
