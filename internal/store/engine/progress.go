package engine

import (
	"fmt"
	"strconv"
	"time"
)

// Progress describes what a program that opens a database is doing.
type Progress struct {
	// Step is the name of the migration; empty if it is not known.
	Step string
	// Number counts the steps of this run from 1; Of is how many there are.
	Number, Of int
	// Done and Total are numbers of rows; Total is 0 if the step does not count them.
	Done, Total int64
	// For is how long a step that does not count rows has been running.
	For time.Duration
	// Waiting is true while another program migrates the database.
	Waiting bool
	// Blocked is true while the step waits for others to finish using a table.
	Blocked bool
	// Finished is true when the step is complete.
	Finished bool
}

// String describes the progress in words, for example "migrating: 00002_slugs, 1,200,000 of 2,000,000 rows (step 1 of 3)".
func (p Progress) String() string {
	text := "migrating"
	if p.Waiting {
		text = "waiting for another program that migrates the database"
	}
	if p.Step != "" {
		text += ": " + p.Step
	}
	switch {
	case p.Finished:
		text += ", finished"
	case p.Blocked:
		text += ", waiting for others to finish using the table"
	case p.Total > 0:
		text += ", " + thousands(p.Done) + " of " + thousands(p.Total) + " rows"
	case p.For > 0:
		text += ", running for " + p.For.Round(time.Second).String()
	}
	if p.Of > 1 {
		text += fmt.Sprintf(" (step %d of %d)", p.Number, p.Of)
	}
	return text
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
