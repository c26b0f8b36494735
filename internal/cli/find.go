package cli

import (
	"fmt"
	"iter"
	"strings"

	"raff/internal/uuid"
)

// idIn returns the id that an argument is, in lower case; "" if the argument is a name.
func idIn(said string) string {
	if id := strings.ToLower(said); uuid.Valid(id) {
		return id
	}
	return ""
}

// pick finds the row that text names. names returns the names of a row: first the one that is case-sensitive, then
// those that are not. A text that matches two rows, even if it is the slug of one and the name of the other, is refused
// with their ids, because the command may be destructive. list is the command that shows all rows.
func pick[T any](rows iter.Seq2[T, error], noun, said, list string, id func(T) string, names func(T) []string) (found T, err error) {
	var none T
	var known, fitting []string
	for row, err := range rows {
		if err != nil {
			return none, err
		}
		called := names(row)
		known = append(known, called[0])
		for i, n := range called {
			if n == said || i > 0 && strings.EqualFold(n, said) {
				found = row
				fitting = append(fitting, fmt.Sprintf("%s (%s)", id(row), strings.Join(called, ", ")))
				break
			}
		}
	}
	switch n := len(fitting); {
	case n == 0:
		return none, notFoundError{fmt.Sprintf("There is no %s %q. %s", noun, said, whatThereIs(known, list))}
	case n == 1:
		return found, nil
	case n <= fewEnough:
		return none, usageError{fmt.Sprintf("%q matches %d %ss. Pass one of the ids: %s.", said, n, noun, strings.Join(fitting, "; "))}
	}
	return none, usageError{fmt.Sprintf("%q matches %d %ss. Pass an id, from: %s", said, len(fitting), noun, list)}
}

const fewEnough = 20 // names in an error message

func whatThereIs(known []string, list string) string {
	if len(known) == 0 || len(known) > fewEnough {
		return "To list them: " + list
	}
	return "Available: " + strings.Join(known, ", ") + "."
}

// collect reads a whole list, or returns the error that ended it early.
func collect[T any](rows iter.Seq2[T, error]) ([]T, error) {
	return first(0, rows)
}

// rowsOf iterates over rows that are already there.
func rowsOf[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// first reads the first n rows of a list; 0 means all.
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
