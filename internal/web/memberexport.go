package web

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"raff/internal/spreadsheet"
	"raff/internal/team"
)

// membersFile is the URL of the list of people as a file, with the filters of this page.
func (v *visit) membersFile() string {
	q := v.URL.Query()
	q.Del("after")
	if len(q) == 0 {
		return "/members/export"
	}
	return "/members/export?" + q.Encode()
}

// exportMembers sends everyone on the list, with its filters and order, as CSV, one page at a time.
func (p *pages) exportMembers(v *visit) (reply, error) {
	m := v.membersAsked()
	page := team.Page{Limit: team.MaxBulk}
	people, _, err := p.svc.ListPeople(v.Context(), v.who, m.filter(page)) // a refusal is a page, not a file
	if err != nil {
		return reply{}, err
	}
	write := func(ctx context.Context, w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.Write(append(slices.Clone(spreadsheet.MemberColumns), "projects")); err != nil {
			return err
		}
		for {
			for _, one := range people {
				if err := out.Write(personCells(one, p.svc.Now())); err != nil {
					return err
				}
			}
			out.Flush()
			if err := out.Error(); err != nil || len(people) < page.Limit {
				return err
			}
			last := people[len(people)-1].Cursor()
			page.After = &last
			if err := v.stillHere(ctx); err != nil { // the next page has only whom the user may still see
				return err
			}
			var err error
			if people, _, err = p.svc.ListPeople(ctx, v.who, m.filter(page)); err != nil {
				return err
			}
		}
	}
	return reply{
		status: http.StatusOK, file: "members-" + p.svc.Now().UTC().Format(time.DateOnly) + ".csv", contentType: "text/csv; charset=utf-8",
		write: write, check: v.stillHere,
	}, nil
}

// stillHere fails if the session, or the membership, ended since the request began, and reads again what the user may do.
func (v *visit) stillHere(ctx context.Context) error {
	me, ok, err := v.p.visitor(v.Request.WithContext(ctx))
	if err == nil && (!ok || me.Principal == nil || me.Principal.AccountID != v.who.AccountID) {
		err = team.ErrSignedOut
	}
	if err != nil {
		return err
	}
	v.who = me.Principal
	return v.p.svc.Can(ctx, me.Principal).ViewMembers("")
}

// personCells are the values of spreadsheet.MemberColumns, and the projects. Without an account role, only the projects have
// roles.
func personCells(p team.Person, now time.Time) []string {
	role, roleName, roleID := "", "", ""
	if p.ProjectID == "" {
		role, roleName, roleID = p.Role.Slug, p.Role.Name, p.Role.ID
	}
	projects := make([]spreadsheet.ProjectRole, len(p.Projects))
	for i, m := range p.Projects {
		projects[i] = spreadsheet.ProjectRole{Project: m.ProjectName, Role: m.Role.Slug}
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	state, expires := "none", time.Time{}
	if p.Invitation != nil {
		state, expires = string(p.Invitation.StateAt(now)), p.Invitation.ExpiresAt
	}
	row := []string{
		p.ID, p.Email, p.Name, role, string(p.Status), roleName, roleID, string(p.Type), p.UserID, p.APIKeyID, strconv.FormatBool(p.IsOwner),
		state, stamp(expires), stamp(p.InvitedAt), stamp(p.AcceptedAt), stamp(p.CreatedAt), spreadsheet.WriteProjects(projects),
	}
	for i := range row {
		row[i] = spreadsheet.Guard(row[i])
	}
	return row
}
