package team

import (
	"context"

	"raff/internal/permission"
)

// Preview is what a change of a role would change.
type Preview struct {
	// Added and Removed are the permissions that the role would gain and lose.
	Added, Removed []string
	// People and Keys are how many people and API keys would have another answer to some request for a decision. Total is the
	// number of their memberships with the role; Others are the memberships with the role for which nothing would change: they
	// are pending, suspended or expired, or belong to an Owner.
	People, Keys, Total, Others int
	// Effects are the first MaxEffects of these memberships, in order of creation; empty if the caller may not view members.
	Effects []Effect
}

// Effect is what a change of a role would change for one membership.
type Effect struct {
	Holder
	Gains, Loses []string
}

// MaxEffects is the maximum number of memberships that a Preview lists.
const MaxEffects = 20

// PreviewRole computes the effect of a change of a role, without changing anything. The role can also be a system role, which
// cannot be changed. Every answer is that of Decide, with the permissions as they are and as they would be.
func (s *Service) PreviewRole(ctx context.Context, p *Principal, id string, c RoleChange) (Preview, error) {
	if err := s.Require(p, permission.RolesManage); err != nil {
		return Preview{}, err
	}
	if err := c.check(); err != nil {
		return Preview{}, err
	}
	ctx, done := s.store.Snapshot(ctx)
	defer done()
	r, err := s.store.Role(ctx, p.AccountID, id)
	if err != nil {
		return Preview{}, err
	}
	set, err := s.changedSet(r, c)
	if err != nil {
		return Preview{}, err
	}
	before, after := s.catalog.Effective(r.Permissions), s.catalog.Effective(set)
	out := Preview{Added: s.catalog.Names(after.Minus(before)), Removed: s.catalog.Names(before.Minus(after))}
	e := effects{
		s: s, out: &out, in: InAccount, role: set, people: map[string]bool{},
		ids: s.catalog.IDs(after.Minus(before).Union(before.Minus(after))), list: s.Require(p, permission.MembersView, permission.MembersManage) == nil,
	}
	if r.Scope == permission.ScopeProject {
		e.in = InProject
	}
	f := HolderFilter{AccountID: p.AccountID, RoleID: r.ID, Limit: lookAhead}
	for {
		read, err := s.store.Holders(ctx, f)
		if err != nil {
			return Preview{}, err
		}
		for i := range read {
			e.add(&read[i])
		}
		if len(read) < f.Limit {
			return out, nil
		}
		f.After = &read[len(read)-1].At
	}
}

// effects collects the effects of giving the role another set of permissions.
type effects struct {
	s      *Service
	out    *Preview
	in     Where
	role   permission.Set // the proposed permissions
	ids    []permission.ID
	people map[string]bool // and API keys that were counted
	list   bool
}

func (e *effects) add(h *Holder) {
	proposed := h.Grants
	if e.in == InProject {
		proposed.Project.Permissions = e.role
	} else {
		proposed.Account.Permissions = e.role
	}
	effect := Effect{Holder: *h}
	for _, id := range e.ids {
		was, would := e.may(&h.Grants, id), e.may(&proposed, id)
		switch name := e.s.catalog.Permission(id).Name; {
		case would && !was:
			effect.Gains = append(effect.Gains, name)
		case was && !would:
			effect.Loses = append(effect.Loses, name)
		}
	}
	if len(effect.Gains)+len(effect.Loses) == 0 {
		e.out.Others++
		return
	}
	e.out.Total++
	if !e.people[h.ID] {
		e.people[h.ID] = true
		if h.Type == TypeAPIKey {
			e.out.Keys++
		} else {
			e.out.People++
		}
	}
	if e.list && len(e.out.Effects) < MaxEffects {
		e.out.Effects = append(e.out.Effects, effect)
	}
}

// may reports whether a decision allows, or would allow if the properties in the request met the conditions of the catalog.
func (e *effects) may(g *Grants, id permission.ID) bool {
	d := Decide(e.s.catalog, g, id, e.in, nil, e.s.Now())
	return d.Allowed || d.Reason == ReasonCondition
}
