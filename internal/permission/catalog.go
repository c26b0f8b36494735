package permission

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"raff/internal/nearest"
)

// Catalog is the list of permissions and system roles of a product. It does not change while the server runs.
type Catalog struct {
	listed      int          // number of permissions in the file; built-in ones follow
	permissions []Permission // listed, then built-in
	roles       []SystemRole
	types       []ResourceType
	actions     []Action
	index       map[string]int
	scopes      map[Scope]Set // of listed permissions
	implier     int           // the permission that implies those in implied
	implied     Set
	properties  map[Part][]string
	parsed      sync.Map // stored text → Set; never stale, because a Set depends on nothing else
	kept        atomic.Int64
}

// NewCatalog validates permissions and roles and returns their catalog.
func NewCatalog(permissions []Permission, roles []SystemRole) (*Catalog, error) {
	return newCatalog(permissions, roles, nil, nil)
}

func newCatalog(permissions []Permission, roles []SystemRole, types []ResourceType, actions []Action) (*Catalog, error) {
	if len(permissions) == 0 || len(permissions) > maxPermissions {
		return nil, fmt.Errorf("a catalog must have 1 to %d permissions, this one has %d", maxPermissions, len(permissions))
	}
	c := &Catalog{
		listed: len(permissions), permissions: slices.Clip(permissions), roles: roles, types: types, actions: actions, index: map[string]int{}, scopes: map[Scope]Set{},
	}
	for i, p := range permissions {
		if p.Name == "" || strings.ContainsAny(p.Name, " *%") {
			return nil, fmt.Errorf("permission %q: a name must be one word without * or %%", p.Name)
		}
		if _, dup := c.index[p.Name]; dup {
			return nil, fmt.Errorf("permission %q appears twice", p.Name)
		}
		c.index[p.Name] = i
		s := c.scopes[p.Scope]
		s.add(i)
		c.scopes[p.Scope] = s
	}
	for _, name := range requiredPermissions {
		if _, ok := c.index[name]; !ok {
			return nil, fmt.Errorf("permission %q is missing: the server itself requires it", name)
		}
	}
	c.addBuiltIn()
	if err := c.checkDecisions(); err != nil {
		return nil, err
	}
	owner := false
	for _, r := range roles {
		set, unknown := c.SetOf(r.Permissions)
		if unknown >= 0 {
			return nil, fmt.Errorf("system role %q: unknown permission %q", r.Slug, r.Permissions[unknown])
		}
		if !c.GrantableSet(r.Scope).Contains(set) {
			return nil, fmt.Errorf("system role %q grants a permission of another scope", r.Slug)
		}
		owner = owner || r.Slug == OwnerSlug && r.Scope == ScopeAccount && r.All
	}
	if !owner {
		return nil, fmt.Errorf("the account role %q with permissions: all is missing", OwnerSlug)
	}
	if c.SecondSlug() == OwnerSlug {
		return nil, errors.New("the catalog needs an account role besides Owner: a former Owner gets it")
	}
	return c, nil
}

// addBuiltIn adds the built-in permissions that the catalog does not list.
func (c *Catalog) addBuiltIn() {
	c.implier = c.index[impliedBy]
	for _, p := range builtIn {
		if _, listed := c.index[p.Name]; listed {
			continue
		}
		i := len(c.permissions)
		c.permissions, c.index[p.Name] = append(c.permissions, p), i
		c.implied.add(i)
	}
}

// Permissions lists the permissions in the order of the catalog, without built-in ones; an empty scope means both.
func (c *Catalog) Permissions(scope Scope) []Permission {
	return ofScope(c.permissions[:c.listed], scope)
}

// Grantable lists the permissions that roles of a scope can grant: those of the catalog, then the built-in ones.
func (c *Catalog) Grantable(scope Scope) []Permission { return ofScope(c.permissions, scope) }

func ofScope(all []Permission, scope Scope) (out []Permission) {
	for _, p := range all {
		if scope == "" || p.Scope == scope {
			out = append(out, p)
		}
	}
	return out
}

// Everything is the set of all permissions, which the Owner role grants.
func (c *Catalog) Everything() Set {
	return c.scopes[ScopeAccount].Union(c.scopes[ScopeProject]).Union(c.implied)
}

// Effective adds the permissions that those in s imply.
func (c *Catalog) Effective(s Set) Set {
	if s.has(c.implier) {
		return s.Union(c.implied)
	}
	return s
}

