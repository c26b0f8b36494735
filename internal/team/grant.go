package team

import "strings"

// The grant guard. Access grows only through somebody who may hand it out, and every path that hands out, moves or
// takes access calls one of the functions below inside its write transaction:
//
//	mayBind      a role is bound to a person, an invitation or a key
//	mayTouch     a membership is changed or removed
//	mayCompose   a role gets permissions
//	mayCommand   a key's secret or life is renewed
//	managerLeft  something that may have taken the last manager away
//
// Refusals name what is missing, so that the caller knows whom to ask.

// subject is who a role is bound to. Exactly one of userID, keyID and canonical says it; a user also has canonical.
type subject struct {
	userID    string
	keyID     string
	canonical string
}

func (m Member) subject() subject {
	return subject{userID: m.UserID, keyID: m.APIKeyID, canonical: m.CanonicalEmail}
}

// mayBind decides whether the caller may bind role to the subject in the scope (projectID empty: the account).
// delegated says that it was allowed by the right to manage members, not by holding the role's permissions.
func (w *work) mayBind(to subject, role Role, projectID string) (delegated bool, err error) {
	if err := scopeFits(role, projectID); err != nil {
		return false, err
	}
	if role.IsOwner() && (to.keyID == "" || !w.p.Owner || !w.p.InPerson) {
		return false, denied("owner_role_not_assignable", "The Owner role is not handed out: ownership moves by transfer, and only the Owner in person gives the role to a key. Choose another role.")
	}
	if w.isCaller(to) {
		return false, selfDenied()
	}
	held, err := w.s.held(w.ctx, w, w.p, projectID)
	if err != nil {
		return false, err
	}
	missing := role.Permissions.Minus(held)
	if missing.Empty() {
		return false, nil
	}
	maker, err := w.isMaker(to)
	if err != nil {
		return false, err
	}
	if to.keyID == "" && !maker && !w.p.account.Strict {
		allowed, err := w.delegates(held, projectID)
		if err != nil || allowed {
			return allowed, err
		}
	}
	return false, w.escalation(missing, "You can hand out only what you hold yourself")
}

// delegates reports whether the caller may hand out any role of the scope to people.
func (w *work) delegates(held Set, projectID string) (bool, error) {
	if w.s.has(w.p, MembersManage) {
		return true, nil
	}
	return projectID != "" && w.s.Options.Catalog.Has(held, ProjectMembersManage), nil
}

func (w *work) isCaller(to subject) bool {
	switch w.p.Type {
	case TypeUser:
		return to.userID == w.p.ID || to.keyID == "" && to.canonical == w.p.canonical
	case TypeAPIKey:
		return to.keyID == w.p.ID
	}
	return false
}

// isMaker reports whether a key acts on the person who made it: a key must not become a way to more than they have.
func (w *work) isMaker(to subject) (bool, error) {
	if w.p.Type != TypeAPIKey || w.p.maker == "" || to.keyID != "" {
		return false, nil
	}
	if to.userID != "" {
		return to.userID == w.p.maker, nil
	}
	u, err := w.User(w.ctx, w.p.maker)
	if err != nil {
		return false, notFoundIs(err, nil)
	}
	return u.CanonicalEmail == to.canonical, nil
}

// mayTouch decides whether the caller may change or remove a membership, whatever the change is.
func (w *work) mayTouch(m Member) error {
	if m.IsOwner {
		return denied("owner_protected", "The Owner's membership cannot be changed, suspended or removed. Transfer the ownership first.")
	}
	if w.isCaller(m.subject()) {
		return selfDenied()
	}
	if m.Role.IsOwner() && !w.p.Owner {
		return denied("target_dominates", "This API key has the Owner role. Only the Owner may change or remove it.")
	}
	if !w.p.account.Strict {
		return nil
	}
	return w.dominates(m)
}

