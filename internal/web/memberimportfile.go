package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"raff/internal/permission"
	"raff/internal/spreadsheet"
	"raff/internal/team"
)

// importNames are what the column "projects" can name. They are read only for a file that uses it.
type importNames struct {
	projects byName[team.Project]
	roles    byName[team.Role] // of projects
}

// readRows reads the file. What is wrong with one row becomes its result; what is wrong with the file is in Wrong.
func (f *importView) readRows(v *visit) error {
	ctx := v.Context()
	m, err := spreadsheet.ReadMembers([]byte(f.CSV), f.Place.ID != "")
	switch {
	case errors.Is(err, io.EOF):
		f.Wrong = say(ctx, "Choose a CSV file, or paste its text.")
		return nil
	case err != nil:
		f.Wrong = say(ctx, "The file could not be read: {reason}.", err.Error())
		return nil
	}
	f.Ignored = m.Ignored
	switch {
	case !m.Has("email"):
		f.Wrong = say(ctx, "The first line must name the columns. One of them must be email.")
	case len(m.Rows) == 0:
		f.Wrong = say(ctx, "The file has no rows below the names of the columns.")
	case len(m.Rows) > team.MaxBulk:
		f.Wrong = say(ctx, "The file has {count} rows; at most {most} people can be added at once.", len(m.Rows), team.MaxBulk)
	}
	if f.Wrong != "" {
		return nil
	}
	if slices.ContainsFunc(m.Rows, func(r spreadsheet.Row) bool { return m.Cell(r, spreadsheet.ColumnProjects) != "" }) {
		if f.names, err = v.importNames(); err != nil {
			return err
		}
	}
	lines := map[string]int{}
	for _, row := range m.Rows {
		f.Rows = append(f.Rows, f.row(ctx, m, row, lines))
	}
	return nil
}

// importNames reads all projects that the visitor can see, and the roles in projects.
func (v *visit) importNames() (n importNames, err error) {
	for page := (team.Page{Limit: team.CountedRows, SkipTotal: true}); ; {
		some, _, err := v.p.svc.ListProjects(v.Context(), v.who, page)
		if err != nil {
			return n, err
		}
		for _, pr := range some {
			n.projects.add(pr, pr.ID, pr.Slug, pr.Name)
		}
		if len(some) < page.Limit {
			break
		}
		last := some[len(some)-1]
		page.After = &team.Cursor{At: last.CreatedAt, ID: last.ID}
	}
	n.roles, err = v.importRoles(permission.ScopeProject)
	return n, err
}

// importRoles reads all roles of a scope.
func (v *visit) importRoles(scope permission.Scope) (n byName[team.Role], err error) {
	all, _, err := v.p.svc.ListRoles(v.Context(), v.who, team.RoleFilter{Scope: scope, Page: team.Page{SkipTotal: true}})
	for _, r := range all {
		n.add(r, r.ID, r.Slug, r.Name)
	}
	return n, err
}

// row turns a row of the file into the member to add, or into a row that says what is wrong with it. lines has the lines of the
// emails before it.
func (f *importView) row(ctx context.Context, m spreadsheet.Members, row spreadsheet.Row, lines map[string]int) importRow {
	if row.Err != nil {
		return importRow{Line: row.Line, Email: row.Text, add: f.invalid(say(ctx, "The line could not be read: {reason}.", row.Err.Error()))}
	}
	email, name := m.Cell(row, "email"), team.ProposedName(m.Cell(row, "name"))
	if before, address, rest, ok := bracketed(email); ok && !strings.Contains(rest, "@") { // two are no email
		email, name = address, cmp.Or(name, nameOf([]string{before}))
	}
	out := importRow{Line: row.Line, Email: email, Role: m.Cell(row, "role"), Projects: m.Cell(row, "projects")}
	switch {
	case m.IsKey(row):
		out.add = team.NewMember{ProjectID: f.Place.ID, Invalid: refusedRowKey.With()}
		return out
	case m.IsOwner(row):
		out.add = team.NewMember{ProjectID: f.Place.ID, Invalid: refusedRowOwner.With()}
		return out
	}
	if refused, ok := refusedInactive[m.Inactivity(row)]; ok && !f.Inactive {
		out.add = team.NewMember{ProjectID: f.Place.ID, Invalid: refused.With()}
		return out
	}
	add, role, problem := f.access(ctx, cmp.Or(out.Role, f.Role), out.Projects)
	key, err := team.CanonicalEmail(email)
	first, twice := lines[key]
	switch {
	case problem != "":
		out.add = f.invalid(problem)
	case err == nil && twice:
		out.add = f.invalid(say(ctx, "The same email as in line {line}.", first))
	default:
		lines[key] = row.Line
		out.Role, out.add = role, add
		out.add.Email, out.add.Name, out.add.ManagedBy = &out.Email, name, team.ManagedByDashboard
	}
	return out
}

