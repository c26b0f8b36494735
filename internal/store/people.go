package store

import (
	"context"

	"raff/internal/permission"
	"raff/internal/team"
)

// visible returns the condition that a membership of this alias is in the account or in one of the filter's projects.
func visible(c *condition, alias string, f team.PersonFilter) string {
	column := alias + ".project_id"
	if f.AllProjects {
		return "TRUE"
	}
	if len(f.Projects) == 0 {
		return column + " IS NULL"
	}
	return "(" + column + " IS NULL OR " + column + c.in(values[uid](f.Projects)) + ")"
}

// People returns each person once: by their account membership or, without one, by their first project membership.
func (r reader) People(ctx context.Context, f team.PersonFilter) ([]team.Person, team.Total, error) {
	l := memberList
	switch f.Sort {
	case team.SortNewest:
		l.newest = true
	case team.SortName, team.SortNameBack:
		l.at, l.newest = "m.sort_key", f.Sort == team.SortNameBack
		l.value = func(c *team.Cursor) any { return c.Name }
	case team.SortStatus, team.SortStatusBack:
		if l.newest = f.Sort == team.SortStatusBack; f.Status == "" { // else all have the same status, and are in the order of ids
			l.at = "m.status"
			l.value = func(c *team.Cursor) any { return c.Status }
		}
	}
	byName, byStatus := l.at == "m.sort_key", l.at == "m.status"
	var c condition
	counted := leads(&c, f)
	switch f.Access {
	case team.AccessOwner:
		c.and("m.is_owner")
	case team.AccessAccount:
		c.and("NOT m.is_owner")
	case team.AccessProject:
		c.and("m.scope_id <> m.account_id")
		l.seek = guestIndex(f)
	}
	index := "" // for the members of the account, instead of the key
	if f.Status != "" || byStatus {
		index = "memberships_status"
	}
	if f.Status != "" {
		c.and("m.status = ?", f.Status)
	}
	if f.RoleID != "" {
		role, err := r.Role(ctx, f.AccountID, f.RoleID)
		switch {
		case team.IsNotFound(err):
			return nil, team.Total{}, nil
		case err != nil:
			return nil, team.Total{}, err
		case role.Scope == permission.ScopeAccount:
			c.and("m.role_id = ?", uid(f.RoleID))
			index = "memberships_role" // sorted by status, all members with the role are read
		default:
			counted, l.capped = false, true
			c.and(`EXISTS (SELECT 1 FROM memberships h WHERE h.email_canonical = m.email_canonical AND (h.account_id = m.account_id) IS TRUE
				AND (h.role_id = ?) IS TRUE AND `+visible(&c, "h", f)+")", uid(f.RoleID))
		}
	}
	if f.NotIn != "" {
		counted, l.capped = false, true
		c.and("NOT m.is_owner")
		c.and("NOT EXISTS (SELECT 1 FROM memberships o WHERE o.email_canonical = m.email_canonical AND o.scope_id = ?)", uid(f.NotIn))
		c.and("(m.user_id = ?) IS NOT TRUE", uid(f.ButUser))
	}
	if counted && f.Factor == "" && f.Query == "" {
		l.counts = memberCounts
	}
	switch {
	case byName || f.Query != "":
		l.seek = nil
	case index != "":
		inAccount := l.membersBy(r.q.Dialect(), index)
		if byStatus && index == "memberships_status" {
			inAccount.seek = seek{"m.scope_id"} // the status is part of the order
		}
		if onlyAccount(f) {
			l = inAccount
		}
		l.either = byScope(f, part{rows: inAccount.rows, seek: inAccount.seek}, l.rows)
	default:
		l.either = byScope(f, part{rows: l.rows, seek: l.seek}, l.rows)
	}
	if f.Factor != "" {
		l.capped = true
		not := ""
		if f.Factor == "no" {
			not = "NOT "
		}
		c.and("m.user_id IS NOT NULL AND " + not + "EXISTS (SELECT 1 FROM factors f WHERE f.user_id = m.user_id AND f.confirmed)")
	}
	if f.Query != "" {
		l.search, l.capped = true, false
		like := containing(team.Folded(f.Query))
		if len(f.Projects) > 0 && !f.AllProjects {
			c.and(called("m", "?"), like)
		} else if l.rows = r.trigrams(&c, f.AccountID, f.Query); l.rows == "" {
			// The text is compared in an index with all columns that this needs; only rows that match are read.
			names := memberList.membersBy(r.q.Dialect(), "memberships_sorted").rows
			l.rows = c.number("(SELECT m.scope_id, m.id FROM "+names+" WHERE m.account_id = ? AND m.lead AND "+called("m", "?")+") s JOIN memberships m ON m.scope_id = s.scope_id AND m.id = s.id",
				uid(f.AccountID), like)
		}
	}
	leads, total, err := list(ctx, r.q, l, &c, f.Page, r.members())
	if err != nil || len(leads) == 0 {
		return nil, total, err
	}
	people := make([]team.Person, len(leads))
	for i, m := range leads {
		people[i].Member = m
	}
	if f.ShowActivity {
		if err := r.readActivity(ctx, people); err != nil {
			return nil, team.Total{}, err
		}
	}
	return people, total, r.readProjects(ctx, people, f)
}

