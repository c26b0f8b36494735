package audit

import (
	"bytes"
	"testing"
)

// A tree that forgot some salts still has all others, and no secret from which a forgotten one follows.
func TestSecretTreeForgets(t *testing.T) {
	root := Secret{0, treeLevels, bytes.Repeat([]byte{7}, saltSize)}
	whole, punctured := newTree([]Secret{root}), newTree([]Secret{root})
	forgotten := map[int]bool{1: true, 2: true, 500: true, 77: true, 1 << 30: true}
	for sequence := range forgotten {
		if _, added, ok := punctured.forget(sequence); !ok || len(added) > treeLevels {
			t.Fatalf("forget %d: %v, %d secrets added", sequence, ok, len(added))
		}
		if _, _, ok := punctured.forget(sequence); ok {
			t.Errorf("%d was forgotten twice", sequence)
		}
	}
	seen := map[salt]int{}
	for sequence := range 1000 {
		want, _ := whole.salt(sequence)
		got, ok := punctured.salt(sequence)
		if ok == forgotten[sequence] || ok && got != want {
			t.Errorf("the salt of %d: %x, %v, want %x", sequence, got, ok, want)
		}
		if other, twice := seen[want]; twice {
			t.Errorf("%d and %d have the same salt", sequence, other)
		}
		seen[want] = sequence
	}
	for _, n := range punctured.kept {
		for sequence := range forgotten {
			if n.covers(sequence) {
				t.Errorf("a secret that is kept covers %d", sequence)
			}
		}
	}
}
