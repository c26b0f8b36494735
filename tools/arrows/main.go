// Command arrows counts how many references between the definitions of a package go against its layers.
//
// A definition is a function, method, type, variable or constant of the package. An arrow is a pair of definitions in
// different files where the first uses the second. The files are ordered so that as few arrows as possible point from a
// later file to an earlier one; these are counted. A package that is written in layers has none. The order is found by
// local search: starting from each file's balance of arrows, one file at a time is moved to its best position until
// nothing improves. The result is deterministic.
//
//	go -C tools run ./arrows -C .. ./internal/web
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	dir := flag.String("C", ".", "directory to which the package path is relative")
	list := flag.Bool("v", false, "list the order of the files and the arrows that point backwards")
	limit := flag.Int("max", -1, "exit with status 1 if more arrows point backwards")
	flag.Parse()
	pattern := cmp.Or(flag.Arg(0), ".")
	p, err := load(*dir, pattern)
	if err != nil {
		fmt.Fprintln(os.Stderr, "arrows:", err)
		os.Exit(2)
	}
	arrows := p.arrows()
	order := arrange(p.names, arrows)
	back := against(order, arrows)
	pairs, backPairs := files(arrows), files(back)
	fmt.Printf("%s: %d of %d arrows between definitions of different files point backwards\n", pattern, len(back), len(arrows))
	fmt.Printf("  by file: %d of %d, and %d are part of a cycle\n", len(backPairs), len(pairs), circular(pairs))
	if *list {
		for _, name := range order {
			fmt.Println(" ", name)
		}
		for _, a := range back {
			fmt.Printf("  %s: %s uses %s of %s\n", a.from.file, a.from.name, a.to.name, a.to.file)
		}
	}
	if *limit >= 0 && len(back) > *limit {
		os.Exit(1)
	}
}

// definition is a definition of the package and its file. The Go code generated from a page counts as the page.
type definition struct{ file, name string }

type arrow struct{ from, to definition }

// source is a package with type information.
type source struct {
	set   *token.FileSet
	files []*ast.File
	info  *types.Info
	names []string // of the files
}

func load(dir, pattern string) (*source, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,GoFiles,Export,DepOnly", pattern)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pattern, err)
	}
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
		DepOnly                 bool
	}
	exports := map[string]string{}
	var wanted *listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[l.ImportPath] = l.Export
		if !l.DepOnly {
			if wanted != nil {
				return nil, fmt.Errorf("%s is more than one package", pattern)
			}
			wanted = &l
		}
	}
	if wanted == nil {
		return nil, fmt.Errorf("%s is not a package", pattern)
	}
	p := &source{set: token.NewFileSet(), info: &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}}
	for _, name := range wanted.GoFiles {
		f, err := parser.ParseFile(p.set, filepath.Join(wanted.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
		p.names = append(p.names, page(name))
	}
	slices.Sort(p.names)
	p.names = slices.Compact(p.names)
	config := types.Config{Importer: importer.ForCompiler(p.set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	_, err = config.Check(wanted.ImportPath, p.set, p.files, p.info)
	return p, err
}

// page returns the file from which a file is generated, or the file itself.
func page(name string) string {
	if stem, ok := strings.CutSuffix(name, "_templ.go"); ok {
		return stem + ".templ"
	}
	return name
}

// arrows returns the arrows of the package, sorted.
func (p *source) arrows() []arrow {
	owners := map[types.Object]definition{}
	each := func(visit func(d definition, node ast.Node, declared ...*ast.Ident)) {
		for _, f := range p.files {
			file := page(filepath.Base(p.set.Position(f.Pos()).Filename))
			for _, decl := range f.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					visit(definition{file, receiver(d) + d.Name.Name}, d, d.Name)
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						switch s := spec.(type) {
						case *ast.TypeSpec:
							// The fields of a struct and the methods of an interface belong to the type.
							declared := []*ast.Ident{s.Name}
							ast.Inspect(s.Type, func(n ast.Node) bool {
								if field, ok := n.(*ast.Field); ok {
									declared = append(declared, field.Names...)
								}
								return true
							})
							visit(definition{file, s.Name.Name}, s, declared...)
						case *ast.ValueSpec:
							visit(definition{file, s.Names[0].Name}, s, s.Names...)
						}
					}
				}
			}
		}
	}
	each(func(d definition, _ ast.Node, declared ...*ast.Ident) {
		for _, id := range declared {
			if o := p.info.Defs[id]; o != nil {
				owners[o] = d
			}
		}
	})
	found := map[arrow]bool{}
	each(func(d definition, node ast.Node, _ ...*ast.Ident) {
		ast.Inspect(node, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			used := p.info.Uses[id]
			switch o := used.(type) {
			case *types.Func:
				used = o.Origin()
			case *types.Var:
				used = o.Origin()
			}
			if to, ok := owners[used]; ok && to.file != d.file {
				found[arrow{d, to}] = true
			}
			return true
		})
	})
	var all []arrow
	for a := range found {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b arrow) int {
		return cmp.Or(cmp.Compare(a.from.file, b.from.file), cmp.Compare(a.from.name, b.from.name), cmp.Compare(a.to.file, b.to.file), cmp.Compare(a.to.name, b.to.name))
	})
	return all
}

