package team

import (
	"context"
	"strings"
	"time"

	"raff/internal/permission"
)

// The grant guard. Only someone who may assign access can grant it, and every path that grants, moves or removes access
// calls one of the functions below inside its write transaction:
//
//	mayBind      a role is assigned to a person, an invitation or a key
//	mayTouch     a membership is changed or removed
//	mayCompose   permissions are added to a role
//	mayCommand   a key is rotated, extended or enabled
//	managerLeft  a change that may have removed the last manager
//
// Refusals name the missing permissions, so that the caller knows whom to ask.

// guard decides what its principal may do, based on its reader, which is the transaction inside a write.
type guard struct {
	Reader
	s   *Service
	ctx context.Context
	p   *Principal
	at  time.Time
}

// subject is the principal that gets a role. Exactly one of userID, keyID and canonical identifies it; a user also has
// canonical.
type subject struct {
	userID    string
	keyID     string
	canonical string
}

func (m Member) subject() subject {
	return subject{userID: m.UserID, keyID: m.APIKeyID, canonical: m.CanonicalEmail}
}

// mayBind decides whether the caller may assign role to the subject in the scope (the account if projectID is empty).
// delegated says that it was allowed by the permission to manage members, not by holding the role's permissions.
func (g *guard) mayBind(to subject, role Role, projectID string) (delegated bool, err error) {
	if err := scopeFits(role, projectID); err != nil {
		return false, err
	}
	if role.IsOwner() && (to.keyID == "" || !g.p.Owner || !g.p.InPerson) {
		return false, RefusalOwnerNotAssignable.With()
	}
	if g.isCaller(to) {
		return false, selfDenied()
	}
	if err := g.supportMayBind(to, role); err != nil {
		return false, err
	}
	held, err := g.s.held(g.ctx, g, g.p, projectID)
	if err != nil {
		return false, err
	}
	missing := role.Permissions.Minus(held)
	holder, err := g.isHolder(to)
	if err != nil {
		return false, err
	}
	if missing.Empty() {
		if holder {
			return false, g.mayBindHolder(to)
		}
		return false, nil
	}
	if to.keyID == "" && !holder && !g.p.strict() {
		if g.delegates(held, projectID) {
			return true, nil
		}
	}
	return false, g.escalation(missing, RefusalBeyondHeld)
}

// delegates reports whether the caller may assign any role of the scope to people.
func (g *guard) delegates(held permission.Set, projectID string) bool {
	if g.s.has(g.p, permission.MembersManage) {
		return true
	}
	return projectID != "" && g.s.catalog.Has(held, permission.ProjectMembersManage)
}

func (g *guard) isCaller(to subject) bool {
	switch g.p.Type {
	case TypeUser:
		return to.userID == g.p.ID || to.keyID == "" && to.canonical == g.p.canonical
	case TypeAPIKey:
		return to.keyID == g.p.ID
	}
	return false
}

// mayBindHolder decides whether a key may assign a role to a person who was shown its secret, who could use it to
// revert a change of their own access. The Owner has every permission anyway.
func (g *guard) mayBindHolder(to subject) error {
	m, err := g.MemberByEmail(g.ctx, g.p.AccountID, "", to.canonical)
	if err != nil && !IsNotFound(err) {
		return err
	}
	if err == nil && m.IsOwner {
		return nil
	}
	return holderDenied()
}

// mayTouch decides whether the caller may change or remove a membership at all, whatever the change is.
func (g *guard) mayTouch(m Member) error {
	if g.p.Type == TypeSupport && m.APIKeyID != "" {
		return RefusalSupportKeys.With()
	}
	if m.IsOwner {
		return RefusalOwnerProtected.With()
	}
	if g.isCaller(m.subject()) {
		return selfDenied()
	}
	if holder, err := g.isHolder(m.subject()); err != nil {
		return err
	} else if holder {
		return holderDenied()
	}
	if m.Role.IsOwner() && !g.p.Owner {
		return RefusalOwnerKeyMember.With()
	}
	if !g.p.strict() {
		return nil
	}
	return g.dominates(m)
}

