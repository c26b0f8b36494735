package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestArrowsOfAPackage(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/house\n\ngo 1.26.0\n",
		// top uses middle and bottom, middle uses bottom; one method of bottom uses top.
		"top.go":    "package house\n\nfunc Top() int { return middle() + leaf(1).n() + int(zero) }\n\nvar limit = 7\n",
		"middle.go": "package house\n\nimport \"strings\"\n\nfunc middle() int { s := pair[leaf]{first: zero}; return len(strings.Repeat(\"x\", int(s.first))) }\n",
		"bottom.go": "package house\n\ntype leaf int\n\nconst zero leaf = 0\n\ntype pair[T any] struct{ first, second T }\n\nfunc (l leaf) n() int { return min(int(l), limit) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := load(dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	arrows := p.arrows()
	order := arrange(p.names, arrows)
	if want := []string{"top.go", "middle.go", "bottom.go"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	back := against(order, arrows)
	if want := (arrow{definition{"bottom.go", "leaf.n"}, definition{"top.go", "limit"}}); len(arrows) != 8 || len(back) != 1 || back[0] != want {
		t.Errorf("backward arrows: %v of %v", back, arrows)
	}
	if pairs := slices.Collect(maps.Keys(files(arrows))); len(pairs) != 4 || circular(files(arrows)) != 4 {
		t.Errorf("pairs of files: %v", pairs)
	}
}
