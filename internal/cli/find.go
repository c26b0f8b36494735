package cli

import (
	"fmt"
	"iter"
	"strings"
)

// pick finds the one row that a person means. names gives what a row is called, the exact name first and then those
// of which the case does not matter; a match by an earlier name beats one by a later. list is the command that shows
// them all.
func pick[T any](rows iter.Seq2[T, error], noun, said, list string, names func(T) []string) (found T, err error) {
	var none T
	var known []string
	best, matches := -1, 0
	for row, err := range rows {
		if err != nil {
			return none, err
		}
		for i, n := range names(row) {
			if i == 0 {
				known = append(known, n)
			}
			if n != said && (i == 0 || !strings.EqualFold(n, said)) {
				continue
			}
			switch {
			case best < 0 || i < best:
				found, best, matches = row, i, 1
			case i == best:
				matches++
			}
			break
		}
	}
	switch matches {
	case 0:
		return none, notFoundError{fmt.Sprintf("There is no %s %q. %s", noun, said, whatThereIs(known, list))}
	case 1:
		return found, nil
	}
	return none, usageError{fmt.Sprintf("%q is the name of %d %ss: give the id of one, from %s.", said, matches, noun, list)}
}

const fewEnough = 20 // names in an error message

func whatThereIs(known []string, list string) string {
	if len(known) == 0 || len(known) > fewEnough {
		return "What there is: " + list
	}
	return "There are: " + strings.Join(known, ", ") + "."
}

// collect is a whole list, or the error that cut it short.
func collect[T any](rows iter.Seq2[T, error]) ([]T, error) {
	return first(0, rows)
}

// first is the beginning of a list; n of 0 is all of it.
func first[T any](n int, rows iter.Seq2[T, error]) ([]T, error) {
	var some []T
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		if some = append(some, r); len(some) == n {
			break
		}
	}
	return some, nil
}
