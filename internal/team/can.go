package team

import "context"

// Can answers what a principal may do, by the guard that decides when they do it. Each answer is nil for yes, the
// refusal with its reason, or the failure of the database.
type Can struct{ g guard }

// Can is a question to the guard on behalf of p, outside any write, for one request: not for concurrent use. What it
// answers can change before p acts; then the act is refused.
func (s *Service) Can(ctx context.Context, p *Principal) Can {
	g := s.guard(ctx, p)
	g.Reader = &ownRoles{Reader: s.Store, p: p}
	return Can{*g}
}

// ownRoles reads what roles the principal has in projects once, so that a page that asks about many projects, or many
// roles, costs no query for each.
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

// guard looks at the database as it is.
func (s *Service) guard(ctx context.Context, p *Principal) *guard {
	return &guard{Reader: s.Store, s: s, ctx: ctx, p: p, at: s.now()}
}

// ViewMembers answers for the account, or for a project of it.
func (c Can) ViewMembers(projectID string) error {
	return c.g.s.mayView(c.g.ctx, &c.g, c.g.p, projectID, memberViewers)
}

// ViewInvitations answers for the account, or for a project of it.
func (c Can) ViewInvitations(projectID string) error {
	return c.g.s.mayView(c.g.ctx, &c.g, c.g.p, projectID, invitationViewers)
}

// ViewOffers answers whether there is any place in which p may see invitations.
func (c Can) ViewOffers() error {
	if c.ViewInvitations("") == nil {
		return nil
	}
	return c.g.s.visibleOffers(c.g.ctx, c.g.p, &OfferFilter{})
}

// Invite answers for the account, or for a project.
func (c Can) Invite(projectID string) error { return c.g.mayInvite(projectID) }

// AddMember answers for people and keys that are known in the account already.
func (c Can) AddMember() error { return c.g.s.require(c.g.p, MembersManage) }

// AddToProject answers whether p may give people and keys that are in the account already a role in a project.
func (c Can) AddToProject(projectID string) error {
	return c.g.s.requireIn(c.g.ctx, &c.g, c.g.p, projectID, []string{ProjectMembersManage}, MembersManage)
}

// RemoveFromProject answers for people and keys with a role in the project.
func (c Can) RemoveFromProject(projectID string) error {
	return c.g.s.requireIn(c.g.ctx, &c.g, c.g.p, projectID, []string{ProjectMembersManage, ProjectMembersRemove}, MembersManage)
}

// Give answers whether p may bind a role to whoever this membership is of, in its scope.
func (c Can) Give(m Member, role Role) error {
	_, err := c.g.mayBind(m.subject(), role, m.ProjectID)
	return err
}

// InviteAs answers whether p may invite someone with this role.
func (c Can) InviteAs(role Role, projectID string) error {
	if err := c.g.mayInvite(projectID); err != nil {
		return err
	}
	_, err := c.g.mayBind(subject{canonical: " "}, role, projectID)
	return err
}

// ChangeMember answers for role and status.
func (c Can) ChangeMember(m Member) error {
	if _, err := c.g.memberToChange(m.ProjectID, m.ID); err != nil {
		return err
	}
	return c.g.mayTouch(m)
}

// RemoveMember answers for memberships and, while they are pending, for cancelling the invitation.
func (c Can) RemoveMember(m Member) error {
	if _, err := c.g.memberToRemove(m.ProjectID, m.ID); err != nil {
		return err
	}
	return c.g.mayTouch(m)
}

// SendInvitation answers for sending an invitation again, and for its link.
func (c Can) SendInvitation(inv Invitation) error {
	if err := c.g.mayInvite(inv.ProjectID); err != nil {
		return err
	}
	_, err := c.g.mayBind(subject{canonical: inv.CanonicalEmail}, inv.Role, inv.ProjectID)
	return err
}

// CancelInvitation answers for taking an invitation back.
func (c Can) CancelInvitation(inv Invitation) error {
	if err := c.g.mayInvite(inv.ProjectID); err != nil {
		return err
	}
	return c.g.mayTouch(Member{CanonicalEmail: inv.CanonicalEmail, ProjectID: inv.ProjectID, Role: inv.Role})
}

