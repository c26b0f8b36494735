package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

const (
	memberColumns = `m.id, m.account_id, m.project_id, m.principal_type, m.user_id, m.api_key_id, m.email, m.email_canonical,
	m.status, m.is_owner, m.managed_by, m.invited_by, m.invited_at, m.accepted_at, m.expires_at, m.created_at, m.updated_at`
	// An invitation belongs to its member until it is accepted or cancelled.
	memberJoins = `memberships m JOIN roles r ON r.id = m.role_id
	LEFT JOIN users u ON u.id = m.user_id LEFT JOIN api_keys k ON k.id = m.api_key_id LEFT JOIN projects p ON p.id = m.project_id
	LEFT JOIN invitations i ON i.account_id = m.account_id AND i.closed = FALSE AND i.id = m.invitation_id`
	memberRow    = memberColumns + ", COALESCE(u.name, k.name), u.language, p.name, " + outOfAccount + ", " + roleColumns + ", " + offerColumns
	selectMember = "SELECT " + memberRow + " FROM " + memberJoins
	// outOfAccount is an expression for whether the account membership of a project member is suspended.
	outOfAccount = `(m.project_id IS NOT NULL AND EXISTS (SELECT 1 FROM memberships a WHERE a.email_canonical = m.email_canonical
	AND (a.scope_id = m.account_id) IS TRUE AND a.status = 'suspended' AND a.principal_type <> 'invitation'))`
	// offerColumns are the columns of the invitation itself; its other fields are columns of the membership.
	offerColumns = "i.id, i.email, i.state, i.invited_by, i.invited_by_user, i.expires_at, i.created_at, i.updated_at, i.lead_id"
)

// memberCounts has the number of members for each combination of filter columns; see its triggers.
const memberCounts = "member_counts m"

var memberList = listing{columns: memberRow, from: memberJoins, rows: "memberships m", id: "m.id", key: "m.scope_id, m.id", seek: seek{"m.scope_id"}}

func memberFields(m *team.Member) []any {
	return []any{(*ident)(&m.ID), (*ident)(&m.AccountID), (*ident)(&m.ProjectID), (*text)(&m.Type), (*ident)(&m.UserID),
		(*ident)(&m.APIKeyID), (*text)(&m.Email), (*text)(&m.CanonicalEmail), (*text)(&m.Status), (*flag)(&m.IsOwner),
		(*text)(&m.ManagedBy), (*ident)(&m.InvitedBy), (*stamp)(&m.InvitedAt), (*stamp)(&m.AcceptedAt), (*stamp)(&m.ExpiresAt),
		(*stamp)(&m.CreatedAt), (*stamp)(&m.UpdatedAt)}
}

// members returns a scanner of rows of memberRow that reuses its fields from row to row.
func (r reader) members() func(scanner) (team.Member, error) {
	var m team.Member
	var i team.Invitation
	fields := make([]any, 0, 48)
	fields = append(fields, memberFields(&m)...)
	fields = append(fields, (*text)(&m.Name), (*text)(&m.Language), (*text)(&m.ProjectName), (*flag)(&m.AccountSuspended))
	fields = append(fields, r.roleFields(&m.Role)...)
	fields = append(fields, (*ident)(&i.ID), (*text)(&i.Email), (*text)(&i.State), (*ident)(&i.InvitedBy), (*ident)(&i.InvitedByUser),
		(*stamp)(&i.ExpiresAt), (*stamp)(&i.CreatedAt), (*stamp)(&i.UpdatedAt), (*ident)(&i.LeadID))
	return func(s scanner) (team.Member, error) {
		if err := s.Scan(fields...); err != nil {
			return m, err
		}
		if m.Invitation = nil; i.ID != "" {
			offer := i
			offer.AccountID, offer.ProjectID, offer.ProjectName, offer.MemberID = m.AccountID, m.ProjectID, m.ProjectName, m.ID
			offer.MemberStatus, offer.CanonicalEmail, offer.Role = m.Status, m.CanonicalEmail, m.Role
			m.Invitation = &offer
		}
		return m, nil
	}
}

// scope returns the value of the column scope_id.
func scope(accountID, projectID string) uid {
	if projectID != "" {
		return uid(projectID)
	}
	return uid(accountID)
}

func (r reader) Member(ctx context.Context, accountID, projectID, id string) (team.Member, error) {
	m, err := remembered(ctx, r.q, engine.Key{Kind: engine.KindMember, Argument: string(scope(accountID, projectID)) + id}, func(q querier) (team.Member, error) {
		return one(ctx, q, r.members(), selectMember+" WHERE m.id = $1 AND m.scope_id = $2", uid(id), scope(accountID, projectID))
	})
	return ofAccount(m, err, m.AccountID == accountID && m.ProjectID == projectID)
}

// inScope is a condition that no index serves; ofAccount gives the reason.
const inScope = " AND (m.scope_id = $2) IS TRUE"

