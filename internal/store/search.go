package store

import (
	"context"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// trigrams returns a table, with the alias m, of the memberships of people of an account whose name or email contains the text, which an
// index of trigrams finds. It returns "" if no such index can find the text.
func (r reader) trigrams(c *condition, accountID, text string) string {
	d := r.q.Dialect()
	if text = team.Folded(text); d.SearchPeople == "" || !indexed(text) {
		return ""
	}
	return c.number(d.SearchPeople, uid(accountID), containing(text)) + " m"
}

// indexed reports whether an index of trigrams can find a text: it needs three letters or digits in a row. In databases with the
// locale C, only ASCII letters count as letters.
func indexed(text string) bool {
	run := 0
	for i := range len(text) {
		if c := text[i]; '0' <= c && c <= '9' || 'a' <= c && c <= 'z' {
			run++
		} else {
			run = 0
		}
		if run == 3 {
			return true
		}
	}
	return false
}

// PrepareSearch creates the index for searches in the names of people, if it is missing and the database has such an index. If it
// cannot be created, such as without the privilege, lacking says why, and searches read all names of an account.
func (d *DB) PrepareSearch(ctx context.Context) (lacking string, err error) {
	statement := d.q.Dialect().PrepareSearch
	if statement == "" {
		return "", nil
	}
	err = d.write(ctx, nil, func(t *tx) error {
		// Creating the index takes as long as there are members.
		if _, err := t.exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		lacking, err = one(ctx, t.q, engine.ScanText, statement)
		return err
	})
	return lacking, err
}
