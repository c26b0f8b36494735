package permission

import (
	"math/bits"
)

// maxPermissions is the maximum size of a catalog, so that a Set is a plain value without allocations.
const maxPermissions = 256

// Set is a set of permissions of one catalog. The zero value is empty. It has room for the built-in permissions in
// addition to those that a catalog lists.
type Set [maxPermissions/64 + 1]uint64

// has reports whether the set contains the permission with this index.
func (s Set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// Holds reports whether the set contains a permission.
func (s Set) Holds(id ID) bool { return s.has(int(id)) }

func (s *Set) add(i int) { s[i/64] |= 1 << (i % 64) }

// Contains reports whether every permission of o is in s.
func (s Set) Contains(o Set) bool {
	for i := range s {
		if o[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

// Union returns the permissions in s or o.
func (s Set) Union(o Set) Set {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

// Minus returns the permissions in s that are not in o.
func (s Set) Minus(o Set) Set {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

// Intersect returns the permissions in both s and o.
func (s Set) Intersect(o Set) Set {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

// Empty reports whether the set is empty.
func (s Set) Empty() bool { return s == Set{} }

// Len returns the number of permissions in the set.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}