func (r reader) MemberByEmail(ctx context.Context, accountID, projectID, canonical string) (team.Member, error) {
	m, err := one(ctx, r.q, r.members(), selectMember+" WHERE m.email_canonical = $1"+inScope, canonical, scope(accountID, projectID))
	return ofAccount(m, err, m.AccountID == accountID)
}

func (r reader) MemberOf(ctx context.Context, accountID, projectID string, t team.PrincipalType, id string) (team.Member, error) {
	column := "m.user_id"
	switch t {
	case team.TypeUser:
	case team.TypeAPIKey:
		column = "m.api_key_id"
	default:
		return team.Member{}, team.ErrNotFound
	}
	m, err := one(ctx, r.q, r.members(), selectMember+" WHERE "+column+" = $1"+inScope, uid(id), scope(accountID, projectID))
	return ofAccount(m, err, m.AccountID == accountID)
}

// MembershipsOf must use the index by email: with the index by account and creation time, both databases would read
// every membership of the account.
func (r reader) MembershipsOf(ctx context.Context, accountID, canonical string) ([]team.Member, error) {
	return many(ctx, r.q, r.members(), selectMember+" WHERE m.email_canonical = $1 AND (m.account_id = $2) IS TRUE ORDER BY m.id",
		canonical, uid(accountID))
}

func (r reader) MembershipsOfAll(ctx context.Context, accountID string, canonicals []string) ([]team.Member, error) {
	return inParts(canonicals, func(some []any) ([]team.Member, error) {
		var c condition
		c.and("m.email_canonical" + c.in(some))
		c.and("(m.account_id = ?) IS TRUE", uid(accountID))
		return many(ctx, r.q, r.members(), selectMember+" WHERE "+c.sql.String()+" ORDER BY m.id", c.args...)
	})
}

// memberPage is a page of members as it is remembered.
type memberPage struct {
	rows  []team.Member
	total team.Total
}

// Members remembers the pages that dashboards and scripts keep asking for, unless they are searched or large.
func (r reader) Members(ctx context.Context, f team.MemberFilter) ([]team.Member, team.Total, error) {
	read := func(q querier) (v memberPage, err error) {
		v.rows, v.total, err = reader{q, r.c}.readMembers(ctx, f)
		return v, err
	}
	if f.Query != "" || f.Limit < 1 || f.Limit > engine.MaxPageRows {
		v, err := read(r.q)
		return v.rows, v.total, err
	}
	v, err := remembered(ctx, r.q, engine.Key{Kind: engine.KindMembers, Argument: pageKey(f)}, read)
	// The caller may complete its rows, but not those that others get.
	return slices.Clone(v.rows), v.total, err
}

// pageKey returns a text that only equal filters have. It has every field of the filter, also those that are added later.
func pageKey(f team.MemberFilter) string {
	after := f.After
	f.After = nil
	key := fmt.Sprintf("%#v", f)
	if after != nil {
		key += fmt.Sprintf(" after %#v", *after)
	}
	return key
}

func (r reader) readMembers(ctx context.Context, f team.MemberFilter) ([]team.Member, team.Total, error) {
	l := memberList
	var c condition
	switch {
	case f.ProjectID == "" && f.Query != "":
		c.and("(m.scope_id = ?) IS TRUE", uid(f.AccountID))
	case f.ProjectID == "":
		c.and("m.scope_id = ?", uid(f.AccountID))
	default:
		c.and("m.scope_id = ?", uid(f.ProjectID))
		c.and("(m.account_id = ?) IS TRUE", uid(f.AccountID))
	}
	if f.Status != "" {
		c.and("m.status = ?", f.Status)
	}
	if f.RoleID != "" {
		c.and("m.role_id = ?", uid(f.RoleID))
	}
	if f.Email != "" {
		c.and("m.email_canonical = ?", f.Email)
	}
	switch f.PrincipalType {
	case "":
	case team.TypeAPIKey:
		c.and("m.principal_type = 'api_key'") // this condition has its own index
	default:
		c.and("m.principal_type = ?", f.PrincipalType)
	}
	c.identified("m.id", team.ExternalMember, f.AccountID, f.ExternalID)
	few := f.Email != "" || f.ExternalID.Value != ""
	if !few && f.Query == "" {
		l.counts = memberCounts
	}
	switch d := r.q.Dialect(); {
	case few || f.Query != "":
		l.seek = nil
	case f.RoleID != "":
		l = l.membersBy(d, "memberships_role")
	case f.Status != "":
		l = l.membersBy(d, "memberships_status")
	case f.PrincipalType == team.TypeAPIKey:
		l = l.membersBy(d, "memberships_keys")
	}
	if f.Query != "" {
		l.search = true
		trigrams := ""
		if f.ProjectID == "" {
			trigrams = r.trigrams(&c, f.AccountID, f.Query)
		}
		switch like := containing(team.Folded(f.Query)); {
		case trigrams != "":
			l.rows = trigrams
		case f.ProjectID == "":
			// The second condition, which all memberships of the account meet, gives the search an index with all columns it needs.
			c.and(called("m", "?"), like)
			c.and("m.account_id = ?", uid(f.AccountID))
			c.and("m.lead")
			l.rows = l.membersBy(r.q.Dialect(), "memberships_sorted").rows
		default:
			c.and(called("m", "?"), like)
		}
	}
	return list(ctx, r.q, l, &c, f.Page, r.members())
}

