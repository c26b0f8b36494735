package web

import (
	"slices"
	"strings"

	"raff/internal/team"
)

// choice is one role that can, or cannot, be handed out here.
type choice struct {
	team.Role
	permit
	Groups []group
	Chosen bool
	Count  int // permissions of the role's own scope
}

// group is one category of permissions, and what a role has of it.
type group struct {
	Category string
	Rows     []grant
	Have     int
}

// grant is one permission of the catalog, seen from a role.
type grant struct {
	team.Permission
	Has    bool
	Locked bool // cannot be put into the role by who looks at it
}

// groups lists a scope's permissions by category with what is in the set.
func (p *pages) groups(scope team.Scope, set, locked team.Set) []group {
	c := p.svc.Catalog()
	var all []group
	place := map[string]int{}
	for _, perm := range c.Permissions(scope) {
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

// everything is the page of a list from which somebody chooses: what is not in it cannot be chosen. The quotas of the
// account bound how many roles, projects and API keys there are.
var everything = team.Page{Uncounted: true}

// choices lists the roles of a scope with what may be done with each. The Owner role is left out: it moves by transfer.
func (v *visit) choices(scope team.Scope, chosen string, may func(team.Role) error) ([]choice, error) {
	roles, known := v.roles[scope]
	if !known {
		var err error
		if roles, _, err = v.p.svc.ListRoles(v.Context(), v.who, team.RoleFilter{Scope: scope, Page: everything}); err != nil {
			return nil, err
		}
		v.p.byPower(roles)
		v.roles[scope] = roles
	}
	var out []choice
	for _, r := range roles {
		if r.IsOwner() {
			continue
		}
		out = append(out, v.choice(r, chosen, may(r)))
	}
	return out, nil
}

func (v *visit) choice(r team.Role, chosen string, may error) choice {
	own := r.Permissions.Intersect(v.p.svc.Catalog().Scope(r.Scope))
	return choice{Role: r, permit: v.ask(may), Groups: v.p.groups(r.Scope, own, team.Set{}), Chosen: r.ID == chosen, Count: own.Len()}
}

// byPower puts roles in the order in which people look for them: those of the system first, and what grants more before
// what grants less.
func (p *pages) byPower(roles []team.Role) {
	power := func(r team.Role) int { return r.Permissions.Intersect(p.svc.Catalog().Scope(r.Scope)).Len() }
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

// firstAllowed is the first role that can be handed out, or -1.
func firstAllowed(all []choice) int {
	return slices.IndexFunc(all, func(c choice) bool { return c.OK })
}

// anyChosen reports whether one of the roles is chosen.
func anyChosen(all []choice) bool {
	return slices.ContainsFunc(all, func(c choice) bool { return c.Chosen })
}

// anyAllowed reports whether one of the roles can be handed out.
func anyAllowed(all []choice) bool { return firstAllowed(all) >= 0 }

// missing is the refusal of a role without its repetition.
func (c choice) missing() string {
	if i := strings.Index(c.Why, notHeld); i >= 0 {
		return c.Why[i:]
	}
	return c.Why
}
