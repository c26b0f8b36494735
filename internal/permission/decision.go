package permission

import (
	"fmt"
	"regexp"
	"slices"
)

// ResourceType is a type of things of the product, such as virtual machines. Each of them belongs to a project, whose
// roles decide what people may do with it.
type ResourceType struct {
	Type   string `yaml:"type"`
	Parent string `yaml:"parent"` // always "project"
}

// Action is another name for a permission in requests for decisions.
type Action struct {
	Name       string `yaml:"name"`
	Permission string `yaml:"permission"`
	// ResourceType limits the name to resources of one type. Several types may then use the same name.
	ResourceType string `yaml:"resource_type" json:",omitempty"`
}

// Types of resources that every catalog has.
const (
	TypeAccount = "account"
	TypeProject = "project"
)

var typePattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)

// ResourceTypes lists the types that the catalog declares.
func (c *Catalog) ResourceTypes() []ResourceType { return c.types }

// Declares reports whether the catalog declares the type of resources.
func (c *Catalog) Declares(resourceType string) bool {
	return slices.ContainsFunc(c.types, func(t ResourceType) bool { return t.Type == resourceType })
}

// Action returns the permission that a request for a decision names, for a resource of this type: by an action of the
// catalog, or by its own name.
func (c *Catalog) Action(name, resourceType string) (ID, bool) {
	for i := range c.actions {
		if a := &c.actions[i]; a.Name == name && a.fits(resourceType) {
			return c.Find(a.Permission)
		}
	}
	return c.Find(name)
}

// ActionNames returns the names under which a permission can be asked for, for resources of this type: its actions or,
// if it has none, its own name.
func (c *Catalog) ActionNames(id ID, resourceType string) (names []string) {
	own := c.permissions[id].Name
	for i := range c.actions {
		if a := &c.actions[i]; a.Permission == own && a.fits(resourceType) {
			names = append(names, a.Name)
		}
	}
	if names == nil {
		names = []string{own}
	}
	return names
}

func (a *Action) fits(resourceType string) bool {
	return a.ResourceType == "" || a.ResourceType == resourceType
}

// checkDecisions checks what the catalog says about decisions: types, actions and conditions.
func (c *Catalog) checkDecisions() error {
	seen := map[string]bool{}
	for _, t := range c.types {
		switch {
		case !typePattern.MatchString(t.Type):
			return fmt.Errorf("resource type %q: a type is 1 to 64 characters of a-z, 0-9, _, . and -, and begins with a letter", t.Type)
		case t.Type == TypeAccount || t.Type == TypeProject:
			return fmt.Errorf("resource type %q: every catalog has this type, so it cannot be declared", t.Type)
		case t.Parent != TypeProject:
			return fmt.Errorf("resource type %q: parent must be project, not %q", t.Type, t.Parent)
		case seen[t.Type]:
			return fmt.Errorf("resource type %q appears twice", t.Type)
		}
		seen[t.Type] = true
	}
	if err := c.checkActions(); err != nil {
		return err
	}
	c.properties = map[Part][]string{}
	for i := range c.permissions {
		p := &c.permissions[i]
		if len(p.Conditions) > 0 && slices.Contains(serverPermissions(), p.Name) {
			return fmt.Errorf("permission %q: the server itself uses this permission, so it cannot have conditions", p.Name)
		}
		for j := range p.Conditions {
			if err := p.Conditions[j].check(); err != nil {
				return fmt.Errorf("permission %q: condition %d: %w", p.Name, j+1, err)
			}
			c.note(p.Conditions[j])
		}
	}
	return nil
}

func (c *Catalog) checkActions() error {
	seen := map[Action]bool{}
	for _, a := range c.actions {
		_, known := c.index[a.Permission]
		_, taken := c.index[a.Name]
		key := Action{Name: a.Name, ResourceType: a.ResourceType}
		switch {
		case a.Name == "" || len(a.Name) > 128:
			return fmt.Errorf("action %q: a name is 1 to 128 characters", a.Name)
		case taken:
			return fmt.Errorf("action %q: this is the name of a permission; choose another name", a.Name)
		case !known:
			return fmt.Errorf("action %q: unknown permission %q; did you mean %q?", a.Name, a.Permission, c.Nearest(a.Permission, ""))
		case a.ResourceType != "" && a.ResourceType != TypeAccount && a.ResourceType != TypeProject && !c.Declares(a.ResourceType):
			return fmt.Errorf("action %q: unknown resource type %q; declare it in resource_types", a.Name, a.ResourceType)
		case seen[key], a.ResourceType != "" && seen[Action{Name: a.Name}]:
			return fmt.Errorf("action %q appears twice", a.Name)
		case a.ResourceType == "" && slices.ContainsFunc(c.actions, func(o Action) bool { return o.Name == a.Name && o.ResourceType != "" }):
			return fmt.Errorf("action %q appears with and without a resource type", a.Name)
		}
		seen[key] = true
	}
	return nil
}

// serverPermissions are the permissions that the server itself asks for.
func serverPermissions() []string {
	names := slices.Clone(requiredPermissions)
	for _, p := range builtIn {
		names = append(names, p.Name)
	}
	return names
}

// note remembers which properties conditions look at.
func (c *Catalog) note(condition Condition) {
	for _, t := range condition.Any {
		if !slices.Contains(c.properties[t.Part], t.Name) {
			c.properties[t.Part] = append(c.properties[t.Part], t.Name)
		}
	}
}

// Properties returns the names of the properties of this part of a request that any condition looks at.
func (c *Catalog) Properties(of Part) []string { return c.properties[of] }