// RoleHolders reads the holders in the account first, and then those in projects, each in the order of the index by role.
func (r reader) RoleHolders(ctx context.Context, accountID, roleID string, n int) (rows []team.Member, total int, err error) {
	l := memberList.membersBy(r.q.Dialect(), "memberships_role")
	for _, in := range []part{
		{where: "m.scope_id = ?", seek: l.seek},
		{where: "(m.account_id = ?) IS TRUE AND m.scope_id <> m.account_id", seek: seek{"m.role_id"}},
	} {
		if len(rows) == n && n > 0 {
			break
		}
		var c condition
		c.and("m.role_id = ?", uid(roleID))
		c.and(in.where, uid(accountID))
		l.seek, l.id = in.seek, "m.scope_id, m.id"
		if len(l.seek) > 1 {
			l.id = "m.id"
		}
		limit := 0
		if n > 0 {
			limit = n - len(rows)
		}
		more, _, err := page(ctx, r.q, l, &c, team.Page{Limit: limit, SkipTotal: true}, r.members())
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, more...)
	}
	use, err := r.RoleUse(ctx, accountID, []string{roleID})
	return rows, use[roleID].People + use[roleID].Keys, err
}

func (r reader) HasManager(ctx context.Context, accountID, permission string, now time.Time) (bool, error) {
	return one(ctx, r.q, engine.ScanFlag, `SELECT EXISTS (SELECT 1 FROM memberships m JOIN roles r ON r.id = m.role_id WHERE m.scope_id = $1 AND m.principal_type = 'user'
		AND m.status = 'active' AND (m.expires_at IS NULL OR m.expires_at > $2)
		AND (r.permissions = '*' OR r.permissions LIKE $3 ESCAPE '\'))`, uid(accountID), now, containing(" "+permission+" "))
}

// invitationID returns the id that links a membership to its invitation.
func invitationID(m team.Member) uid {
	if m.Invitation == nil {
		return ""
	}
	return uid(m.Invitation.ID)
}

var (
	insertMembers = insertionOf(`INSERT INTO memberships (id, account_id, project_id, scope_id, principal_type, user_id,
	api_key_id, email, email_canonical, role_id, status, is_owner, managed_by, invited_by, invitation_id, invited_at, accepted_at,
	expires_at, created_at, updated_at, sort_key)`, 21, "")
	insertMember = insertMembers.texts[1] + " ON CONFLICT DO NOTHING"
)

func (t *tx) InsertMember(ctx context.Context, m team.Member) (bool, error) {
	return t.inserted(ctx, insertMember, memberArgs(m)...)
}

func (t *tx) InsertNewMember(ctx context.Context, m team.Member) error {
	return t.row(ctx, insertMembers, memberArgs(m)...)
}

func memberArgs(m team.Member) []any {
	return []any{
		uid(m.ID), uid(m.AccountID), uid(m.ProjectID), scope(m.AccountID, m.ProjectID), m.Type, uid(m.UserID), uid(m.APIKeyID), m.Email,
		m.CanonicalEmail, uid(m.Role.ID), m.Status, m.IsOwner, m.ManagedBy, word(m.InvitedBy), invitationID(m), m.InvitedAt, m.AcceptedAt,
		m.ExpiresAt, m.CreatedAt, m.UpdatedAt, team.SortKey(m.Name, m.CanonicalEmail),
	}
}

// UpdateMember does not write the immutable columns: id, account, project and creation time.
func (t *tx) UpdateMember(ctx context.Context, m team.Member) error {
	return t.change(ctx, `UPDATE memberships SET principal_type = $2, user_id = $3, api_key_id = $4, email = $5, email_canonical = $6,
		role_id = $7, status = $8, is_owner = $9, managed_by = $10, invited_by = $11, invitation_id = $12, invited_at = $13,
		accepted_at = $14, expires_at = $15, updated_at = $16, sort_key = $17 WHERE id = $1 AND scope_id = $18`,
		uid(m.ID), m.Type, uid(m.UserID), uid(m.APIKeyID), m.Email, m.CanonicalEmail, uid(m.Role.ID), m.Status, m.IsOwner, m.ManagedBy,
		word(m.InvitedBy), invitationID(m), m.InvitedAt, m.AcceptedAt, m.ExpiresAt, m.UpdatedAt, team.SortKey(m.Name, m.CanonicalEmail), scope(m.AccountID, m.ProjectID))
}

func (t *tx) DeleteMember(ctx context.Context, m team.Member) error {
	return t.change(ctx, "DELETE FROM memberships WHERE id = $1 AND scope_id = $2", uid(m.ID), scope(m.AccountID, m.ProjectID))
}
