package web

import (
	"cmp"
	"slices"

	"raff/internal/permission"
	"raff/internal/team"
)

// choice is one role in a list, and whether the user can assign it.
type choice struct {
	team.Role
	permit
	Groups []group
	Chosen bool
	Count  int  // permissions of the role's own scope
	More   bool // there are more roles than are listed
}

// group is one category of permissions, and which of them a role has.
type group struct {
	Category string
	Rows     []grant
	Have     int
}

// grant is one permission of the catalog, and whether a role has it.
type grant struct {
	permission.Permission
	Has    bool
	Locked bool // the user cannot add it to the role
}

// groups lists a scope's permissions by category, marking those in the set.
func (p *pages) groups(scope permission.Scope, set, locked permission.Set) []group {
	c := p.svc.Catalog()
	var all []group
	place := map[string]int{}
	for _, perm := range c.Grantable(scope) {
		i, ok := place[perm.Category]
		if !ok {
			i = len(all)
			place[perm.Category] = i
			all = append(all, group{Category: perm.Category})
		}
		has := c.Has(set, perm.Name)
		all[i].Rows = append(all[i].Rows, grant{Permission: perm, Has: has, Locked: c.Has(locked, perm.Name) && !has})
		if has {
			all[i].Have++
		}
	}
	return all
}

// choices lists the first roles of a scope, and the chosen one, and whether each can be assigned. The Owner role is left out: it is
// assigned only by a transfer.
func (v *visit) choices(scope permission.Scope, chosen string, may func(team.Role) error) ([]choice, error) {
	roles, known := v.roles[scope]
	if !known {
		var err error
		if roles, _, err = v.p.svc.ListRoles(v.Context(), v.who, team.RoleFilter{Scope: scope, Page: few}); err != nil {
			return nil, err
		}
		v.roles[scope] = roles
	}
	roles, more := cut(roles)
	if more && chosen != "" && !slices.ContainsFunc(roles, func(r team.Role) bool { return r.ID == chosen }) {
		switch r, err := v.p.svc.GetRole(v.Context(), v.who, chosen); {
		case err == nil && r.Scope == scope:
			roles = append([]team.Role{r}, roles...)
		case err != nil && !team.IsNotFound(err):
			return nil, err
		}
	} else if !more {
		roles = slices.Clone(roles)
		v.p.byPower(roles)
	}
	var out []choice
	for _, r := range roles {
		if r.IsOwner() {
			continue
		}
		c := v.choice(r, chosen, may(r))
		c.More = more
		out = append(out, c)
	}
	return out, nil
}

// keyChoices is choices of account roles for an API key. The Owner role comes last, for those who may assign it.
func (v *visit) keyChoices(chosen string, may func(team.Role) error) ([]choice, error) {
	out, err := v.choices(permission.ScopeAccount, chosen, may)
	for _, r := range v.roles[permission.ScopeAccount] {
		if r.IsOwner() && v.ask(may(r)).OK {
			out = append(out, v.choice(r, chosen, nil))
		}
	}
	return out, err
}

// more reports whether there are more roles than are listed, and of which kind a finder finds them.
func moreRoles(all []choice) (kind string, more bool) {
	if len(all) == 0 || !all[0].More {
		return "", false
	}
	return kindOf(all[0].Scope), true
}

func (v *visit) choice(r team.Role, chosen string, may error) choice {
	own := v.p.effective(r)
	return choice{Role: r, permit: v.ask(may), Groups: v.p.groups(r.Scope, own, permission.Set{}), Chosen: r.ID == chosen, Count: own.Len()}
}

// effective is what the role grants, with the permissions that others imply.
func (p *pages) effective(r team.Role) permission.Set {
	c := p.svc.Catalog()
	return c.Effective(r.Permissions).Intersect(c.GrantableSet(r.Scope))
}

// byPower sorts roles: system roles first, then by number of permissions, largest first.
func (p *pages) byPower(roles []team.Role) {
	power := func(r team.Role) int { return p.effective(r).Len() }
	slices.SortStableFunc(roles, func(a, b team.Role) int {
		if a.IsSystem != b.IsSystem {
			if a.IsSystem {
				return -1
			}
			return 1
		}
		return power(b) - power(a)
	})
}

// firstAllowed is the index of the first role that can be assigned, or -1.
func firstAllowed(all []choice) int {
	return slices.IndexFunc(all, func(c choice) bool { return c.OK })
}

// anyChosen reports whether one of the roles is chosen.
func anyChosen(all []choice) bool {
	return slices.ContainsFunc(all, func(c choice) bool { return c.Chosen })
}

// anyAllowed reports whether one of the roles can be assigned.
func anyAllowed(all []choice) bool { return firstAllowed(all) >= 0 }

// missing says which permissions the user would have to hold to assign the role, or why else it cannot be assigned.
func (c choice) missing() string { return cmp.Or(c.Missing, c.Why) }
