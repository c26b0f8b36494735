package web

import (
	"maps"
	"slices"
)

// OpenPatterns are those of pages for anybody.
func OpenPatterns() []string {
	p := &pages{}
	return slices.Sorted(maps.Keys(p.open()))
}

// InsidePatterns are those of pages for who is signed in.
func InsidePatterns() []string {
	p := &pages{}
	return slices.Sorted(maps.Keys(p.inside()))
}
