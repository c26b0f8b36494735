package store

import (
	"context"
	"strings"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// grantColumns are the columns of a grant: of the membership m and its role r.
const grantColumns = "m.status, m.expires_at, r.permissions, r.id, r.slug, r.name, r.scope, r.is_system"

// grants scans grantColumns into a grant.
type grants struct {
	g      team.Grant
	scope  string
	system bool
}

func (r reader) grantFields(v *grants) []any {
	return []any{(*text)(&v.g.Status), (*stamp)(&v.g.Ends), &permissions{Catalog: r.c, Set: &v.g.Permissions}, (*ident)(&v.g.RoleID),
		(*text)(&v.g.RoleSlug), (*text)(&v.g.RoleName), (*text)(&v.scope), (*flag)(&v.system)}
}

// grant returns what was scanned. Its sets are complete only if the row existed.
func (v *grants) grant() team.Grant {
	v.g.Owner = v.g.Status != "" && v.system && v.scope == "account" && v.g.RoleSlug == ownerSlug
	return v.g
}

// subjectRow is a membership of a subject.
type subjectRow struct {
	memberID, projectID, userID, keyID, email, name string
	grant                                           team.Grant
}

const (
	subjectColumns = "m.id, m.account_id, m.project_id, m.user_id, m.api_key_id, m.email_canonical, COALESCE(u.name, k.name), " + grantColumns
	subjectJoins   = ` FROM memberships m JOIN roles r ON r.id = m.role_id
		LEFT JOIN users u ON u.id = m.user_id LEFT JOIN api_keys k ON k.id = m.api_key_id WHERE `
	selectSubject = "SELECT " + subjectColumns + subjectJoins
)

func (r reader) subjectRows(ctx context.Context, q querier, accountID, condition string, args ...any) ([]subjectRow, error) {
	rows, err := many(ctx, q, func(s scanner) (v subjectRow, err error) {
		var g grants
		var account string
		err = s.Scan(append([]any{(*ident)(&v.memberID), (*ident)(&account), (*ident)(&v.projectID), (*ident)(&v.userID), (*ident)(&v.keyID), (*text)(&v.email),
			(*text)(&v.name)}, r.grantFields(&g)...)...)
		if account != accountID {
			v.memberID = ""
		}
		v.grant = g.grant()
		return v, err
	}, selectSubject+condition, args...)
	if team.IsNotFound(err) {
		return nil, nil // the id is not a UUID
	}
	own := rows[:0]
	for _, v := range rows {
		if v.memberID != "" {
			own = append(own, v)
		}
	}
	return own, err
}

func (r reader) Subject(ctx context.Context, accountID string, t team.PrincipalType, id string) (*team.Subject, error) {
	key := engine.Key{Kind: engine.KindSubject, Argument: accountID + " " + string(t) + " " + id}
	return remembered(ctx, r.q, key, func(q querier) (*team.Subject, error) {
		r := reader{q: q, c: r.c}
		if t == team.TypeAPIKey {
			return r.findKey(ctx, accountID, id)
		}
		return r.findUser(ctx, accountID, id)
	})
}

// findUser tries what an id can be, from the most to the least specific.
func (r reader) findUser(ctx context.Context, accountID, id string) (*team.Subject, error) {
	switch {
	case uid(id).Valid():
		if s, err := r.subjectBy(ctx, accountID, team.TypeUser, id); s != nil || err != nil {
			return s, err
		}
		if s, err := r.memberSubject(ctx, accountID, team.TypeUser, id); s != nil || err != nil {
			return s, err
		}
	case strings.Contains(id, "@"):
		if canonical, err := team.CanonicalEmail(id); err == nil {
			rows, err := r.subjectRows(ctx, r.q, accountID, "m.email_canonical = $1 AND (m.account_id = $2) IS TRUE AND m.principal_type <> 'api_key' ORDER BY m.project_id IS NOT NULL, m.id LIMIT 1", canonical, uid(accountID))
			if err != nil || len(rows) > 0 {
				return r.subjectOf(ctx, accountID, team.TypeUser, rows, err)
			}
		}
	}
	member, err := r.external(ctx, accountID, "member", id)
	if err != nil || member == "" {
		return nil, err
	}
	return r.memberSubject(ctx, accountID, team.TypeUser, member)
}

func (r reader) findKey(ctx context.Context, accountID, id string) (*team.Subject, error) {
	if uid(id).Valid() {
		if s, err := r.subjectBy(ctx, accountID, team.TypeAPIKey, id); s != nil || err != nil {
			return s, err
		}
		if s, err := r.memberSubject(ctx, accountID, team.TypeAPIKey, id); s != nil || err != nil {
			return s, err
		}
	}
	key, err := r.external(ctx, accountID, "api_key", id)
	if err != nil || key == "" {
		return nil, err
	}
	return r.subjectBy(ctx, accountID, team.TypeAPIKey, key)
}

// memberSubject returns the subject of a membership of the account or of a project.
func (r reader) memberSubject(ctx context.Context, accountID string, t team.PrincipalType, memberID string) (*team.Subject, error) {
	rows, err := r.subjectRows(ctx, r.q, accountID, "m.id = $1 AND m.scope_id = $2", uid(memberID), uid(accountID))
	if err == nil && len(rows) == 0 {
		rows, err = r.subjectRows(ctx, r.q, accountID, "m.id = $1 AND m.scope_id <> m.account_id", uid(memberID))
	}
	return r.subjectOf(ctx, accountID, t, rows, err)
}

// subjectOf returns the subject of the first row.
func (r reader) subjectOf(ctx context.Context, accountID string, t team.PrincipalType, rows []subjectRow, err error) (*team.Subject, error) {
	switch {
	case err != nil || len(rows) == 0:
		return nil, err
	case t == team.TypeAPIKey && rows[0].keyID != "":
		return r.subjectBy(ctx, accountID, t, rows[0].keyID)
	case t == team.TypeAPIKey || rows[0].keyID != "":
		return nil, nil
	case rows[0].userID != "":
		return r.subjectBy(ctx, accountID, t, rows[0].userID)
	}
	return r.invited(ctx, accountID, rows[0].email)
}

// invited returns someone who was invited and has not accepted yet. Their grants are those that the invitations offer, all of
// which are pending or on hold.
func (r reader) invited(ctx context.Context, accountID, email string) (*team.Subject, error) {
	rows, err := r.subjectRows(ctx, r.q, accountID, "m.email_canonical = $1 AND (m.account_id = $2) IS TRUE AND m.principal_type = 'invitation' LIMIT $3 + 0",
		email, uid(accountID), maxSubjectRows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	s := &team.Subject{Type: team.TypeUser, Email: email, Projects: make(map[string]team.Grant, len(rows))}
	for _, row := range rows {
		if row.projectID == "" {
			s.Grants.Account = row.grant
		} else {
			s.Projects[row.projectID] = row.grant
		}
	}
	return s, nil
}

// subjectBy returns the user or API key with this id.
func (r reader) subjectBy(ctx context.Context, accountID string, t team.PrincipalType, id string) (*team.Subject, error) {
	s := &team.Subject{Type: t, ID: id}
	var rows []subjectRow
	var err error
	if t == team.TypeAPIKey {
		rows, err = r.keyRows(ctx, accountID, s)
	} else {
		rows, err = r.subjectRows(ctx, r.q, accountID, "m.user_id = $1 AND (m.account_id = $2) IS TRUE LIMIT $3 + 0", uid(id), uid(accountID), maxSubjectRows)
	}
	if err != nil || len(rows) == 0 {
		return nil, team.NotFoundIs(err, nil)
	}
	if s.Many = len(rows) == maxSubjectRows; s.Many {
		// There may be more, so the membership of the account is read by itself.
		column := "m.user_id"
		if t == team.TypeAPIKey {
			column = "m.api_key_id"
		}
		own, err := r.subjectRows(ctx, r.q, accountID, column+" = $1"+inScope, uid(id), uid(accountID))
		if err != nil {
			return nil, err
		}
		rows = append([]subjectRow{rows[0]}, own...) // the first has the name, if there is no membership of the account
	}
	s.Projects = make(map[string]team.Grant, len(rows))
	for _, row := range rows {
		s.Name, s.Email = row.name, row.email
		switch {
		case row.grant.Status == "": // a key without memberships
		case row.projectID == "":
			s.Grants.Account = row.grant
		case !s.Many:
			s.Projects[row.projectID] = row.grant
		}
	}
	return s, nil
}

// maxSubjectRows is one more than the memberships of an account and of MaxProjects projects.
const maxSubjectRows = team.MaxProjects + 2

// keyRows reads an API key with its memberships, in one statement. A key without memberships has one row without a grant.
func (r reader) keyRows(ctx context.Context, accountID string, s *team.Subject) ([]subjectRow, error) {
	mine := true
	rows, err := many(ctx, r.q, func(row scanner) (v subjectRow, err error) {
		var g grants
		var account string
		var active bool
		err = row.Scan(append([]any{(*ident)(&account), (*text)(&v.name), (*flag)(&active), (*stamp)(&s.Grants.Ends), (*ident)(&v.projectID)}, r.grantFields(&g)...)...)
		mine = mine && account == accountID
		s.Grants.Disabled, v.email, v.grant = !active, team.KeyEmail(s.ID), g.grant()
		return v, err
	}, "SELECT k.account_id, k.name, k.is_active, k.expires_at, m.project_id, "+grantColumns+` FROM api_keys k
		LEFT JOIN memberships m ON m.api_key_id = k.id LEFT JOIN roles r ON r.id = m.role_id WHERE k.id = $1 LIMIT $2 + 0`, uid(s.ID), maxSubjectRows)
	if !mine {
		return nil, team.ErrNotFound
	}
	return rows, err
}

func (r reader) GrantIn(ctx context.Context, s *team.Subject, accountID, projectID string) (team.Grant, error) {
	column := "m.user_id"
	if s.Type == team.TypeAPIKey {
		column = "m.api_key_id"
	}
	condition := column + " = $1 AND m.scope_id = $2"
	if r.q.Dialect().Keep != "" {
		condition = column + " = $1" + inScope // PostgreSQL might prefer the index by scope; see ofAccount
	}
	key := engine.Key{Kind: engine.KindGrant, Argument: s.ID + projectID}
	return remembered(ctx, r.q, key, func(q querier) (team.Grant, error) {
		rows, err := r.subjectRows(ctx, q, accountID, condition, uid(s.ID), uid(projectID))
		if err != nil || len(rows) == 0 {
			return team.Grant{}, err
		}
		return rows[0].grant, nil
	})
}

// external returns the object with this external id, or "" if there is none or several.
func (r reader) external(ctx context.Context, accountID, kind, id string) (string, error) {
	var c condition
	c.and("x.account_id = ?", uid(accountID))
	c.and("x.kind = ?", kind)
	if source, value, ok := team.SplitExternalID(id); ok {
		c.and("x.value = ?", value)
		c.and("x.source = ?", source)
	} else {
		c.and("x.value = ?", id)
	}
	if !team.IsText(id) {
		return "", nil
	}
	found, err := many(ctx, r.q, engine.ScanID, "SELECT DISTINCT x.object_id FROM external_ids x WHERE "+c.sql.String()+" LIMIT 2", c.args...)
	if err != nil || len(found) != 1 {
		return "", err
	}
	return found[0], nil
}

func scanPlace(s scanner) (*team.Place, error) {
	var p team.Place
	err := s.Scan((*ident)(&p.ProjectID), (*text)(&p.ProjectName))
	p.ID = p.ProjectID
	return &p, err
}

func (r reader) Place(ctx context.Context, accountID, resourceType, id string) (*team.Place, error) {
	key := engine.Key{Kind: engine.KindPlace, Argument: accountID + " " + resourceType + " " + id}
	return remembered(ctx, r.q, key, func(q querier) (*team.Place, error) {
		r := reader{q: q, c: r.c}
		p, err := r.findPlace(ctx, accountID, resourceType, id)
		return p, team.NotFoundIs(err, nil)
	})
}

func (r reader) findPlace(ctx context.Context, accountID, resourceType, id string) (*team.Place, error) {
	const byID = "SELECT p.id, p.name FROM projects p WHERE p.id = $1 AND (p.account_id = $2) IS TRUE"
	if resourceType == "project" && team.IsText(id) {
		p, err := one(ctx, r.q, scanPlace, byID, uid(id), uid(accountID))
		if team.IsNotFound(err) {
			p, err = one(ctx, r.q, scanPlace, "SELECT p.id, p.name FROM projects p WHERE p.account_id = $1 AND p.slug = $2", uid(accountID), id)
		}
		if !team.IsNotFound(err) {
			return p, err
		}
	}
	project, err := r.external(ctx, accountID, resourceType, id)
	if err != nil || project == "" {
		return nil, err
	}
	p, err := one(ctx, r.q, scanPlace, byID, uid(project), uid(accountID))
	if err == nil && resourceType != "project" {
		p.ID = id
	}
	return p, err
}

func (r reader) Revision(ctx context.Context, accountID string) (team.Revision, error) {
	v, err := remembered(ctx, r.q, engine.Key{Kind: engine.KindRevision, Argument: accountID}, func(q querier) (team.Revision, error) {
		return one(ctx, q, func(s scanner) (v team.Revision, err error) {
			err = s.Scan((*stamp)(&v.At), (*ident)(&v.ID))
			return v, err
		}, "SELECT e.at, e.id FROM audit_events e WHERE e.account_id = $1 ORDER BY e.at DESC, e.id DESC LIMIT 1", uid(accountID))
	})
	return v, team.NotFoundIs(err, nil)
}
