package web

import (
	"slices"
	"strings"
	"unicode"
)

// byName finds the rows of a list by what a file can call them. A file can have many thousands of names, so a name is found
// without comparing it with each row.
type byName[T any] struct{ at map[string][]nameRow[T] }

type nameRow[T any] struct {
	row T
	id  string
}

// add adds a row, which is found by its slug, and by its id and its name in any case.
func (n *byName[T]) add(row T, id, slug, name string) {
	if n.at == nil {
		n.at = map[string][]nameRow[T]{}
	}
	keys := map[string]bool{slugKey(slug): true, caseless(id): true, caseless(name): true}
	for key := range keys {
		n.at[key] = append(n.at[key], nameRow[T]{row, id})
	}
}

// called returns the rows with this slug, id or name, each once.
func (n byName[T]) called(text string) []nameRow[T] {
	found := n.at[caseless(text)]
	for _, bySlug := range n.at[slugKey(text)] {
		twice := false
		for _, other := range found {
			twice = twice || other.id == bySlug.id
		}
		if !twice {
			found = append(slices.Clip(found), bySlug)
		}
	}
	return found
}

// slugKey is a key that no name has.
func slugKey(slug string) string { return "\x00" + slug }

// caseless returns the same text for all texts that strings.EqualFold takes for equal.
func caseless(text string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for c := unicode.SimpleFold(r); c != r; c = unicode.SimpleFold(c) {
			least = min(least, c)
		}
		return least
	}, text)
}

func idsOf[T any](rows []nameRow[T]) string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	return strings.Join(ids, ", ")
}