// receiver returns the receiver type of a method, followed by a dot.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	switch g := t.(type) {
	case *ast.IndexExpr:
		t = g.X
	case *ast.IndexListExpr:
		t = g.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}

// arrange orders the files so that few arrows point backwards.
func arrange(names []string, arrows []arrow) []string {
	weight := map[[2]string]int{}
	balance := map[string]int{}
	for _, a := range arrows {
		weight[[2]string{a.from.file, a.to.file}]++
		balance[a.from.file]++
		balance[a.to.file]--
	}
	order := slices.Clone(names)
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(balance[b], balance[a]) })
	for better := true; better; {
		better = false
		for _, name := range slices.Clone(order) {
			from := slices.Index(order, name)
			best, gain := from, 0
			// Moving past a file reverses the direction of all arrows between the two.
			for step := range 2 {
				change := 0
				for to := from; ; {
					if step == 0 {
						to--
					} else {
						to++
					}
					if to < 0 || to == len(order) {
						break
					}
					other := order[to]
					up, down := weight[[2]string{name, other}], weight[[2]string{other, name}]
					if step == 0 {
						change += up - down // name comes first now: its own arrows point forwards
					} else {
						change += down - up
					}
					if change > gain {
						best, gain = to, change
					}
				}
			}
			if gain > 0 {
				order = slices.Insert(slices.Delete(order, from, from+1), best, name)
				better = true
			}
		}
	}
	return order
}

// against returns the arrows that point from a later file to an earlier one.
func against(order []string, arrows []arrow) []arrow {
	place := map[string]int{}
	for i, name := range order {
		place[name] = i
	}
	return slices.DeleteFunc(slices.Clone(arrows), func(a arrow) bool { return place[a.from.file] <= place[a.to.file] })
}

// files returns the pairs of files that are connected by arrows.
func files(arrows []arrow) map[[2]string]bool {
	pairs := map[[2]string]bool{}
	for _, a := range arrows {
		pairs[[2]string{a.from.file, a.to.file}] = true
	}
	return pairs
}

// circular returns the number of pairs that are part of a cycle.
func circular(pairs map[[2]string]bool) (n int) {
	next := map[string][]string{}
	for p := range pairs {
		next[p[0]] = append(next[p[0]], p[1])
	}
	for p := range pairs {
		seen, open := map[string]bool{}, []string{p[1]}
		for len(open) > 0 && !seen[p[0]] {
			at := open[len(open)-1]
			open = open[:len(open)-1]
			for _, to := range next[at] {
				if !seen[to] {
					seen[to] = true
					open = append(open, to)
				}
			}
		}
		if seen[p[0]] {
			n++
		}
	}
	return n
}
