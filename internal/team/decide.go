package team

import (
	"context"
	"time"

	"raff/internal/permission"
)

// All decisions about who may do what are made in this file: for API requests, pages, the grant guard, decisions for
// services, searches and explanations.

// Grant is the access that one membership gives to its subject. The zero value is that of a subject that is not a member.
type Grant struct {
	Status      Status
	Ends        time.Time // zero: never
	Owner       bool      // the Owner role: every permission, in the account and in all projects
	Permissions permission.Set
	// RoleID, RoleSlug and RoleName are for explanations and conditions.
	RoleID, RoleSlug, RoleName string
}

// grantOf returns the grant of a membership.
func grantOf(m *Member) Grant {
	return Grant{
		Status: m.Status, Ends: m.ExpiresAt, Owner: m.Role.IsOwner(), Permissions: m.Role.Permissions,
		RoleID: m.Role.ID, RoleSlug: m.Role.Slug, RoleName: m.Role.Name,
	}
}

func (g *Grant) live(now time.Time) bool { return g.Status == StatusActive && !Expired(g.Ends, now) }

// Grants are all data in the database that decide what a subject may do: the subject's memberships of the account and
// of the project in question and, for an API key, whether the key works.
type Grants struct {
	Account, Project Grant
	// Closed says that nobody can use the account; see AccountState.
	Closed bool
	// Disabled and Ends are those of an API key. Ends is zero for people, and for keys that do not expire.
	Disabled bool
	Ends     time.Time
}

// Where is the place to which a question applies.
type Where int

// The places.
const (
	InAccount Where = iota
	InProject
	// OnResource is a resource of a declared type in a project.
	OnResource
)

// Reason is the reason for a decision.
type Reason string

// The reasons. Only ReasonGranted allows.
const (
	ReasonGranted     Reason = "granted"
	ReasonMissing     Reason = "permission_missing"
	ReasonScope       Reason = "permission_scope_mismatch" // a project permission for the account, or vice versa
	ReasonCondition   Reason = "condition_not_met"
	ReasonSuspended   Reason = "member_suspended"
	ReasonPending     Reason = "member_pending"
	ReasonExpired     Reason = "access_expired"
	ReasonKeyDisabled Reason = "key_disabled"
	ReasonKeyExpired  Reason = "key_expired"
	// ReasonAccountSuspended also applies to an account that is being deleted.
	ReasonAccountSuspended Reason = "account_suspended"
	ReasonNoSubject        Reason = "subject_unknown"
	ReasonNoResource       Reason = "resource_unknown"
	ReasonNoPermission     Reason = "action_unknown"
)

// Decision is the answer to whether a subject may do something.
type Decision struct {
	Allowed bool
	Reason  Reason
	// Until is when the answer changes if nothing is changed before: an expiry. Zero means never.
	Until time.Time
	// By is the grant that allows, or the one that would allow if it were active; nil if there is none.
	By *Grant
}

// Decide decides whether a subject has a permission in a place. facts has the values for the permission's conditions; nil
// means that the request has no properties. It does not allocate memory.
func Decide(c *permission.Catalog, a *Grants, id permission.ID, in Where, facts permission.Facts, now time.Time) Decision {
	p := c.Permission(id)
	own := &a.Account // the membership whose role would have the permission
	if p.Scope == permission.ScopeProject {
		if in == InAccount {
			return Decision{Reason: ReasonScope}
		}
		own = &a.Project
	} else if in == OnResource {
		return Decision{Reason: ReasonScope}
	}
	if why := a.blocked(now); why != "" {
		return Decision{Reason: why}
	}
	d := Decision{Reason: ReasonMissing}
	for _, g := range [2]*Grant{&a.Account, own} {
		if !g.Owner && (g != own || !c.Effective(g.Permissions).Holds(id)) {
			continue
		}
		switch {
		case !g.live(now):
			if !d.Allowed {
				d.Reason, d.By = g.ended(), g
			}
		case !met(p, facts, g.RoleSlug):
			if !d.Allowed {
				d.Reason, d.By = ReasonCondition, g
			}
		case !d.Allowed:
			d = Decision{Allowed: true, Reason: ReasonGranted, Until: g.Ends, By: g}
		default:
			d.Until = later(d.Until, g.Ends)
		}
	}
	if d.Allowed {
		d.Until = sooner(d.Until, a.Ends)
	}
	return d
}

