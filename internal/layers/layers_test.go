package layers

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers are the packages from the bottom up. A package may import only packages of lower layers. Some packages do not
// exist yet; a package that exists and is not listed fails the test.
var layers = [][]string{
	{"api", "docs"},
	{"internal/redaction", "internal/bucket", "internal/spreadsheet", "internal/version", "internal/naming", "internal/nearest", "internal/uuid", "internal/lang"},
	{"internal/brand"},
	{"api/client"},
	{"api/client/authz"},
	{"internal/permission"},
	{"internal/event"},
	{"internal/team"},
	{"internal/signin"},
	{"internal/audit"},
	{"internal/outbox"},
	{"internal/operator"},
	{"internal/password", "internal/factor", "internal/mail", "internal/webhook", "internal/oidc"},
	{"internal/store/engine"},
	{"internal/store/sqlite", "internal/store/postgres"},
	{"internal/store"},
	{"internal/metric", "internal/trace"},
	{"internal/front"},
	{"internal/rest"},
	{"internal/httpapi", "internal/web", "internal/authzen", "internal/scim", "internal/operatorapi", "internal/manual"},
	{"internal/cli", "internal/tfprovider"},
	{"internal/server"},
	{"internal/rafftest"},
	{"cmd/raff", "cmd/raffd", "cmd/terraform-provider-raff", "examples/vmservice", "bench", "e2e", "e2e/browser", "e2e/sdk", "internal/layers"},
}

// Regardless of layers, the faces must not import storage, and the clients must not import the server.
var (
	faces     = []string{"internal/front", "internal/rest", "internal/httpapi", "internal/web", "internal/authzen", "internal/scim", "internal/operatorapi", "internal/manual"}
	storage   = []string{"internal/store", "internal/store/engine", "internal/store/sqlite", "internal/store/postgres"}
	clients   = []string{"internal/cli", "internal/tfprovider", "cmd/raff", "cmd/terraform-provider-raff", "examples/vmservice"}
	forClient = []string{"api", "api/client", "api/client/authz", "internal/cli", "internal/tfprovider", "internal/naming", "internal/nearest", "internal/uuid", "internal/spreadsheet", "internal/version"}
)

// wrong returns what is wrong with a package's imports from this repository.
func wrong(pkg string, imports []string) (all []string) {
	layer := func(p string) int {
		return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, p) })
	}
	if layer(pkg) < 0 {
		return []string{fmt.Sprintf("%s has no layer: add it to one", pkg)}
	}
	for _, to := range imports {
		switch {
		case layer(to) < 0: // reported for the package itself
		case slices.Contains(faces, pkg) && slices.Contains(storage, to):
			all = append(all, fmt.Sprintf("%s imports %s: a face must not import the store", pkg, to))
		case slices.Contains(clients, pkg) && !slices.Contains(forClient, to):
			all = append(all, fmt.Sprintf("%s imports %s: a client must not import the server", pkg, to))
		case layer(to) >= layer(pkg):
			all = append(all, fmt.Sprintf("%s imports %s, which is not in a lower layer", pkg, to))
		}
	}
	return all
}

// graph returns the imports of each package from this repository, for all build tags. It reads the files itself, so that
// the cache of test results knows that this test depends on them.
func graph(t *testing.T) map[string][]string {
	t.Helper()
	const root = "../.."
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(mod), "\n")
	module := strings.TrimPrefix(first, "module ") + "/"
	imports := map[string][]string{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"bin", "dist", "testdata", "tools", "peers"}, d.Name())) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || d.IsDir() {
			return nil
		}
		pkg, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg = filepath.ToSlash(pkg)
		if _, known := imports[pkg]; !known {
			imports[pkg] = nil // also list a package without imports
		}
		if strings.HasSuffix(path, "_test.go") { // tests may import the whole server
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(name, module); ok && !slices.Contains(imports[pkg], own) {
				imports[pkg] = append(imports[pkg], own)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

func TestEveryImportPointsDown(t *testing.T) {
	t.Parallel()
	imports := graph(t)
	if len(imports) < 20 || len(imports["internal/server"]) < 5 {
		t.Fatalf("only %d packages were found", len(imports))
	}
	for pkg, to := range imports {
		for _, w := range wrong(pkg, to) {
			t.Error(w)
		}
	}
	// The layers from the top down; go test -v shows them.
	var b strings.Builder
	for _, layer := range slices.Backward(layers) {
		for _, pkg := range layer {
			if to := slices.Sorted(slices.Values(imports[pkg])); len(to) > 0 {
				fmt.Fprintf(&b, "%-28s → %s\n", pkg, strings.Join(to, " "))
			} else if _, exists := imports[pkg]; exists {
				fmt.Fprintf(&b, "%s\n", pkg)
			}
		}
	}
	t.Log("\n" + b.String())
}

func TestUpwardImportIsReported(t *testing.T) {
	t.Parallel()
	for pkg, to := range map[string]string{
		"internal/team": "internal/store", "internal/web": "internal/store", "internal/front": "internal/store", "internal/httpapi": "internal/web",
		"internal/cli": "internal/team", "api": "internal/naming", "internal/store": "internal/server", "internal/event": "internal/team",
		"internal/surprise": "api", "internal/server": "internal/rafftest", "internal/password": "internal/mail",
	} {
		if len(wrong(pkg, []string{to})) != 1 {
			t.Errorf("%s importing %s is not reported", pkg, to)
		}
	}
}

// maxPort is how many methods an interface of the domain may declare. A larger one is several.
const maxPort = 35

func TestPortsAreSmall(t *testing.T) {
	found := 0
	for _, room := range []string{"team", "signin", "audit", "outbox", "operator"} {
		files, err := filepath.Glob(filepath.Join("..", room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok {
					return true
				}
				if i, ok := spec.Type.(*ast.InterfaceType); ok {
					found++
					if n := i.Methods.NumFields(); n > maxPort {
						t.Errorf("%s: %s has %d methods, want at most %d: divide it", name, spec.Name, n, maxPort)
					}
				}
				return true
			})
		}
	}
	if found < 20 {
		t.Errorf("only %d interfaces were found", found)
	}
}
