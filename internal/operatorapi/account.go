package operatorapi

import (
	"context"
	"io"

	"raff/api"
	"raff/internal/audit"
	"raff/internal/operator"
	"raff/internal/rest"
	"raff/internal/team"
)

const defaultLimit = 50

func (s *server) listAccounts(ctx context.Context, c *call) (any, error) {
	p, err := c.Page(defaultLimit)
	if err != nil {
		return nil, err
	}
	state, err := c.Choice("state", api.AccountActive, api.AccountSuspended, api.AccountDeleting, api.AccountRemoving)
	if err != nil {
		return nil, err
	}
	found, total, err := s.svc.Accounts(ctx, operator.AccountFilter{Query: c.Query.Get("q"), State: team.AccountState(state), Page: p})
	if err != nil {
		return nil, err
	}
	return rest.CountedPage(p, found, total, account, func(a *operator.Account) team.Cursor { return team.Cursor{At: a.CreatedAt, ID: a.ID} }), nil
}

func (s *server) getAccount(ctx context.Context, c *call) (any, error) {
	a, u, err := s.svc.Account(ctx, c.PathID("id"))
	out := account(&a)
	out.Usage = &api.AccountUsage{Members: u.Members, Projects: u.Projects, APIKeys: u.APIKeys, Roles: u.Roles}
	return rest.One(out), err
}

func (s *server) createAccount(ctx context.Context, c *call) (any, error) {
	var b api.CreateAccountRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	var n operator.NewAccount
	var err error
	if n.Name, err = rest.Required("name", b.Name); err != nil {
		return nil, err
	}
	if n.OwnerEmail, err = rest.Required("owner_email", b.OwnerEmail); err != nil {
		return nil, err
	}
	if n.Limits, err = limits(b.Limits); err != nil {
		return nil, err
	}
	if b.Attributes != nil {
		n.Attributes = *b.Attributes
	}
	if n.Branding, err = branding(b.Branding); err != nil {
		return nil, err
	}
	out, err := s.svc.CreateAccount(ctx, c.who, n)
	return rest.One(created(&out)), err
}

func (s *server) updateAccount(ctx context.Context, c *call) (any, error) {
	var b api.UpdateOperatedAccountRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	change := operator.AccountChange{Name: b.Name}
	var err error
	if change.Limits, err = limits(b.Limits); err != nil {
		return nil, err
	}
	if b.Attributes != nil {
		change.Attributes = *b.Attributes
	}
	if change.Branding, err = branding(b.Branding); err != nil {
		return nil, err
	}
	if days := b.AuditRetentionDays; days.Set {
		if days.Valid && days.Value == 0 {
			return nil, operator.RefusalRetention.With(audit.MinRetention, audit.MaxRetention)
		}
		change.Retention = &days.Value
	}
	a, err := s.svc.UpdateAccount(ctx, c.who, c.PathID("id"), change)
	return rest.One(account(&a)), err
}

func (s *server) suspendAccount(ctx context.Context, c *call) (any, error) {
	var b api.SuspendAccountRequest
	if err := c.DecodeOptional(&b); err != nil {
		return nil, err
	}
	reason := ""
	if b.Reason != nil {
		reason = *b.Reason
	}
	a, err := s.svc.Suspend(ctx, c.who, c.PathID("id"), reason)
	return rest.One(account(&a)), err
}

func (s *server) resumeAccount(ctx context.Context, c *call) (any, error) {
	if err := c.DecodeOptional(&struct{}{}); err != nil {
		return nil, err
	}
	a, err := s.svc.Resume(ctx, c.who, c.PathID("id"))
	return rest.One(account(&a)), err
}

func (s *server) changeOwner(ctx context.Context, c *call) (any, error) {
	var b api.ChangeOwnerRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	member, err := rest.UUIDOf("member_id", b.MemberID)
	if err != nil {
		return nil, err
	}
	email := ""
	if b.Email != nil {
		email = *b.Email
	}
	out, err := s.svc.ChangeOwner(ctx, c.who, c.PathID("id"), member, email)
	return rest.One(changedOwner(&out)), err
}

func (s *server) deleteAccount(ctx context.Context, c *call) (any, error) {
	var grace *int
	if c.Query.Has("grace_days") {
		days, err := c.Integer("grace_days", 0, operator.MinGraceDays, operator.MaxGraceDays)
		if err != nil {
			return nil, err
		}
		grace = &days
	}
	a, err := s.svc.Delete(ctx, c.who, c.PathID("id"), grace)
	return rest.One(account(&a)), err
}

func (s *server) exportAccount(ctx context.Context, c *call) (any, error) {
	x, err := s.svc.Export(ctx, c.who, c.PathID("id"))
	if err != nil {
		return nil, err
	}
	return rest.Long{ContentType: "application/x-ndjson", Check: x.Check, Write: func(ctx context.Context, w io.Writer) error {
		return WriteExport(ctx, x, w)
	}}, nil
}

// limits checks the names of limits.
func limits(b *map[string]*int) (operator.LimitChange, error) {
	if b == nil {
		return nil, nil
	}
	for name := range *b {
		if !operator.IsLimit(name) {
			return nil, rest.Invalid("limits", "unknown_field", "Unknown limit %q. Known limits: members, projects, api_keys, roles.", rest.Shorten(name))
		}
	}
	return operator.LimitChange(*b), nil
}

// account converts an account to its API form.
func account(a *operator.Account) api.OperatedAccount {
	out := api.OperatedAccount{
		ID: a.ID, Name: a.Name, State: string(a.State), StateReason: a.Reason, DeleteAt: rest.StampOf(a.DeleteAt),
		Owner:       api.AccountOwner{MemberID: a.Owner.MemberID, UserID: a.Owner.UserID, Email: a.Owner.Email, Name: a.Owner.Name},
		GrantPolicy: api.GrantPolicyDelegated, RequireSecondFactor: a.RequireFactor,
		Limits: api.AccountLimits{
			Members: a.Limits.Members.Number(), Projects: a.Limits.Projects.Number(), APIKeys: a.Limits.APIKeys.Number(), Roles: a.Limits.Roles.Number(),
		},
		Attributes: a.Attributes, Branding: brandingOf(a), AuditRetentionDays: audit.DaysOrNil(a.Retention), CreatedAt: rest.Stamp(a.CreatedAt), UpdatedAt: rest.Stamp(a.UpdatedAt),
	}
	if !a.NextRetentionAt.IsZero() {
		out.NextAuditRetentionDays, out.NextAuditRetentionAt = &a.NextRetention, rest.StampOf(a.NextRetentionAt)
	}
	if a.Strict {
		out.GrantPolicy = api.GrantPolicyStrict
	}
	return out
}

func changedOwner(c *operator.OwnerChange) api.ChangedOwner {
	out := api.ChangedOwner{OperatedAccount: account(&c.Account), DisabledAPIKeys: c.DisabledKeys}
	if out.DisabledAPIKeys == nil {
		out.DisabledAPIKeys = []string{}
	}
	return out
}

func created(c *operator.CreatedAccount) api.CreatedAccount {
	return api.CreatedAccount{
		OperatedAccount: account(&c.Account), DefaultProjectID: c.DefaultProjectID, APIKeyID: c.APIKeyID, APIKey: c.APIKey, OwnerLink: c.OwnerLink,
	}
}