// blocked returns why the subject may do nothing at all, if so. A suspension of the account membership also covers
// projects.
func (a *Grants) blocked(now time.Time) Reason {
	switch {
	case a.Disabled:
		return ReasonKeyDisabled
	case Expired(a.Ends, now):
		return ReasonKeyExpired
	case a.Closed:
		return ReasonAccountSuspended
	case a.Account.Status == StatusSuspended:
		return ReasonSuspended
	case a.Account.Status == "" && a.Project.Status == "":
		return ReasonMissing
	}
	return ""
}

// ended returns why a grant is not active.
func (g *Grant) ended() Reason {
	switch g.Status {
	case StatusSuspended:
		return ReasonSuspended
	case StatusPending:
		return ReasonPending
	}
	return ReasonExpired
}

// holds returns everything that the subject may do in a place, as far as it does not depend on conditions.
func (a *Grants) holds(c *permission.Catalog, in Where, now time.Time) permission.Set {
	if a.blocked(now) != "" {
		return permission.Set{}
	}
	if a.Account.Owner && a.Account.live(now) {
		return c.Everything()
	}
	g := &a.Account
	if in == InProject {
		g = &a.Project
	}
	if !g.live(now) {
		return permission.Set{}
	}
	return c.Effective(g.Permissions)
}

func met(p *permission.Permission, facts permission.Facts, role string) bool {
	for i := range p.Conditions {
		if !p.Conditions[i].Holds(facts, role) {
			return false
		}
	}
	return true
}

// later returns the later of two ends; the zero time is never.
func later(a, b time.Time) time.Time {
	if a.IsZero() || b.IsZero() {
		return time.Time{}
	}
	if a.After(b) {
		return a
	}
	return b
}

// sooner returns the earlier of two ends; the zero time is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// may reports whether the principal has a permission of the server in a place.
func (s *Service) may(a *Grants, name string, in Where) bool {
	id, ok := s.catalog.Find(name)
	return ok && Decide(s.catalog, a, id, in, nil, s.Now()).Allowed
}

// has reports whether the principal has an account permission.
func (s *Service) has(p *Principal, name string) bool { return s.may(&p.grants, name, InAccount) }

// grantsIn returns the access of p in the account (projectID is empty) or in a project.
func (s *Service) grantsIn(ctx context.Context, r Reader, p *Principal, projectID string) (Grants, error) {
	a := p.grants
	if p.Owner || projectID == "" {
		return a, nil
	}
	if p.Type == TypeSupport {
		a.Project = a.Account // it is the same in all projects
		return a, nil
	}
	m, err := r.MemberOf(ctx, p.AccountID, projectID, p.Type, p.ID)
	if IsNotFound(err) {
		return a, nil
	}
	a.Project = grantOf(&m)
	return a, err
}

// held returns the permissions of p in the account (projectID is empty) or in a project.
func (s *Service) held(ctx context.Context, r Reader, p *Principal, projectID string) (permission.Set, error) {
	a, err := s.grantsIn(ctx, r, p, projectID)
	if err != nil {
		return permission.Set{}, err
	}
	in := InAccount
	if projectID != "" {
		in = InProject
	}
	return a.holds(s.catalog, in, s.Now()), nil
}

// inProject returns the access of p in the project of a membership of p.
func (p *Principal) inProject(m *Member) *Grants {
	a := p.grants
	if m.Type == p.Type && m.ProjectID != "" {
		a.Project = grantOf(m)
	}
	return &a
}

// mayAny reports whether p has one of the project permissions through a membership of p.
func (s *Service) mayAny(p *Principal, m *Member, names ...string) bool {
	if m.Type != p.Type || m.ProjectID == "" {
		return false
	}
	a := p.inProject(m)
	for _, name := range names {
		if s.may(a, name, InProject) {
			return true
		}
	}
	return false
}