func (f *importView) invalid(problem string) team.NewMember {
	return team.NewMember{ProjectID: f.Place.ID, Invalid: refusedRow.With(problem)}
}

// access finds the role and the projects that a row names. A row with projects and no role is only about the projects.
func (f *importView) access(ctx context.Context, role, projects string) (add team.NewMember, name, problem string) {
	if add.Projects, problem = f.names.read(ctx, projects); problem != "" {
		return add, "", problem
	}
	add.SkipExisting = len(add.Projects) > 0
	if role == "" && len(add.Projects) > 0 {
		add.ProjectID, add.RoleID, add.Projects = add.Projects[0].ProjectID, add.Projects[0].RoleID, add.Projects[1:]
		return add, "", ""
	}
	found, problem := roleCalled(ctx, f.roles, role)
	add.ProjectID, add.RoleID = f.Place.ID, found.ID
	return add, found.Name, problem
}

// read reads a cell of the column "projects".
func (n importNames) read(ctx context.Context, cell string) (all []team.ProjectRole, problem string) {
	named, rest := spreadsheet.ReadProjects(cell)
	if rest != "" {
		return nil, say(ctx, "Column projects: {text} is not in the form Project (role). Separate projects with semicolons, and put a name with a semicolon, parenthesis or quotation mark in double quotes.", languageOf(ctx).Quote(rest))
	}
	for _, each := range named {
		project, problem := n.projectCalled(ctx, each.Project)
		if problem != "" {
			return nil, problem
		}
		role, problem := roleCalled(ctx, n.roles, each.Role)
		if problem != "" {
			return nil, say(ctx, "Column projects: {problem}", problem)
		}
		all = append(all, team.ProjectRole{ProjectID: project.ID, RoleID: role.ID})
	}
	return all, ""
}

// projectCalled finds the project with this slug, name or id, like roleCalled.
func (n importNames) projectCalled(ctx context.Context, text string) (project team.Project, problem string) {
	switch some := n.projects.called(text); len(some) {
	case 0:
		return project, say(ctx, "Column projects: There is no project {name} that you can see.", languageOf(ctx).Quote(text))
	case 1:
		return some[0].row, ""
	default:
		return project, say(ctx, "Column projects: More than one project is called {name}. Use one of the IDs: {ids}.", languageOf(ctx).Quote(text), idsOf(some))
	}
}

// roleCalled finds the role with this slug, name or id. A text that is the slug of one role and the name of another finds neither.
func roleCalled(ctx context.Context, roles byName[team.Role], text string) (role team.Role, problem string) {
	if text == "" {
		return role, say(ctx, "No role. Fill in the column, or choose a role for rows without one.")
	}
	switch some := roles.called(text); len(some) {
	case 0:
		return role, say(ctx, "There is no role {name} here.", languageOf(ctx).Quote(text))
	case 1:
		return some[0].row, ""
	default:
		return role, say(ctx, "More than one role is called {name}. Use one of the IDs: {ids}.", languageOf(ctx).Quote(text), idsOf(some))
	}
}
