// Command module changes the module path of the repository: in go.mod, imports, linter rules, the Makefile and the
// documentation. It can be run repeatedly; it reads the current path from go.mod.
//
//	go -C tools run ./module -root .. example.com/acme/raff
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	root := flag.String("root", ".", "root directory of the repository")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: make module MODULE=example.com/acme/raff")
		os.Exit(2)
	}
	n, err := rename(*root, flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "set the module path:", err)
		os.Exit(1)
	}
	fmt.Printf("Changed %d files. The SDK is now the module %s/api. Run make build.\n", n, flag.Arg(0))
}

var (
	modulePath = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9][A-Za-z0-9._~-]*)*$`)
	moduleLine = regexp.MustCompile(`(?m)^module (\S+)$`)
)

// rename changes the module path of the repository in the directory root to next, and returns the number of changed files.
func rename(root, next string) (changed int, err error) {
	if !modulePath.MatchString(next) {
		return 0, fmt.Errorf("%q is not a module path such as example.com/acme/raff", next)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return 0, err
	}
	now := moduleLine.FindSubmatch(mod)
	if now == nil {
		return 0, errors.New("go.mod has no module path")
	}
	replace, err := replacer(root, string(now[1]), next)
	if err != nil {
		return 0, err
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == ".cache" || d.Name() == "bin" || d.Name() == "dist"):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		was, err := os.ReadFile(path)
		if err != nil || bytes.IndexByte(was, 0) >= 0 { // images and databases
			return err
		}
		is := replace(was)
		if bytes.Equal(is, was) {
			return nil
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_templ.go") {
			if is, err = format.Source(is); err != nil { // imports may be sorted differently
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		changed++
		return os.WriteFile(path, is, 0o644) // an existing file keeps its mode
	})
	return changed, err
}

// replacer replaces package paths of this repository, which are the module path followed by a directory. The module path
// alone is also the name of the product, so it is only replaced where it must be a module.
func replacer(root, now, next string) (func([]byte) []byte, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			folders = append(folders, regexp.QuoteMeta(e.Name()))
		}
	}
	quoted := regexp.QuoteMeta(now)
	of := regexp.MustCompile(`(^|[^A-Za-z0-9_./~-])` + quoted + `/(` + strings.Join(folders, "|") + `)\b`)
	itself := regexp.MustCompile(`(?m)^(module |.*\bpkg: )` + quoted + `(/?(?:,|$))`)
	return func(b []byte) []byte {
		b = of.ReplaceAll(b, []byte("${1}"+next+"/${2}"))
		return itself.ReplaceAll(b, []byte("${1}"+next+"${2}"))
	}, nil
}
