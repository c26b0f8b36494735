package engine

import (
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Dialect holds what differs between the databases in query texts and migrations. All other SQL is the same for both.
type Dialect struct {
	Goose      goose.Dialect
	System     string // OpenTelemetry name
	Migrations fs.FS  // the files of the schema, in the directory migrations
	// HasVersions checks whether the table of applied migrations exists.
	HasVersions string
	// Now is an expression for the database's own time, in microseconds since 1970.
	Now string
	// ManyPages lets the connection keep many changed pages in memory, for a transaction that changes them repeatedly;
	// FewPages restores the default. Empty means that there is no such setting.
	ManyPages, FewPages string
	// By is a format that follows a table in FROM and names the index to read it with; empty if the database chooses well.
	By string
	// Seek means that the database may prefer the index of ids of a whole table to the index of a list.
	Seek bool
	// WordOf is a format that makes an id column comparable with a column that has either an id or a word.
	WordOf string
	// SkipLocked is appended to a SELECT whose rows will be changed, and skips rows that another node is changing.
	SkipLocked string
	// MergeSeals are the statements that merge the seals of the account $1 from $2 to $3. On PostgreSQL a function does it,
	// because the role that serves may not change seals.
	MergeSeals []string
	// SetCheckpoint replaces the checkpoint of an audit log; its parameters are the columns. RemoveExpiredEvents removes up to $2
	// events of the account $1 that are before it, and RemoveExpiredRest what belonged to them. On PostgreSQL they are functions
	// that check the retention, because the role that serves may not delete events.
	SetCheckpoint, RemoveExpiredEvents string
	RemoveExpiredRest                  []string
	// ExtendEvents prepares the table of events for $1 more months, and returns until when it is prepared, in microseconds since 1970.
	// EventsExtended returns that time only. DropExpiredEvents removes parts of the table that nothing keeps. Empty if the table has no
	// parts.
	ExtendEvents, EventsExtended, DropExpiredEvents string
	// RemoveLog are the statements that remove up to $2 rows of each kind of the log of the account $1, which is being removed. On
	// PostgreSQL a function does it, after checks. RemoveRest are those that remove the counters of the account $1 and its projects, and
	// what else differs.
	RemoveLog, RemoveRest []string
	// EraseEvent replaces texts of an event, and ForgetSecret a secret of a log, with functions that check what the role that serves may
	// do; empty where it may change events.
	EraseEvent, ForgetSecret string
	// AnnounceRetention sets for how many days $2 the log of the account $1 is kept, and returns when it takes effect, and ApplyRetention puts
	// it into effect, with functions that check it; empty where the role that serves may change the retention.
	AnnounceRetention, ApplyRetention string
	// SearchPeople is a table function of an account and a pattern, which returns the memberships of the people of the account that match;
	// see store.indexed for the patterns. PrepareSearch creates its index, or returns why it cannot. Empty if there is none.
	SearchPeople, PrepareSearch string
	// Keep is appended to a SELECT, followed by the name of a table, and locks its row against deletion until the commit.
	// It is empty for SQLite, which has one writer.
	Keep string
}

// Hold returns Keep followed by the name of a table.
func (d *Dialect) Hold(table string) string {
	if d.Keep == "" {
		return ""
	}
	return d.Keep + table
}

// files returns the migrations of this database.
func (d *Dialect) files() (fs.FS, error) { return fs.Sub(d.Migrations, "migrations") }
