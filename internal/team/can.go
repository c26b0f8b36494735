package team

import (
	"context"

	"raff/internal/permission"
)

// Can reports what a principal may do, using the same guard that decides when they do it. Each method returns nil for
// yes, or a refusal with its reason, or an error of the database.
type Can struct{ g guard }

// Can returns a Can for p, outside any write and for one request. It must not be used concurrently. An answer can
// change before p acts; the action is then refused.
func (s *Service) Can(ctx context.Context, p *Principal) Can {
	g := s.guard(ctx, p)
	g.Reader = &ownRoles{Reader: s.store, p: p}
	return Can{*g}
}

// ownRoles reads the project roles of the principal once, so that a page that asks about many projects or roles needs
// no query for each.
type ownRoles struct {
	Reader
	p    *Principal
	read bool
	all  map[string]Member // by project
	err  error
}

func (o *ownRoles) MemberOf(ctx context.Context, accountID, projectID string, t PrincipalType, id string) (Member, error) {
	if t != o.p.Type || id != o.p.ID || accountID != o.p.AccountID || projectID == "" {
		return o.Reader.MemberOf(ctx, accountID, projectID, t, id)
	}
	if !o.read {
		o.read, o.all = true, map[string]Member{}
		var ms []Member
		ms, o.err = o.Reader.MembershipsOf(ctx, accountID, o.p.canonical)
		for _, m := range ms {
			if m.Type == t {
				o.all[m.ProjectID] = m
			}
		}
	}
	m, ok := o.all[projectID]
	if o.err == nil && !ok {
		return Member{}, ErrNotFound
	}
	return m, o.err
}

// guard reads the database outside a transaction.
func (s *Service) guard(ctx context.Context, p *Principal) *guard {
	return &guard{Reader: s.store, s: s, ctx: ctx, p: p, at: s.Now()}
}

// ViewMembers reports whether p may view the members of the account or of a project.
func (c Can) ViewMembers(projectID string) error {
	return c.g.s.mayView(c.g.ctx, &c.g, c.g.p, projectID, memberViewers)
}

// ViewEveryone reports whether p may view everyone with access to the account, also those who are only in projects.
func (c Can) ViewEveryone() error { return c.g.s.Require(c.g.p, permission.MembersManage) }

// ViewInvitations reports whether p may view the invitations of the account or of a project.
func (c Can) ViewInvitations(projectID string) error {
	return c.g.s.mayView(c.g.ctx, &c.g, c.g.p, projectID, invitationViewers)
}

// ViewOffers reports whether p may view invitations anywhere.
func (c Can) ViewOffers() error {
	if c.ViewInvitations("") == nil {
		return nil
	}
	return c.g.s.visibleOffers(c.g.ctx, c.g.p, &OfferFilter{})
}

// Invite reports whether p may invite people to the account or to a project.
func (c Can) Invite(projectID string) error { return c.g.mayInvite(projectID) }

// AddMember reports whether p may add existing users and keys.
func (c Can) AddMember() error { return c.g.s.Require(c.g.p, permission.MembersManage) }

// AddToProject reports whether p may add members of the account to a project.
func (c Can) AddToProject(projectID string) error {
	return c.g.s.requireIn(c.g.ctx, &c.g, c.g.p, projectID, []string{permission.ProjectMembersManage}, permission.MembersManage)
}

// RemoveFromProject reports whether p may remove members from a project.
func (c Can) RemoveFromProject(projectID string) error {
	return c.g.s.requireIn(c.g.ctx, &c.g, c.g.p, projectID, []string{permission.ProjectMembersManage, permission.ProjectMembersRemove}, permission.MembersManage)
}

// Give reports whether p may assign a role to the principal of a membership, in its scope.
func (c Can) Give(m Member, role Role) error {
	_, err := c.g.mayBind(m.subject(), role, m.ProjectID)
	return err
}

// InviteAs reports whether p may invite someone with this role.
func (c Can) InviteAs(role Role, projectID string) error {
	if err := c.g.mayInvite(projectID); err != nil {
		return err
	}
	_, err := c.g.mayBind(subject{canonical: " "}, role, projectID)
	return err
}

// ChangeMember reports whether p may change the role and status of a member that p has read.
func (c Can) ChangeMember(m Member) error {
	if err := c.g.mayChangeIn(m.ProjectID); err != nil {
		return err
	}
	return c.g.mayTouch(m)
}

// RemoveMember reports whether p may remove a member that p has read or, while they are pending, cancel the invitation.
func (c Can) RemoveMember(m Member) error {
	if err := c.g.mayRemoveIn(m.ProjectID, m.Type == TypeInvitation); err != nil {
		return err
	}
	return c.g.mayTouch(m)
}

// SendInvitation reports whether p may resend an invitation and get its link.
func (c Can) SendInvitation(inv Invitation) error {
	if err := c.g.mayInvite(inv.ProjectID); err != nil {
		return err
	}
	_, err := c.g.mayBind(subject{canonical: inv.CanonicalEmail}, inv.Role, inv.ProjectID)
	return err
}

