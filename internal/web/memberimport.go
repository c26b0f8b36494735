package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"raff/internal/lang"

	"raff/internal/permission"
	"raff/internal/spreadsheet"
	"raff/internal/team"
)

func (p *pages) importForm(v *visit) (importView, error) {
	chosen := v.PostForm.Get("place")
	if v.Method == http.MethodGet {
		chosen = v.URL.Query().Get("project")
	}
	f := importView{Account: v.ask(v.can.Invite("")), Role: strings.TrimSpace(v.PostForm.Get("role")), Once: once()}
	projects, _, err := v.someProjects()
	if err != nil {
		return f, err
	}
	for _, pr := range projects {
		if v.ask(v.can.Invite(pr.ID)).OK {
			f.Projects = append(f.Projects, pr)
		}
	}
	if chosen == "" && !f.Account.OK && len(f.Projects) > 0 {
		chosen = f.Projects[0].ID
	}
	if err := v.can.Invite(chosen); err != nil {
		return f, err
	}
	scope := permission.ScopeAccount
	if chosen != "" {
		scope = permission.ScopeProject
		if f.Place, err = p.svc.GetProject(v.Context(), v.who, chosen); err != nil {
			return f, err
		}
	}
	f.Roles, _, err = p.svc.ListRoles(v.Context(), v.who, team.RoleFilter{Scope: scope, Page: team.Page{Limit: team.CountedRows, SkipTotal: true}})
	return f, err
}

func (p *pages) showImport(v *visit) (reply, error) {
	f, err := p.importForm(v)
	return reply{status: http.StatusOK, page: importPage(v, f)}, err
}

// previewImport shows what the server would do with each row: the rows are added in a transaction that is rolled back.
func (p *pages) previewImport(v *visit) (reply, error) {
	f, err := p.importForm(v)
	if err != nil {
		return reply{}, err
	}
	if f.CSV, err = v.uploaded("file", "csv"); err != nil {
		return reply{}, err
	}
	if f.readRows(v.Context()); f.Wrong != "" {
		return reply{status: http.StatusBadRequest, page: importPage(v, f)}, nil
	}
	results, err := p.svc.TryAddMembers(v.Context(), v.who, f.adds())
	if err != nil {
		return importAgain(v, f, err)
	}
	f.tell(v.Context(), results, "Would be invited", "Would be added: already in the account")
	return reply{status: http.StatusOK, page: importPage(v, f)}, nil
}

// importPeople adds the people of the file. Rows that cannot be added do not affect the others.
func (p *pages) importPeople(v *visit) (reply, error) {
	f, err := p.importForm(v)
	if err != nil {
		return reply{}, err
	}
	f.CSV, f.Done = v.PostForm.Get("csv"), true
	if f.readRows(v.Context()); f.Wrong != "" {
		return reply{status: http.StatusBadRequest, page: importPage(v, f)}, nil
	}
	_, err = p.svc.AddMembers(v.onceKeeping("import", func(made any) ([]byte, error) {
		results, _ := made.([]team.BulkResult)
		f.tell(v.Context(), results, "Invited", "Added: already in the account")
		return json.Marshal(f.Rows)
	}), v.who, f.adds())
	if old, again := errors.AsType[*team.Replay](err); again {
		err = json.Unmarshal(old.Answer, &f.Rows)
	}
	if err != nil {
		f.Done = false
		return importAgain(v, f, err)
	}
	return reply{status: http.StatusOK, page: importPage(v, f)}, nil
}

func importAgain(v *visit, f importView, err error) (reply, error) {
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	f.Wrong, f.Rows = message, nil
	return reply{status: status, page: importPage(v, f)}, nil
}

// uploaded is the text of a file in the form or, if there is none, of a field.
func (v *visit) uploaded(file, field string) (string, error) {
	if v.MultipartForm != nil {
		defer func() { _ = v.MultipartForm.RemoveAll() }()
		if all := v.MultipartForm.File[file]; len(all) > 0 && all[0].Size > 0 {
			return fileText(all[0])
		}
	}
	return v.PostForm.Get(field), nil
}

func fileText(h *multipart.FileHeader) (string, error) {
	f, err := h.Open()
	if err != nil {
		return "", refusedFormUnread.Caused(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxInvite))
	if err != nil {
		return "", refusedFormUnread.Caused(err)
	}
	if !team.IsText(string(b)) {
		return "", refusedFileText.With()
	}
	return string(b), nil
}