// dominates asks that the caller holds everything these memberships grant.
func (w *work) dominates(ms ...Member) error {
	var missing Set
	for _, m := range ms {
		held, err := w.s.held(w.ctx, w, w.p, m.ProjectID)
		if err != nil {
			return err
		}
		missing = missing.Union(m.Role.Permissions.Minus(held))
	}
	if missing.Empty() {
		return nil
	}
	e := w.escalation(missing, "The target holds more than you do")
	e.Code = "target_dominates"
	return e
}

// mayCommand decides whether the caller may renew a key: a new secret, a longer life, or waking it up.
func (w *work) mayCommand(k APIKey) error {
	if w.p.Type == TypeAPIKey && w.p.ID == k.ID {
		return nil
	}
	if err := w.mayTouchKey(k); err != nil {
		return err
	}
	return w.dominates(k.Memberships...)
}

// mayTouchKey decides whether the caller may change or revoke a key at all.
func (w *work) mayTouchKey(k APIKey) error {
	for _, m := range k.Memberships {
		if m.Role.IsOwner() && !w.p.Owner {
			return denied("target_dominates", "This API key has the Owner role. Only the Owner may change or revoke it.")
		}
	}
	if w.p.account.Strict {
		return w.dominates(k.Memberships...)
	}
	return nil
}

// mayCompose decides whether the caller may put these permissions into a role. holders are the role's memberships;
// a new role has none.
func (w *work) mayCompose(scope Scope, added Set, holders []Member) error {
	if added.Empty() {
		return nil
	}
	if scope == ScopeAccount {
		held, err := w.s.held(w.ctx, w, w.p, "")
		if err != nil {
			return err
		}
		if missing := added.Minus(held); !missing.Empty() {
			return w.escalation(missing, "A role can only get permissions you hold yourself")
		}
		return nil
	}
	// Who composes project roles need not hold what is in them, unless the role would make the caller itself stronger,
	// in person or through a key of theirs.
	for _, m := range holders {
		mine, err := w.isMine(m)
		if err != nil {
			return err
		}
		if !mine {
			continue
		}
		held, err := w.s.held(w.ctx, w, w.p, m.ProjectID)
		if err != nil {
			return err
		}
		if missing := added.Minus(held); !missing.Empty() {
			return w.escalation(missing, "This role is bound to you or to a key you made, so it can only get permissions you hold yourself")
		}
	}
	return nil
}

// isMine reports whether a membership is the caller's, or that of a key the caller or the person behind it made, or
// that person's own.
func (w *work) isMine(m Member) (bool, error) {
	if w.isCaller(m.subject()) {
		return true, nil
	}
	if m.APIKeyID == "" {
		return w.isMaker(m.subject())
	}
	k, err := w.APIKey(w.ctx, w.p.AccountID, m.APIKeyID)
	if err != nil {
		return false, err
	}
	return k.CreatedBy == w.p.ID || k.CreatedByUser != "" && k.CreatedByUser == w.p.person(), nil
}

// managerLeft refuses a change after which no active person could manage members any more.
func (w *work) managerLeft() error {
	ok, err := w.HasManager(w.ctx, w.p.AccountID, MembersManage, w.at)
	if err != nil || ok {
		return err
	}
	return conflict("last_manager", "After this nobody could manage the account's members. Give %s to another active person first.", MembersManage)
}

func (w *work) escalation(missing Set, why string) *Error {
	names := w.s.Options.Catalog.Names(missing)
	e := denied("escalation_denied", "%s. Missing: %s.", why, strings.Join(names, ", "))
	e.Missing = names
	return e
}

func selfDenied() error {
	return denied("self_change_denied", "Nobody changes or removes their own membership. Ask another manager of the account.")
}

func scopeFits(role Role, projectID string) error {
	want := ScopeAccount
	if projectID != "" {
		want = ScopeProject
	}
	if role.Scope != want {
		return invalid("role_id", "role_scope_mismatch", "%q is a role of the %s scope; a role of the %s scope is needed here.", role.Name, role.Scope, want)
	}
	return nil
}
