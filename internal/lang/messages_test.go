package lang_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"raff/internal/lang"
	"raff/internal/permission"
)

// speaking are the packages that have messages.
var speaking = []string{"raff/internal/lang", "raff/internal/web", "raff/internal/mail", "raff/internal/team", "raff/internal/signin", "raff/internal/audit", "raff/internal/password", "raff/internal/naming"}

// message is a message in the code, and where it is.
type message struct {
	text lang.Text
	at   string
	verb bool // its placeholders are verbs of fmt
}

type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// program lists the packages with messages and everything that they import, compiled.
func program(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles"}, speaking...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]listed{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// messages finds every constant of the type lang.Text, and the texts of refusals and of their facts. A constant has that type wherever a
// parameter or a field has it, so no message can be missed.
func messages(t *testing.T) (all []message) {
	t.Helper()
	packages := program(t)
	fset := token.NewFileSet()
	compiled := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(packages[path].Export)
	})
	for _, path := range speaking {
		p := packages[path]
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		if _, err := (&types.Config{Importer: compiled}).Check(path, fset, files, info); err != nil {
			t.Fatal(err)
		}
		add := func(e ast.Expr, verb bool) {
			v := info.Types[e].Value
			if v == nil || v.Kind() != constant.String || constant.StringVal(v) == "" {
				return
			}
			at := fset.Position(e.Pos())
			all = append(all, message{lang.Text(constant.StringVal(v)), filepath.Base(at.Filename) + ":" + fmt.Sprint(at.Line), verb})
		}
		for e, tv := range info.Types {
			if _, ok := e.(*ast.BasicLit); ok && tv.Type.String() == "raff/internal/lang.Text" {
				add(e, false)
			}
		}
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				c, ok := n.(*ast.CompositeLit)
				if !ok {
					return true
				}
				name := strings.TrimPrefix(info.Types[c].Type.String(), "*")
				position := map[string]int{"raff/internal/team.Refusal": 3, "raff/internal/team.Phrase": 0, "raff/internal/naming.Fault": 0}
				i, ok := position[name]
				if !ok {
					return true
				}
				for n, e := range c.Elts {
					kv, keyed := e.(*ast.KeyValueExpr)
					switch {
					case keyed && kv.Key.(*ast.Ident).Name == "Text":
						add(kv.Value, true)
					case !keyed && n == i:
						add(e, true)
					}
				}
				return true
			})
		}
	}
	for _, text := range phrases {
		all = append(all, message{text, "", true})
	}
	all = append(all, templates(t, packages["raff/internal/mail"].Dir)...)
	catalog := permission.Default()
	for _, scope := range []permission.Scope{permission.ScopeAccount, permission.ScopeProject} {
		for _, p := range catalog.Grantable(scope) {
			all = append(all, message{lang.Text(p.Description), p.Name, false}, message{lang.Text(p.Category), p.Name, false})
		}
	}
	for _, r := range catalog.SystemRoles() {
		all = append(all, message{lang.Text(r.Description), r.Slug, false})
	}
	slices.SortFunc(all, func(a, b message) int { return strings.Compare(string(a.text)+a.at, string(b.text)+b.at) })
	return slices.CompactFunc(all, func(a, b message) bool { return a.text == b.text })
}

// phrases are facts of refusals that no literal of a type of facts has: they come from tables, or through a parameter.
var phrases = []lang.Text{
	"it is empty",
	"it is longer than 254 bytes or not UTF-8",
	"it contains a space or an invisible character",
	"it needs a local part, an @ and a domain",
	"remove the display name, quotes or second address",
	"the part before the @ is not valid",
	"%q (%U) becomes a different letter in lower case, and so a different address. Use the exact spelling of the mailbox",
	"the domain is not valid",
	"the domain must not be an IP address",
	"the domain cannot receive email",
	"%d hour",
	"%d hours",
	"%d minute",
	"%d minutes",
	"%d second",
	"%d seconds",
	"custom roles",
	"projects",
	"open invitations",
	"members and invited people",
	"external ids",
	"Delete unused roles",
	"Delete unused projects",
	"Revoke unused keys",
	"Cancel some of them, or wait until they are accepted",
	"Remove someone, or cancel an invitation",
	"Remove unused ones",
}