// ViewRoles answers for all roles of the account.
func (c Can) ViewRoles() error { return c.g.s.mayViewRoles(c.g.ctx, c.g.p) }

// CreateRole answers for custom roles.
func (c Can) CreateRole() error { return c.g.s.require(c.g.p, RolesCreate) }

// ChangeRole answers for name, description and permissions.
func (c Can) ChangeRole(r Role) error {
	if err := c.g.s.require(c.g.p, RolesManage); err != nil {
		return err
	}
	_, err := c.g.customRole(r.ID)
	return err
}

// DeleteRole answers for a role that nobody has; who has it needs another one first.
func (c Can) DeleteRole(r Role) error {
	if err := c.g.s.require(c.g.p, RolesDelete); err != nil {
		return err
	}
	_, err := c.g.customRole(r.ID)
	return err
}

// ViewKeys answers for all API keys of the account.
func (c Can) ViewKeys() error { return c.g.s.require(c.g.p, APIKeysView, APIKeysManage) }

// CreateKey answers for API keys without a role.
func (c Can) CreateKey() error { return c.g.s.require(c.g.p, APIKeysCreate) }

// CreateKeyAs answers whether p may make an API key with this account role.
func (c Can) CreateKeyAs(role Role) error {
	if err := c.CreateKey(); err != nil {
		return err
	}
	_, err := c.g.mayBind(subject{keyID: "new"}, role, "")
	return err
}

// ChangeKey answers for the name, for switching a key off, and for a shorter term.
func (c Can) ChangeKey(k APIKey) error {
	if err := c.g.s.require(c.g.p, APIKeysManage); err != nil {
		return err
	}
	return c.g.mayTouchKey(k)
}

// RenewKey answers for a new secret, a longer term, and switching a key on again.
func (c Can) RenewKey(k APIKey) error {
	if err := c.g.s.require(c.g.p, APIKeysManage); err != nil {
		return err
	}
	return c.g.mayCommand(k)
}

// RevokeKey answers for ending a key for good.
func (c Can) RevokeKey(k APIKey) error {
	if err := c.g.s.require(c.g.p, APIKeysRevoke); err != nil {
		return err
	}
	return c.g.mayTouchKey(k)
}

// ViewProjects answers for all projects; those p has a role in are always visible.
func (c Can) ViewProjects() error { return c.g.s.require(c.g.p, ProjectsView, ProjectsManage) }

// CreateProject answers for new projects.
func (c Can) CreateProject() error { return c.g.s.require(c.g.p, ProjectsCreate) }

// ChangeProject answers for name and description.
func (c Can) ChangeProject(pr Project) error {
	_, err := c.g.projectFor(pr.ID, ProjectsManage)
	return err
}

// DeleteProject answers for a project with all that is in it.
func (c Can) DeleteProject(pr Project) error {
	if _, err := c.g.projectFor(pr.ID, ProjectsDelete); err != nil {
		return err
	}
	return pr.deletable()
}

// ViewAudit answers for the audit log.
func (c Can) ViewAudit() error { return c.g.s.require(c.g.p, AuditView) }

// ViewSettings answers for the account's settings.
func (c Can) ViewSettings() error { return c.g.s.require(c.g.p, SettingsView, SettingsManage) }

// ChangeSettings answers for the account's name.
func (c Can) ChangeSettings() error { return c.g.s.require(c.g.p, SettingsManage) }

// SetPolicy answers for the policy by which roles are handed out.
func (c Can) SetPolicy() error { return c.g.maySetPolicy() }

// RequireFactor answers for letting people in only with a second factor.
func (c Can) RequireFactor() error {
	if err := c.ChangeSettings(); err != nil {
		return err
	}
	return c.g.mayRequireFactor(true)
}

// ViewFactors answers for seeing who has a second factor.
func (c Can) ViewFactors() error { return c.g.s.require(c.g.p, MembersManage) }

// TransferOwnership answers for handing the account over.
func (c Can) TransferOwnership() error { return c.g.mayTransfer() }

// Escalations lists the permissions of a scope that p may not put into a role, because p does not hold them.
func (c Can) Escalations(scope Scope) Set {
	all := c.g.s.Options.Catalog.Scope(scope)
	if scope != ScopeAccount {
		return Set{}
	}
	return all.Minus(c.g.p.permissions)
}
