package permission

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed catalog.yaml
var defaultYAML []byte

// Default is the built-in catalog.
func Default() *Catalog {
	c, err := Parse(defaultYAML)
	if err != nil {
		panic("embedded catalog: " + err.Error()) // cannot happen: a test parses it
	}
	return c
}

// Source is the source text of a catalog.
type Source struct {
	*Catalog
	// Text is the YAML.
	Text string
	// IsDefault says that it is the built-in catalog.
	IsDefault bool
}

// Load reads a catalog file; an empty path means the default catalog.
func Load(path string) (Source, error) {
	if path == "" {
		return Source{Default(), string(defaultYAML), true}, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Source{}, fmt.Errorf("read catalog: %w", err)
	}
	c, err := Parse(b)
	if err != nil {
		return Source{}, fmt.Errorf("catalog %s: %w", path, err)
	}
	return Source{c, string(b), false}, nil
}

type file struct {
	Permissions []struct {
		Name        string      `yaml:"name"`
		Category    string      `yaml:"category"`
		Description string      `yaml:"description"`
		Removes     bool        `yaml:"removes"`
		Conditions  []Condition `yaml:"conditions"`
	} `yaml:"permissions"`
	Roles         map[string][]role `yaml:"roles"`
	ResourceTypes []ResourceType    `yaml:"resource_types"`
	Actions       []Action          `yaml:"actions"`
}

type role struct {
	Slug        string      `yaml:"slug"`
	Name        string      `yaml:"name"`
	Description string      `yaml:"description"`
	Permissions permissions `yaml:"permissions"`
}

// permissions is "all", {all_except: […]} or a list of names.
type permissions struct {
	all    bool
	except []string
	names  []string
}

func (p *permissions) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Value != "all" {
			return fmt.Errorf("line %d: permissions must be a list of names, {all_except: [...]} or the word all", n.Line)
		}
		p.all = true
		return nil
	case yaml.MappingNode:
		var m struct {
			AllExcept []string `yaml:"all_except"`
		}
		if err := n.Decode(&m); err != nil {
			return err
		}
		p.all, p.except = true, m.AllExcept
		return nil
	}
	return n.Decode(&p.names)
}

// Parse parses a catalog. A permission named account.* has the account scope, every other one the project scope.
func Parse(b []byte) (*Catalog, error) {
	var f file
	if err := yaml.Unmarshal(b, &f); err != nil {
		return nil, err
	}
	perms := make([]Permission, 0, len(f.Permissions))
	for _, p := range f.Permissions {
		perms = append(perms, Permission{
			Name: p.Name, Scope: scopeOf(p.Name), Category: p.Category, Description: p.Description, Removes: p.Removes, Conditions: p.Conditions,
		})
	}
	var roles []SystemRole
	for _, scope := range []Scope{ScopeAccount, ScopeProject} {
		for _, r := range f.Roles[string(scope)] {
			names, err := expand(r.Permissions, scope, perms)
			if err != nil {
				return nil, fmt.Errorf("role %q: %w", r.Slug, err)
			}
			roles = append(roles, SystemRole{
				Slug: r.Slug, Name: r.Name, Description: r.Description, Scope: scope, Permissions: names,
				All: r.Permissions.all && len(r.Permissions.except) == 0,
			})
		}
	}
	return newCatalog(perms, roles, f.ResourceTypes, f.Actions)
}

func scopeOf(name string) Scope {
	if strings.HasPrefix(name, "account.") {
		return ScopeAccount
	}
	return ScopeProject
}

func expand(p permissions, scope Scope, all []Permission) ([]string, error) {
	if !p.all {
		return p.names, nil
	}
	drop := map[string]bool{}
	for _, n := range p.except {
		drop[n] = true
	}
	var names []string
	for _, perm := range all {
		if perm.Scope == scope && !drop[perm.Name] {
			names = append(names, perm.Name)
		}
		delete(drop, perm.Name)
	}
	for n := range drop {
		return nil, fmt.Errorf("all_except has an unknown permission: %q", n)
	}
	return names, nil
}