// CancelInvitation reports whether p may cancel an invitation.
func (c Can) CancelInvitation(inv Invitation) error {
	if err := c.g.mayInvite(inv.ProjectID); err != nil {
		return err
	}
	return c.g.mayTouch(Member{CanonicalEmail: inv.CanonicalEmail, ProjectID: inv.ProjectID, Role: inv.Role})
}

// ViewRoles reports whether p may view the roles of the account.
func (c Can) ViewRoles() error { return c.g.s.mayViewRoles(c.g.ctx, c.g.p) }

// CreateRole reports whether p may create custom roles.
func (c Can) CreateRole() error { return c.g.s.Require(c.g.p, permission.RolesCreate) }

// ChangeRole reports whether p may change a role's name, description and permissions.
func (c Can) ChangeRole(r Role) error {
	if err := c.g.s.Require(c.g.p, permission.RolesManage); err != nil {
		return err
	}
	_, err := c.g.customRole(r.ID)
	return err
}

// DeleteRole reports whether p may delete a role; holders need a replacement role first.
func (c Can) DeleteRole(r Role) error {
	if err := c.g.s.Require(c.g.p, permission.RolesDelete); err != nil {
		return err
	}
	_, err := c.g.customRole(r.ID)
	return err
}

// ViewKeys reports whether p may view the API keys of the account.
func (c Can) ViewKeys() error {
	return c.g.s.Require(c.g.p, permission.APIKeysView, permission.APIKeysManage)
}

// CreateKey reports whether p may create API keys without a role.
func (c Can) CreateKey() error { return c.g.s.Require(c.g.p, permission.APIKeysCreate) }

// CreateKeyAs reports whether p may create an API key with this account role.
func (c Can) CreateKeyAs(role Role) error {
	if err := c.CreateKey(); err != nil {
		return err
	}
	_, err := c.g.mayBind(subject{keyID: "new"}, role, "")
	return err
}

// ChangeKey reports whether p may rename or disable a key, or shorten its lifetime.
func (c Can) ChangeKey(k APIKey) error {
	if err := c.g.s.Require(c.g.p, permission.APIKeysManage); err != nil {
		return err
	}
	return c.g.mayTouchKey(k)
}

// RenewKey reports whether p may rotate, extend or enable a key.
func (c Can) RenewKey(k APIKey) error {
	if err := c.g.s.Require(c.g.p, permission.APIKeysManage); err != nil {
		return err
	}
	return c.g.mayCommand(k)
}

// RevokeKey reports whether p may revoke a key.
func (c Can) RevokeKey(k APIKey) error {
	if err := c.g.s.Require(c.g.p, permission.APIKeysRevoke); err != nil {
		return err
	}
	return c.g.mayTouchKey(k)
}

// ViewProjects reports whether p may view all projects; those in which p has a role are always visible.
func (c Can) ViewProjects() error {
	return c.g.s.Require(c.g.p, permission.ProjectsView, permission.ProjectsManage)
}

// CreateProject reports whether p may create projects.
func (c Can) CreateProject() error { return c.g.s.Require(c.g.p, permission.ProjectsCreate) }

// ChangeProject reports whether p may change a project's name and description.
func (c Can) ChangeProject(pr Project) error {
	_, err := c.g.projectFor(pr.ID, permission.ProjectsManage)
	return err
}

// DeleteProject reports whether p may delete a project.
func (c Can) DeleteProject(pr Project) error {
	if _, err := c.g.projectFor(pr.ID, permission.ProjectsDelete); err != nil {
		return err
	}
	return pr.deletable()
}

// Explain reports whether p may ask who may do what, and why.
func (c Can) Explain() error { return c.g.s.Require(c.g.p, permission.DecisionsExplain) }

// ViewAudit reports whether p may view the audit log.
func (c Can) ViewAudit() error { return c.g.s.Require(c.g.p, permission.AuditView) }

// ViewSettings reports whether p may view the account's settings.
func (c Can) ViewSettings() error {
	return c.g.s.Require(c.g.p, permission.SettingsView, permission.SettingsManage)
}

// ChangeSettings reports whether p may change the account's name.
func (c Can) ChangeSettings() error { return c.g.s.Require(c.g.p, permission.SettingsManage) }

// LetSupportIn reports whether p may grant the operator's support access at this level.
func (c Can) LetSupportIn(level SupportLevel) error { return c.g.mayLetSupportIn(level) }

// SetPolicy reports whether p may change the grant policy.
func (c Can) SetPolicy() error { return c.g.maySetPolicy() }

// RequireFactor reports whether p may require a second factor.
func (c Can) RequireFactor() error {
	if err := c.ChangeSettings(); err != nil {
		return err
	}
	return c.g.mayRequireFactor(true)
}

// ViewFactors reports whether p may see who has a second factor.
func (c Can) ViewFactors() error { return c.g.s.Require(c.g.p, permission.MembersManage) }

// TransferOwnership reports whether p may transfer ownership.
func (c Can) TransferOwnership() error { return c.g.mayTransfer() }

// Escalations lists the permissions of a scope that p may not add to a role because p does not hold them.
func (c Can) Escalations(scope permission.Scope) permission.Set {
	all := c.g.s.catalog.GrantableSet(scope)
	if scope != permission.ScopeAccount {
		return permission.Set{}
	}
	return all.Minus(c.g.p.grants.holds(c.g.s.catalog, InAccount, c.g.at))
}