// dominates requires that the caller holds everything that the memberships grant.
func (g *guard) dominates(ms ...Member) error {
	var missing permission.Set
	for _, m := range ms {
		held, err := g.s.held(g.ctx, g, g.p, m.ProjectID)
		if err != nil {
			return err
		}
		missing = missing.Union(m.Role.Permissions.Minus(held))
	}
	if missing.Empty() {
		return nil
	}
	e := g.escalation(missing, RefusalTargetHoldsMore)
	e.Code = "target_dominates"
	return e
}

// mayCommand decides whether the caller may rotate, extend or enable a key.
func (g *guard) mayCommand(k APIKey) error {
	if g.p.Type == TypeAPIKey && g.p.ID == k.ID {
		return g.replaced(k)
	}
	if err := g.mayTouchKey(k); err != nil {
		return err
	}
	return g.dominates(k.Memberships...)
}

// mayTouchKey decides whether the caller may change or revoke a key at all.
func (g *guard) mayTouchKey(k APIKey) error {
	if err := g.replaced(k); err != nil {
		return err
	}
	for _, m := range k.Memberships {
		if m.Role.IsOwner() && !g.p.Owner {
			return RefusalOwnerKey.With()
		}
	}
	if g.p.strict() {
		return g.dominates(k.Memberships...)
	}
	return nil
}

// mayCompose decides whether the caller may add the permissions to a role. holders are the role's memberships; a new
// role has none.
func (g *guard) mayCompose(scope permission.Scope, added permission.Set, holders []Member) error {
	if added.Empty() {
		return nil
	}
	if err := g.supportMayAdd(added); err != nil {
		return err
	}
	if scope == permission.ScopeAccount {
		held, err := g.s.held(g.ctx, g, g.p, "")
		if err != nil {
			return err
		}
		if missing := added.Minus(held); !missing.Empty() {
			return g.escalation(missing, RefusalRoleBeyondHeld)
		}
	}
	for _, m := range holders {
		if err := g.mayComposeFor(m, scope, added); err != nil {
			return err
		}
	}
	return nil
}

// mayComposeFor decides whether a role of this membership may get the permissions. Changing project roles does not
// require holding their permissions, unless the caller itself would gain them, in person or through a key whose secret
// they were shown. A key must not grant permissions to a person who was shown its secret.
func (g *guard) mayComposeFor(m Member, scope permission.Scope, added permission.Set) error {
	holder, err := g.isHolder(m.subject())
	if err != nil {
		return err
	}
	if holder {
		return holderDenied()
	}
	if scope == permission.ScopeAccount {
		return nil
	}
	mine := g.isCaller(m.subject())
	if m.APIKeyID != "" && !mine {
		if mine, err = g.isOwn(m.APIKeyID); err != nil {
			return err
		}
	}
	if !mine {
		return nil
	}
	held, err := g.s.held(g.ctx, g, g.p, m.ProjectID)
	if err != nil {
		return err
	}
	if missing := added.Minus(held); !missing.Empty() {
		return g.escalation(missing, RefusalOwnRoleBeyondHeld)
	}
	return nil
}

// managerLeft refuses a change after which no active person could manage members.
func (g *guard) managerLeft() error {
	ok, err := g.HasManager(g.ctx, g.p.AccountID, permission.MembersManage, g.at)
	if err != nil || ok {
		return err
	}
	return RefusalLastManager.With(permission.MembersManage)
}

func (g *guard) escalation(missing permission.Set, why *Refusal) *Error {
	names := g.s.catalog.Names(missing)
	e := why.With(strings.Join(names, ", "))
	e.Missing, e.Words = names, g.s.catalog.Words(names)
	return e
}

func selfDenied() error {
	return RefusalOwnMembership.With()
}

func scopeFits(role Role, projectID string) error {
	want := permission.ScopeAccount
	if projectID != "" {
		want = permission.ScopeProject
	}
	if role.Scope != want {
		return RefusalRoleScope.With(role.Name, role.Scope, want)
	}
	return nil
}
