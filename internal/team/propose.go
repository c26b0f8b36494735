package team

import (
	"slices"

	"raff/internal/permission"
)

// proposal is a catalog that the server does not use, with the roles as they would be.
type proposal struct {
	s      *Service
	c      *permission.Catalog
	system []Role
	sets   map[string]permission.Set // by role id, in terms of c
}

// Propose makes the Asker evaluate questions as if the server used another catalog, in YAML. System roles have the
// permissions of that catalog; custom roles keep those that it still has. It requires the permission to see explanations. Searches
// are not supported.
func (a *Asker) Propose(p *Principal, catalog string) error {
	if err := a.s.Require(p, permission.DecisionsExplain); err != nil {
		return err
	}
	c, err := permission.Parse([]byte(catalog))
	if err != nil {
		return RefusalInvalidCatalog.With(err)
	}
	system := a.s.SystemRoles(c)
	sets := make(map[string]permission.Set, len(system))
	for _, r := range system {
		sets[r.ID] = r.Permissions
	}
	a.c, a.proposed = c, &proposal{a.s, c, system, sets}
	return nil
}

// translate makes the grant of a role that of the role under the proposed catalog.
func (p *proposal) translate(g *Grant) {
	if g.RoleID != "" {
		g.Permissions = p.set(g.RoleID, g.Permissions)
	}
}

func (p *proposal) set(roleID string, now permission.Set) permission.Set {
	set, known := p.sets[roleID]
	if !known {
		names := slices.DeleteFunc(p.s.catalog.Names(now), func(name string) bool { _, ok := p.c.Find(name); return !ok })
		set, _ = p.c.SetOf(names)
		p.sets[roleID] = set
	}
	return set
}

// roles returns the roles of the account under the proposed catalog, with system roles that it adds.
func (p *proposal) roles(now []Role) []Role {
	out := make([]Role, 0, len(now))
	for _, r := range now {
		r.Permissions = p.set(r.ID, r.Permissions)
		out = append(out, r)
	}
	for _, r := range p.system {
		if !slices.ContainsFunc(now, func(o Role) bool { return o.ID == r.ID }) {
			out = append(out, r)
		}
	}
	return out
}