// IDs returns the ids of the permissions in a set, in the order of the catalog.
func (c *Catalog) IDs(s Set) (ids []ID) {
	for i := range c.permissions {
		if s.has(i) {
			ids = append(ids, ID(i))
		}
	}
	return ids
}

// Find returns the permission with this name.
func (c *Catalog) Find(name string) (ID, bool) {
	i, ok := c.index[name]
	return ID(i), ok
}

// Permission returns the permission with this id.
func (c *Catalog) Permission(id ID) *Permission { return &c.permissions[id] }

// SystemRoles lists the roles that every account has.
func (c *Catalog) SystemRoles() []SystemRole { return c.roles }

// Scope is the set of all permissions of one scope that the catalog lists.
func (c *Catalog) Scope(scope Scope) Set { return c.scopes[scope] }

// GrantableSet is the set of all permissions that a role of the scope can grant; see Grantable.
func (c *Catalog) GrantableSet(scope Scope) Set {
	if scope == ScopeAccount {
		return c.scopes[scope].Union(c.implied)
	}
	return c.scopes[scope]
}

// Names lists the permissions of a set in catalog order. It is never nil.
func (c *Catalog) Names(s Set) []string {
	out := make([]string, 0, s.Len())
	for i, p := range c.permissions {
		if s.has(i) {
			out = append(out, p.Name)
		}
	}
	return out
}

// Words returns the descriptions of these permissions. For a permission that is not in the catalog, it is the name.
func (c *Catalog) Words(names []string) []string {
	words := slices.Clone(names)
	for i, name := range names {
		if at, ok := c.index[name]; ok && c.permissions[at].Description != "" {
			words[i] = c.permissions[at].Description
		}
	}
	return words
}

// SetOf returns the set of these names; unknown is the index of the first name that is not in the catalog, or -1.
func (c *Catalog) SetOf(names []string) (s Set, unknown int) {
	for at, n := range names {
		i, ok := c.index[n]
		if !ok {
			return s, at
		}
		s.add(i)
	}
	return s, -1
}

// Has reports whether s contains the named
func (c *Catalog) Has(s Set, name string) bool {
	i, ok := c.index[name]
	return ok && s.has(i)
}

// Encode returns a set in the form in which it is stored: " a b c ", each name between spaces, so that a query can search
// for one; "*" means everything in both scopes, also after the catalog changes.
func (c *Catalog) Encode(s Set, everything bool) string {
	if everything {
		return "*"
	}
	if s.Empty() {
		return ""
	}
	return " " + strings.Join(c.Names(s), " ") + " "
}

// maxParsed limits the memory for decoded sets, about a kilobyte each.
const maxParsed = 4096

// Decode decodes a set that Encode returned. Names that are no longer in the catalog grant nothing.
func (c *Catalog) Decode(text string) Set {
	if s, ok := c.parsed.Load(text); ok {
		return s.(Set)
	}
	var s Set
	if text == "*" {
		s = c.scopes[ScopeAccount].Union(c.scopes[ScopeProject])
	} else {
		for n := range strings.FieldsSeq(text) {
			if i, ok := c.index[n]; ok {
				s.add(i)
			}
		}
	}
	// Accounts can create any number of sets, and change them at any time.
	if c.kept.Add(1) > maxParsed {
		c.kept.Store(1)
		c.parsed.Clear()
	}
	c.parsed.Store(text, s)
	return s
}

// Nearest is the name in the catalog that is most similar to the given one, for a "did you mean" hint.
func (c *Catalog) Nearest(name string, scope Scope) string {
	var names []string
	for _, p := range c.Grantable(scope) {
		names = append(names, p.Name)
	}
	best, _ := nearest.Best(name, names)
	return best
}

// SecondSlug is the slug of the account role with the most permissions after the Owner role.
func (c *Catalog) SecondSlug() string {
	best, most := OwnerSlug, -1
	for _, r := range c.roles {
		if r.Scope == ScopeAccount && r.Slug != OwnerSlug && len(r.Permissions) > most {
			best, most = r.Slug, len(r.Permissions)
		}
	}
	return best
}

// Fingerprint is equal for equivalent catalogs.
func (c *Catalog) Fingerprint() string {
	b, err := json.Marshal(struct {
		Permissions []Permission
		Roles       []SystemRole
		Types       []ResourceType `json:",omitempty"`
		Actions     []Action       `json:",omitempty"`
	}{c.permissions[:c.listed], c.roles, c.types, c.actions})
	if err != nil {
		panic(err) // marshaling strings cannot fail
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