// readRows reads the file. What is wrong with one row becomes its result; what is wrong with the file is in Wrong.
func (f *importView) readRows(ctx context.Context) {
	columns, rows, err := spreadsheet.Read([]byte(f.CSV))
	switch {
	case errors.Is(err, io.EOF):
		f.Wrong = say(ctx, "Choose a CSV file, or paste its text.")
		return
	case err != nil:
		f.Wrong = say(ctx, "The file could not be read: {reason}.", err.Error())
		return
	}
	email, role, called := -1, -1, -1
	for i, name := range columns {
		switch strings.ToLower(name) {
		case "email":
			email = i
		case "role":
			role = i
		case "name":
			called = i
		default:
			f.Ignored = append(f.Ignored, name)
		}
	}
	switch {
	case email < 0:
		f.Wrong = say(ctx, "The first line must name the columns. One of them must be email.")
	case len(rows) == 0:
		f.Wrong = say(ctx, "The file has no rows below the names of the columns.")
	case len(rows) > team.MaxBulk:
		f.Wrong = say(ctx, "The file has {count} rows; at most {most} people can be added at once.", len(rows), team.MaxBulk)
	}
	if f.Wrong != "" {
		return
	}
	lines := map[string]int{}
	for _, row := range rows {
		f.Rows = append(f.Rows, f.row(ctx, row, [3]string{row.Cell(email), row.Cell(role), row.Cell(called)}, lines))
	}
}

// row turns a row of the file into the member to add, or into a row that says what is wrong with it. lines has the lines of the
// emails before it.
func (f *importView) row(ctx context.Context, row spreadsheet.Row, cells [3]string, lines map[string]int) importRow {
	if row.Err != nil {
		return importRow{Line: row.Line, Email: row.Text, add: team.NewMember{Invalid: refusedRow.With(say(ctx, "The line could not be read: {reason}.", row.Err.Error()))}}
	}
	email, role, name := cells[0], cells[1], team.ProposedName(cells[2])
	if before, address, ok := bracketed(email); ok {
		email, name = address, cmp.Or(name, nameOf([]string{before}))
	}
	out := importRow{Line: row.Line, Email: email, Role: role}
	if role == "" {
		role = f.Role
	}
	found, problem := roleCalled(ctx, f.Roles, role)
	key, err := team.CanonicalEmail(email)
	first, twice := lines[key]
	switch {
	case problem != "":
		out.add.Invalid = refusedRow.With(problem)
	case err == nil && twice:
		out.add.Invalid = refusedRow.With(say(ctx, "The same email as in line {line}.", first))
	default:
		lines[key] = row.Line
		out.Role = found.Name
		out.add = team.NewMember{ProjectID: f.Place.ID, Email: &out.Email, Name: name, RoleID: found.ID, ManagedBy: team.ManagedByDashboard}
	}
	out.add.ProjectID = f.Place.ID
	return out
}

// roleCalled finds the role with this slug, name or id. A text that is the slug of one role and the name of another finds neither.
func roleCalled(ctx context.Context, roles []team.Role, text string) (role team.Role, problem string) {
	if text == "" {
		return role, say(ctx, "No role. Fill in the column, or choose a role for rows without one.")
	}
	some := slices.DeleteFunc(slices.Clone(roles), func(r team.Role) bool {
		return r.ID != text && r.Slug != text && !strings.EqualFold(r.Name, text)
	})
	switch len(some) {
	case 0:
		return role, say(ctx, "There is no role {name} here.", languageOf(ctx).Quote(text))
	case 1:
		return some[0], ""
	}
	return role, say(ctx, "More than one role is called {name}. Use the ID.", languageOf(ctx).Quote(text))
}

func (f *importView) adds() []team.NewMember {
	all := make([]team.NewMember, len(f.Rows))
	for i := range f.Rows {
		all[i] = f.Rows[i].add
		if all[i].Email != nil {
			all[i].Email = &f.Rows[i].Email
		}
	}
	return all
}

// tell sets what would become, or became, of each row.
func (f *importView) tell(ctx context.Context, results []team.BulkResult, invited, added lang.Text) {
	for i := range results {
		row, r := &f.Rows[i], results[i]
		e, refused := errors.AsType[*team.Error](r.Err)
		switch {
		case refused && e.Refusal == team.RefusalAlreadyMember:
			row.Kind, row.Text = "wait", say(ctx, "Already a member. Nothing changes.")
		case refused && e.Refusal == team.RefusalAlreadyInvited:
			row.Kind, row.Text = "wait", plainWords(ctx, e)
		case r.Err != nil:
			_, message, _, ok := refusal(ctx, r.Err)
			if !ok {
				message = say(ctx, "Could not be added.")
			}
			row.Kind, row.Text = "off", message
		case r.Member.Status == team.StatusActive:
			row.Kind, row.Text = "on", say(ctx, added)
		default:
			row.Kind, row.Text = "on", say(ctx, invited)
		}
	}
}
