package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"slices"
	"strings"

	"raff/api"
	"raff/internal/naming"
	"raff/internal/spreadsheet"
)

// person is one row of a file to import.
type person struct {
	Line   int    `json:"line"`
	Email  string `json:"email"`
	Role   string `json:"role"` // as the file names it
	Result string `json:"result"`
	Member string `json:"member_id,omitempty"`
	Reason string `json:"reason,omitempty"` // why it failed
	// Projects are the roles in projects, as the file names them.
	Projects string `json:"projects,omitempty"`

	place    string // the id of the project to add to; "" for the account
	roleID   string
	projects []api.ProjectRole
	name     string // to propose
}

// Results.
const (
	resultInvited  = "invited"
	resultAdded    = "added"
	resultThere    = "unchanged" // with the same role: importing a file twice changes nothing
	resultSkipped  = "skipped"   // an exported row that is not about a person who can be added
	resultWould    = "would be invited"
	resultWouldAdd = "would be added"
	resultInvalid  = "invalid"
	resultFailed   = "failed"
	resultUnknown  = "unknown" // sent, but the response was lost
	resultNotSent  = "not sent"
)

func (p *person) failed() bool {
	return p.Result == resultInvalid || p.Result == resultFailed || p.Result == resultUnknown || p.Result == resultNotSent
}

func (p *person) fail(result, format string, args ...any) {
	p.Result, p.Reason = result, fmt.Sprintf(format, args...)
}

