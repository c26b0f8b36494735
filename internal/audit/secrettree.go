package audit

import (
	"cmp"
	"slices"
)

// Events that no seal key signed get their salts from a tree of secrets. The root is random and belongs to the log. Each secret of the
// tree gives the two below it, but not the one above; the lowest ones are the salts of the events, by their sequence. To forget the salt of one event,
// the secrets above it are replaced by those beside the path to it, from which all other salts still follow. So a log needs one
// secret, whatever its length, and about twenty more for each event from which something was erased.

// treeLevels is the height of the tree, more than any log needs.
const treeLevels = 40

// Secret is one that is kept: those of the 1<<Level events from the sequence First on follow from it.
type Secret struct {
	First  int
	Level  int
	Secret []byte
}

func (n Secret) covers(sequence int) bool {
	return sequence >= n.First && sequence-n.First < 1<<n.Level
}

// halves returns the two secrets below one.
func (n Secret) halves() (left, right Secret) {
	of := salt(n.Secret)
	l, r := derive(of, "left"), derive(of, "right")
	return Secret{n.First, n.Level - 1, l[:]}, Secret{n.First + 1<<(n.Level-1), n.Level - 1, r[:]}
}

// secretTree has the secrets of a log that are kept, by First, and the path to the salt that was asked for last.
type secretTree struct{ kept, path []Secret }

func newTree(kept []Secret) *secretTree {
	kept = slices.Clone(kept)
	slices.SortFunc(kept, func(a, b Secret) int { return cmp.Compare(a.First, b.First) })
	return &secretTree{kept: kept}
}

// salt returns the salt of the event with a sequence; false if it was forgotten.
func (t *secretTree) salt(sequence int) (salt, bool) {
	for len(t.path) > 0 && !t.path[len(t.path)-1].covers(sequence) {
		t.path = t.path[:len(t.path)-1]
	}
	if len(t.path) == 0 {
		i, exact := slices.BinarySearchFunc(t.kept, sequence, func(n Secret, s int) int { return cmp.Compare(n.First, s) })
		if !exact {
			i--
		}
		if i < 0 || !t.kept[i].covers(sequence) || len(t.kept[i].Secret) != saltSize {
			return salt{}, false
		}
		t.path = append(t.path, t.kept[i])
	}
	for {
		last := t.path[len(t.path)-1]
		if last.Level == 0 {
			return salt(last.Secret), true
		}
		left, right := last.halves()
		if right.covers(sequence) {
			left = right
		}
		t.path = append(t.path, left)
	}
}

// forget returns the secret that has to be removed to forget the salt of an event, and those that take its place; false if it was
// forgotten before.
func (t *secretTree) forget(sequence int) (removed Secret, added []Secret, ok bool) {
	i := slices.IndexFunc(t.kept, func(n Secret) bool { return n.covers(sequence) })
	if i < 0 {
		return removed, nil, false
	}
	removed = t.kept[i]
	for at := removed; at.Level > 0; {
		left, right := at.halves()
		if right.covers(sequence) {
			left, right = right, left
		}
		added, at = append(added, right), left
	}
	*t = *newTree(append(slices.Delete(t.kept, i, i+1), added...))
	return removed, added, true
}
