package web

import (
	"maps"
	"slices"
)

// OpenPatterns are the patterns of the public pages.
func OpenPatterns() []string {
	p := &pages{}
	return slices.Sorted(maps.Keys(p.open()))
}

// InsidePatterns are the patterns of the pages for signed-in users.
func InsidePatterns() []string {
	p := &pages{}
	return slices.Sorted(maps.Keys(p.inside()))
}
