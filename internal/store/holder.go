package store

import (
	"context"
	"strings"

	"raff/internal/permission"
	"raff/internal/team"
)

const ownerSlug = permission.OwnerSlug

// accountGrant are the columns of the account membership a of a member of a project, and its role ar.
var accountGrant = "a.id, " + strings.NewReplacer("m.", "a.", "r.", "ar.").Replace(grantColumns)

// Holders reads each membership with what decides about it, so that a search needs no query per member.
func (r reader) Holders(ctx context.Context, f team.HolderFilter) ([]team.Holder, error) {
	l := listing{
		columns: "m.id, m.principal_type, m.user_id, m.api_key_id, m.email_canonical, COALESCE(u.name, k.name), k.is_active, k.expires_at, m.created_at, " + grantColumns + ", " + accountGrant,
		from: `memberships m JOIN roles r ON r.id = m.role_id LEFT JOIN users u ON u.id = m.user_id LEFT JOIN api_keys k ON k.id = m.api_key_id
			LEFT JOIN memberships a ON m.project_id IS NOT NULL AND a.email_canonical = m.email_canonical AND (a.scope_id = m.account_id) IS TRUE AND a.principal_type <> 'invitation'
			LEFT JOIN roles ar ON ar.id = a.role_id`,
		rows: "memberships m", id: "m.id", key: "m.scope_id, m.id", seek: seek{"m.scope_id"},
	}
	var c condition
	project := "m.project_id, ''"
	switch {
	case f.RoleID != "":
		project, l.from = "m.project_id, p.name", l.from+" LEFT JOIN projects p ON p.id = m.project_id"
		c.and("m.role_id = ?", uid(f.RoleID))
		c.and("(m.account_id = ?) IS TRUE", uid(f.AccountID))
	case f.ProjectID != "":
		c.and("m.scope_id = ?", uid(f.ProjectID))
		c.and("(m.account_id = ?) IS TRUE", uid(f.AccountID))
	case f.Owners:
		c.and("m.role_id = ?", uid(team.SystemRoleID(permission.ScopeAccount, ownerSlug)))
		c.and("m.scope_id = ?", uid(f.AccountID))
	default:
		c.and("m.scope_id = ?", uid(f.AccountID))
	}
	if f.RoleID == "" {
		c.and("m.principal_type = ?", f.Type)
	}
	l.columns += ", " + project
	list, _, err := page(ctx, r.q, l, &c, team.Page{Limit: f.Limit, After: f.After, SkipTotal: true}, func(s scanner) (team.Holder, error) {
		var h team.Holder
		var own, account grants
		var userID, keyID string
		var active bool
		var projectID string
		fields := []any{(*ident)(&h.MemberID), (*text)(&h.Type), (*ident)(&userID), (*ident)(&keyID), (*text)(&h.Email), (*text)(&h.Name), (*flag)(&active), (*stamp)(&h.Grants.Ends), (*stamp)(&h.At.At)}
		fields = append(fields, r.grantFields(&own)...)
		fields = append(append(fields, (*ident)(&h.AccountMemberID)), r.grantFields(&account)...)
		fields = append(fields, (*ident)(&projectID), (*text)(&h.ProjectName))
		if err := s.Scan(fields...); err != nil {
			return h, err
		}
		h.ID, h.At.ID = userID+keyID, h.MemberID
		if f.RoleID != "" {
			h.ProjectID = projectID
		}
		h.Grants.Disabled = keyID != "" && !active
		if h.Grants.Account = own.grant(); projectID != "" {
			h.Grants.Account, h.Grants.Project = account.grant(), own.grant()
		}
		return h, nil
	})
	return list, err
}

// Places are in order of project id, or of the external id of resources.
func (r reader) Places(ctx context.Context, f team.PlaceFilter) ([]team.PlaceGrant, error) {
	columns, from, order := "p.id, p.name, p.id", "projects p", "p.id"
	var c condition
	after, by := any(uid(f.After)), seek{"p.account_id"}
	if f.Type != "" {
		by = nil
		columns, from, order = "p.id, p.name, x.value", "external_ids x JOIN projects p ON p.id = x.object_id", "x.value"
		c.and("x.account_id = ?", uid(f.AccountID))
		c.and("x.kind = ?", f.Type)
		after = f.After
	}
	c.and("p.account_id = ?", uid(f.AccountID))
	if f.Subject != nil {
		column := "m.user_id"
		if f.Subject.Type == team.TypeAPIKey {
			column = "m.api_key_id"
		}
		columns += ", " + grantColumns
		from += " JOIN memberships m ON m.scope_id = p.id JOIN roles r ON r.id = m.role_id"
		c.and(column+" = ?", uid(f.Subject.ID))
		if f.Type == "" {
			by, order = seek{column}, "m.scope_id"
		}
	}
	var next []string
	if f.After != "" {
		next = append(next, c.number("?", after))
	}
	where, sorted, ok := by.in(c.sql.String(), []string{order}, next, false)
	if !ok || !r.q.Dialect().Seek {
		where, sorted = c.sql.String(), " ORDER BY "+order
		if len(next) > 0 {
			where += " AND " + order + " > " + next[0]
		}
	}
	query := "SELECT " + columns + " FROM " + from + " WHERE " + where + sorted + c.number(" LIMIT ? + 0", f.Limit)
	return many(ctx, r.q, func(s scanner) (v team.PlaceGrant, err error) {
		fields := []any{(*ident)(&v.ProjectID), (*text)(&v.ProjectName), (*ident)(&v.ID)}
		var g grants
		if f.Subject != nil {
			fields = append(fields, r.grantFields(&g)...)
		}
		err = s.Scan(fields...)
		v.Grant = g.grant()
		return v, err
	}, query, c.args...)
}
