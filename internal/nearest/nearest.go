// Package nearest finds the known name that is closest to a mistyped one.
package nearest

import "github.com/agext/levenshtein"

// maxCompared is the maximum length in bytes of a name that is compared, because comparing costs the product of both
// lengths, and the given name is untrusted input.
const maxCompared = 100

// Best returns the name in all with the smallest edit distance to the given one, and the distance; "" if all is empty.
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

// Name is Best for a "did you mean" hint: it returns "" if no name shares half of its letters with the given one.
func Name(given string, all []string) string {
	given = given[:min(len(given), maxCompared)]
	if best, distance := Best(given, all); distance <= max(len(given), len(best))/2 {
		return best
	}
	return ""
}
