package cli

import (
	"fmt"
	"iter"
	"strings"
)

// pick finds the one row that a person means. names gives what a row is called: first the name whose case matters, then
// those whose case does not. A text that fits two rows, even if it is the slug of one and the name of the other, is
// refused with their ids: the command may be one that destroys. list is the command that shows all rows.
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
		return none, usageError{fmt.Sprintf("%q fits %d %ss. Give the id of the one you mean: %s.", said, n, noun, strings.Join(fitting, "; "))}
	}
	return none, usageError{fmt.Sprintf("%q fits %d %ss. Give the id of the one you mean, from: %s", said, len(fitting), noun, list)}
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
