package store

import (
	"context"

	"raff/internal/store/engine"
	"raff/internal/team"
)

const projectColumns = `p.id, p.account_id, p.name, p.slug, p.description, p.default_region, p.is_default, p.is_active, p.created_by,
	p.created_at, p.updated_at`

func scanProject(s scanner) (p team.Project, err error) {
	err = s.Scan((*ident)(&p.ID), (*ident)(&p.AccountID), (*text)(&p.Name), (*text)(&p.Slug), (*text)(&p.Description),
		(*text)(&p.DefaultRegion), (*flag)(&p.IsDefault), (*flag)(&p.IsActive), (*ident)(&p.CreatedBy), (*stamp)(&p.CreatedAt),
		(*stamp)(&p.UpdatedAt))
	return p, err
}

func (r reader) Project(ctx context.Context, accountID, id string) (team.Project, error) {
	p, err := one(ctx, r.q, scanProject, "SELECT "+projectColumns+" FROM projects p WHERE p.id = $1", uid(id))
	return ofAccount(p, err, p.AccountID == accountID)
}

func (r reader) ProjectLike(ctx context.Context, p team.Project) (team.Project, error) {
	return one(ctx, r.q, scanProject, "SELECT "+projectColumns+" FROM projects p WHERE p.account_id = $1 AND p.name_unique = $2 AND p.id <> $3",
		uid(p.AccountID), team.FoldName(p.Name), uid(p.ID))
}

func (r reader) ProjectSlugTaken(ctx context.Context, accountID, slug string) (bool, error) {
	return one(ctx, r.q, engine.ScanFlag, "SELECT EXISTS (SELECT 1 FROM projects WHERE account_id = $1 AND slug = $2)", uid(accountID), slug)
}

func (r reader) Projects(ctx context.Context, f team.ProjectFilter) ([]team.Project, team.Total, error) {
	var c condition
	l := listing{columns: projectColumns, from: "projects p", rows: "projects p", id: "p.id", capped: true, seek: seek{"p.account_id"}}
	if f.VisibleTo == "" {
		c.and("p.account_id = ?", uid(f.AccountID))
	} else {
		c.and("(p.account_id = ?) IS TRUE", uid(f.AccountID)) // not by the index of the account's projects
		column := "m.user_id"
		if f.VisibleToType == team.TypeAPIKey {
			column = "m.api_key_id"
		}
		// The index has the principal's memberships in the order of the projects.
		c.and(column+" = ?", uid(f.VisibleTo))
		c.and("m.status = 'active'")
		l.from = "memberships m JOIN projects p ON p.id = m.scope_id"
		l.rows, l.id, l.seek = l.from, "m.scope_id", seek{column}
	}
	if f.Query != "" {
		c.and(`p.name_key LIKE ? ESCAPE '\'`, containing(nameKey(f.Query)))
	}
	if f.Prefix != "" {
		c.prefixed("p.name_key", f.Prefix)
		l.order, l.id = "p.name_key, p.id", ""
	}
	c.identified("p.id", team.ExternalProject, f.AccountID, f.ExternalID)
	if f.VisibleTo+f.Query+f.Prefix+f.ExternalID.Value == "" {
		l.capped, l.counts = false, "(SELECT account_id, n FROM account_counts WHERE kind = 'projects') p"
	}
	return list(ctx, r.q, l, &c, f.Page, scanProject)
}

func (r reader) MemberCounts(ctx context.Context, projectIDs []string) (map[string]int, error) {
	counts := make(map[string]int, len(projectIDs))
	if len(projectIDs) == 0 {
		return counts, nil
	}
	var c condition
	c.and("m.scope_id" + c.in(values[uid](projectIDs)))
	_, err := many(ctx, r.q, func(s scanner) (n int, err error) {
		var id string
		if err = s.Scan((*ident)(&id), (*number)(&n)); err == nil {
			counts[id] = n
		}
		return n, err
	}, "SELECT m.scope_id, CAST(SUM(n) AS BIGINT) FROM "+memberCounts+" WHERE "+c.sql.String()+" GROUP BY m.scope_id", c.args...)
	return counts, err
}

func (t *tx) InsertProject(ctx context.Context, p team.Project) (bool, error) {
	return t.inserted(ctx, `INSERT INTO projects (id, account_id, name, name_key, slug, description, default_region, is_default, is_active,
		created_by, created_at, updated_at, name_unique) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
		uid(p.ID), uid(p.AccountID), p.Name, nameKey(p.Name), p.Slug, p.Description, p.DefaultRegion, p.IsDefault, p.IsActive,
		word(p.CreatedBy), p.CreatedAt, p.UpdatedAt, team.FoldName(p.Name))
}

// UpdateProject does not write the immutable columns: account, slug and creation time. For its condition see UpdateRole.
func (t *tx) UpdateProject(ctx context.Context, p team.Project) (bool, error) {
	n, err := t.exec(ctx, `UPDATE projects SET name = $2, name_key = $3, description = $4, default_region = $5, is_active = $6,
		updated_at = $7, name_unique = CASE WHEN name = $2 THEN name_unique ELSE $8 END WHERE id = $1
		AND (name = $2 OR (SELECT 1 FROM projects o WHERE o.account_id = projects.account_id AND o.name_unique = $8 AND o.id <> $1 LIMIT 1) IS NULL)`,
		uid(p.ID), p.Name, nameKey(p.Name), p.Description, p.DefaultRegion, p.IsActive, p.UpdatedAt, team.FoldName(p.Name))
	return n == 1, err
}

func (t *tx) DeleteProject(ctx context.Context, id string) error {
	for _, table := range []string{"invitations", "memberships"} {
		if err := t.later(ctx, "DELETE FROM "+table+" WHERE project_id = $1", uid(id)); err != nil {
			return err
		}
	}
	return t.change(ctx, "DELETE FROM projects WHERE id = $1", uid(id))
}
