package cli

import (
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"raff/api/client"
)

// listing are the flags that shorten a list: --search and --limit.
type listing struct {
	search string
	limit  int // 0 means all
	order  string
}

// addListing adds the flags of a list. in says what --search compares; "" adds no --search. order says which rows are
// shown first. limit is the default of --limit.
func addListing(cmd *cobra.Command, in, order string, limit int) *listing {
	l := &listing{order: order}
	if in != "" {
		cmd.Flags().StringVar(&l.search, "search", "", "only those with this `text` in their "+in+", ignoring case")
		noFiles(cmd, "search")
	}
	cmd.Flags().IntVar(&l.limit, "limit", limit, "show at most this `number` of rows; 0 shows all")
	noFiles(cmd, "limit")
	return l
}

// check refuses values that make no sense.
func (l *listing) check() error {
	if l.limit < 0 {
		return usageError{"--limit must be 1 or more, or 0 to show all."}
	}
	return nil
}

// page are the options for the pages of a list that the server filters: one row more than the limit shows whether there
// are more.
func (l *listing) page() (o client.ListOptions) {
	if l.limit > 0 && l.limit < 1000 {
		o.Limit = l.limit + 1
	}
	return o
}

// finds reports whether one of the texts contains --search.
func (l *listing) finds(texts ...string) bool {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), strings.ToLower(l.search)) {
			return true
		}
	}
	return false
}

// writeListing writes the rows that match, up to the limit, and says if there are more.
func writeListing[T any](a *app, l *listing, rows iter.Seq2[T, error], match func(T) bool, columns []column[T]) error {
	if err := l.check(); err != nil {
		return err
	}
	var some []T
	more := false
	for row, err := range rows {
		if err != nil {
			return err
		}
		if match != nil && !match(row) {
			continue
		}
		if more = l.limit > 0 && len(some) == l.limit; more {
			break
		}
		some = append(some, row)
	}
	if err := writeList(a, some, columns); err != nil {
		return err
	}
	if more {
		a.note("Showing the %s %d; there are more. Use a higher --limit, or --limit 0 to show all.", l.order, l.limit)
	}
	return nil
}
