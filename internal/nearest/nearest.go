// Package nearest finds the known name that somebody probably meant.
package nearest

import "github.com/agext/levenshtein"

// maxCompared bounds in bytes what is compared with every name: comparing costs the product of two lengths, and what is
// compared comes from strangers.
const maxCompared = 100

// Best is the name of all with the smallest edit distance to the given one, and that distance. It is "" if there are none.
func Best(given string, all []string) (best string, distance int) {
	given = given[:min(len(given), maxCompared)]
	distance = 1 << 30
	for _, name := range all {
		if d := levenshtein.Distance(given, name, nil); d < distance {
			best, distance = name, d
		}
	}
	return best, distance
}

// Name is Best for a "did you mean": it is "" if no name shares half of its letters with the given one.
func Name(given string, all []string) string {
	given = given[:min(len(given), maxCompared)]
	if best, distance := Best(given, all); distance <= max(len(given), len(best))/2 {
		return best
	}
	return ""
}