// byScope returns conditions that replace the first one of leads, so that the members of the account and the people in its
// projects are each read in the order of an index: inAccount says which one for the members of the account. $1 is the account.
func byScope(f team.PersonFilter, inAccount part, projectRows string) []part {
	inAccount.where = "m.scope_id = $1"
	inProjects := part{where: "m.account_id = $1 AND m.scope_id <> m.account_id", rows: projectRows, seek: guestIndex(f)}
	switch {
	case f.Access != "":
	case f.AllProjects:
		return []part{inAccount, inProjects}
	case len(f.Projects) > 0:
		var c condition
		c.args = []any{f.AccountID}
		return []part{inAccount, {where: "m.scope_id" + c.in(values[uid](f.Projects)), rows: projectRows}}
	}
	return nil
}

// guestIndex returns the columns before id of the index of people who are members of projects only.
func guestIndex(f team.PersonFilter) seek {
	if f.Status != "" {
		return seek{"m.account_id", "m.status"}
	}
	return seek{"m.account_id"}
}

// readActivity sets the Activity of these people.
func (r reader) readActivity(ctx context.Context, people []team.Person) error {
	var ids []string
	for _, p := range people {
		if p.UserID != "" {
			ids = append(ids, p.UserID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	of, err := r.Activity(ctx, people[0].AccountID, ids, nil)
	for i, p := range people {
		people[i].Activity = of[p.UserID]
	}
	return err
}

// onlyAccount reports whether all people that are listed are members of the account.
func onlyAccount(f team.PersonFilter) bool {
	return f.Access != team.AccessOwner && len(f.Projects) == 0 && !f.AllProjects || f.Access == team.AccessAccount
}

// leads adds the condition that a membership is the one that represents its person in the list, and reports whether
// member_counts can count the matches.
func leads(c *condition, f team.PersonFilter) bool {
	switch {
	case onlyAccount(f):
		c.and("m.scope_id = ?", uid(f.AccountID))
	case f.AllProjects || f.Access == team.AccessOwner:
		c.and("m.account_id = ?", uid(f.AccountID))
		c.and("m.lead")
	default:
		// Which membership leads depends on the filter's projects. (… = …) IS TRUE keeps the database from searching a
		// person's other memberships by walking through the whole account.
		c.and("m.scope_id" + c.in(values[uid](append([]string{f.AccountID}, f.Projects...))))
		c.and("(m.account_id = ?) IS TRUE", uid(f.AccountID))
		c.and(`(m.project_id IS NULL OR NOT EXISTS (SELECT 1 FROM memberships o WHERE o.email_canonical = m.email_canonical
			AND (o.account_id = m.account_id) IS TRUE AND (o.project_id IS NULL OR ` + visible(c, "o", f) + ` AND o.id < m.id)))`)
		c.and("m.principal_type <> 'api_key'")
		return false
	}
	c.and("m.principal_type <> 'api_key'")
	return true
}

// readProjects fills in the project memberships of all these people with one query.
func (r reader) readProjects(ctx context.Context, people []team.Person, f team.PersonFilter) error {
	if !f.AllProjects && len(f.Projects) == 0 {
		return nil
	}
	place := make(map[string]*team.Person, len(people))
	var c condition
	c.and("(m.account_id = ?) IS TRUE", uid(f.AccountID))
	c.and("m.scope_id <> m.account_id")
	c.and(visible(&c, "m", f))
	addresses := make([]any, len(people))
	for i := range people {
		place[people[i].CanonicalEmail], addresses[i] = &people[i], people[i].CanonicalEmail
	}
	c.and("m.email_canonical" + c.in(addresses))
	members, err := many(ctx, r.q, r.members(), selectMember+" WHERE "+c.sql.String()+" ORDER BY p.name_key, p.id", c.args...)
	for _, m := range members {
		p := place[m.CanonicalEmail]
		p.Projects = append(p.Projects, m)
	}
	return err
}

func (r reader) MemberAnywhere(ctx context.Context, accountID, id string) (team.Member, error) {
	m, err := r.Member(ctx, accountID, "", id)
	if !team.IsNotFound(err) {
		return m, err
	}
	m, err = one(ctx, r.q, r.members(), selectMember+" WHERE m.id = $1 AND m.scope_id <> m.account_id", uid(id))
	return ofAccount(m, err, m.AccountID == accountID)
}