// readPeople reads a CSV file, or standard input for "-". ignored lists columns that are not used: the column "projects" is only
// used for an import into the account. inactive says that rows about people without access are used, too.
func (a *app) readPeople(path, defaultRole string, intoProject, inactive bool) (people []person, ignored []string, err error) {
	b, err := a.readAll(path)
	if err != nil {
		return nil, nil, err
	}
	for i, line := range bytes.Split(b, []byte("\n")) {
		if !isText(string(line)) {
			return nil, nil, fmt.Errorf("line %d of %s contains a NUL character or bytes that are not UTF-8. Save the file as CSV in UTF-8", i+1, path)
		}
	}
	m, err := spreadsheet.ReadMembers(b, intoProject)
	if errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("%s is empty: the first line must name the columns, email and role", path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	switch {
	case !m.Has("email"):
		return nil, nil, fmt.Errorf("the first line of %s must name the columns, including email; it is %q", path, strings.Join(m.Columns, ","))
	case !m.Has("role") && !m.Has("projects") && defaultRole == "":
		return nil, nil, fmt.Errorf("%s has no column role: add one, or set one role for everyone with --role", path)
	}
	for _, row := range m.Rows {
		cell := func(column string) string { return m.Cell(row, column) }
		p := person{Line: row.Line, Role: cmp.Or(cell("role"), defaultRole), Projects: cell("projects")}
		p.Email, p.name = bareAddress(cell("email"))
		p.name = cmp.Or(proposedName(cell("name")), p.name)
		switch {
		case row.Err != nil:
			p.Email = row.Text
			p.fail(resultInvalid, "invalid line: %s", row.Err)
		case m.IsKey(row):
			p.fail(resultSkipped, "API keys are not imported")
		case m.IsOwner(row):
			p.fail(resultSkipped, "the Owner is not imported: ownership is only transferred")
		case inactive:
		case m.Inactivity(row) == spreadsheet.Suspended:
			p.fail(resultSkipped, "suspended in the file; to add them, use --include-inactive")
		case m.Inactivity(row) == spreadsheet.Declined:
			p.fail(resultSkipped, "declined the invitation, according to the file; to add them, use --include-inactive")
		case m.Inactivity(row) == spreadsheet.Expired:
			p.fail(resultSkipped, "the invitation expired, according to the file; to add them, use --include-inactive")
		}
		people = append(people, p)
	}
	return people, m.Ignored, nil
}

// bareAddress is the address and the name in "Alice <alice@example.com>", the form used by email programs and their exports.
func bareAddress(text string) (address, name string) {
	open := strings.LastIndexByte(text, '<')
	if inner := text[open+1:]; open >= 0 && strings.HasSuffix(inner, ">") && strings.Contains(inner, "@") && !strings.Contains(text[:open], ">") {
		return strings.TrimSpace(strings.TrimSuffix(inner, ">")), proposedName(strings.Trim(strings.TrimSpace(text[:open]), `"'`))
	}
	return text, ""
}

// proposedName is the valid name that is closest to a text in a file; an email is none.
func proposedName(text string) string {
	if strings.Contains(text, "@") {
		return ""
	}
	return naming.Clean(text, naming.MaxPersonName)
}

func (a *app) readAll(path string) ([]byte, error) {
	if path == "-" {
		b, err := io.ReadAll(a.in)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return b, nil
	}
	return os.ReadFile(path)
}

// validate finds invalid rows before any is sent, and resolves their roles. place is the id of the project to import into, or "".
func validate(people []person, place string, roles []api.Role, in *projectNames) {
	lines := map[string]int{}
	for i := range people {
		p := &people[i]
		if p.Result != "" {
			continue
		}
		address, err := mail.ParseAddress(p.Email)
		_, domain, _ := strings.Cut(p.Email, "@")
		if err != nil || address.Address != p.Email || !strings.Contains(domain, ".") {
			p.fail(resultInvalid, "%q is not an email address", p.Email)
			continue
		}
		if first, twice := lines[naming.CanonicalEmail(p.Email)]; twice {
			p.fail(resultInvalid, "same email as in line %d", first)
			continue
		}
		lines[naming.CanonicalEmail(p.Email)] = p.Line
		if err := p.resolve(place, roles, in); err != nil {
			p.fail(resultInvalid, "%s", err)
		}
	}
}

// resolve finds the role and the projects that the row names. A row with projects and no role is only about the projects.
func (p *person) resolve(place string, roles []api.Role, in *projectNames) (err error) {
	if !in.used {
		p.Projects = ""
	}
	if p.projects, err = in.read(p.Projects); err != nil {
		return fmt.Errorf("column projects: %w", err)
	}
	p.place = place
	if p.Role == "" && len(p.projects) > 0 {
		p.place, p.roleID, p.projects = *p.projects[0].ProjectID, *p.projects[0].RoleID, p.projects[1:]
		return nil
	}
	if p.roleID, err = roleNamed(roles, p.Role); err != nil && in.used {
		return fmt.Errorf("column role: %w", err)
	}
	return err
}

func roleNamed(roles []api.Role, said string) (id string, err error) {
	if said == "" {
		return "", errors.New("no role: fill in the column, or set a default with --role")
	}
	if id := idIn(said); id != "" {
		return id, nil
	}
	r, err := pick(rowsOf(roles), "role", said, "raff role list", roleOwnID, func(r api.Role) []string { return []string{r.Slug, r.Name} })
	return r.ID, err
}

// failedFile is the file for failed rows, which can be imported again.
type failedFile struct{ f *os.File }

// openFailed creates the file before anything is sent, so that a path that cannot be written is reported early.
func openFailed(path string) (*failedFile, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no file is wanted
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("creating the file for failed rows: %w", err)
	}
	return &failedFile{f}, nil
}

func (f *failedFile) write(people []person) error {
	if f == nil {
		return nil
	}
	failed := slices.DeleteFunc(slices.Clone(people), func(p person) bool { return !p.failed() })
	columns := []column[person]{
		{"", "email", func(p person) string { return p.Email }},
		{"", "role", func(p person) string { return p.Role }},
	}
	if slices.ContainsFunc(failed, func(p person) bool { return p.name != "" }) {
		columns = append(columns, column[person]{"", "name", func(p person) string { return p.name }})
	}
	if slices.ContainsFunc(failed, func(p person) bool { return p.Projects != "" }) {
		columns = append(columns, column[person]{"", "projects", func(p person) string { return p.Projects }})
	}
	err := writeCSV(f.f, failed, append(columns, column[person]{"", "reason", func(p person) string { return p.Reason }}))
	if err = errors.Join(err, f.f.Close()); err != nil {
		return fmt.Errorf("writing the failed rows: %w", err)
	}
	return nil
}