// templates finds the messages in the templates of emails.
func templates(t *testing.T, dir string) (all []message) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.tmpl"))
	if err != nil || len(names) == 0 {
		t.Fatal("no templates of emails", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		trees, err := parse.Parse(name, string(b), "", "", map[string]any{"and": true})
		if err != nil {
			t.Fatal(err)
		}
		for _, tree := range trees {
			walk(tree.Root, func(c *parse.CommandNode) {
				if f, ok := c.Args[0].(*parse.FieldNode); ok && (f.Ident[0] == "Say" || f.Ident[0] == "Rich") {
					if s, ok := c.Args[1].(*parse.StringNode); ok {
						all = append(all, message{lang.Text(s.Text), filepath.Base(name), false})
					}
				}
			})
		}
	}
	return all
}

func walk(n parse.Node, visit func(*parse.CommandNode)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				walk(c, visit)
			}
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.IfNode:
		walk(n.Pipe, visit)
		walk(n.List, visit)
		walk(n.ElseList, visit)
	case *parse.RangeNode:
		walk(n.Pipe, visit)
		walk(n.List, visit)
		walk(n.ElseList, visit)
	case *parse.WithNode:
		walk(n.Pipe, visit)
		walk(n.List, visit)
		walk(n.ElseList, visit)
	case *parse.TemplateNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		for _, c := range n.Cmds {
			visit(c)
			for _, a := range c.Args {
				walk(a, visit)
			}
		}
	}
}

var verbs = regexp.MustCompile(`%(?:\[(\d+)\])?([a-zA-Z])`)

// Every message is translated, with the placeholders of the original, and no translation is left over.
func TestGermanIsComplete(t *testing.T) {
	translations := lang.Translations("de")
	used := map[lang.Text]bool{}
	for _, m := range messages(t) {
		used[m.text] = true
		forms := translations[m.text]
		if forms == nil {
			t.Errorf("%s: %q is not translated", m.at, m.text)
			continue
		}
		if counts := strings.Contains(string(m.text), "{n}"); counts && forms["one"] == "" {
			t.Errorf("%s: the translation of %q has no singular", m.at, m.text)
		}
		want := lang.Placeholders(string(m.text))
		slices.Sort(want)
		for form, text := range forms {
			got := lang.Placeholders(text)
			slices.Sort(got)
			if !slices.Equal(got, want) && !m.verb {
				t.Errorf("%s: %q has the placeholders %v, and its translation %q (%s) has %v", m.at, m.text, want, text, form, got)
			}
			if strings.Contains(text, "##") || text == "" {
				t.Errorf("%s: the translation of %q is %q", m.at, m.text, text)
			}
			if m.verb {
				original := verbs.FindAllStringSubmatch(string(m.text), -1)
				for i, v := range verbs.FindAllStringSubmatch(text, -1) {
					n := i
					if v[1] != "" {
						_, _ = fmt.Sscan(v[1], &n)
						n--
					}
					if n >= len(original) || v[2] != original[n][2] && v[2] != "s" && v[2] != "c" {
						t.Errorf("%s: the translation %q of %q has a value that the original does not have", m.at, text, m.text)
					}
				}
			}
		}
	}
	if len(used) < 700 {
		t.Errorf("only %d messages were found", len(used))
	}
	for text := range translations {
		if !used[text] {
			t.Errorf("%q is translated, but is not a message", text)
		}
	}
}

// Printed with MESSAGES set, for translators.
func TestPrintMessages(t *testing.T) {
	if os.Getenv("MESSAGES") == "" {
		return
	}
	translations := lang.Translations("de")
	for _, m := range messages(t) {
		if translations[m.text] == nil {
			t.Logf("%s\t%q", m.at, m.text)
		}
	}
}
