package cli

import (
	"context"
	"fmt"

	"raff/api"
	"raff/api/client"
	"raff/internal/spreadsheet"
)

// projectNames finds the projects and roles that the column "projects" of a file names. It is read only for a file that has one.
type projectNames struct {
	used     bool // the file has the column
	projects []api.Project
	roles    []api.Role
}

func readProjectNames(ctx context.Context, c *client.Client) (n *projectNames, err error) {
	n = &projectNames{used: true}
	if n.projects, err = collect(c.Projects.All(ctx, client.ListProjectsOptions{})); err != nil {
		return nil, err
	}
	n.roles, err = collect(rolesOf(ctx, c, api.ScopeProject))
	return n, err
}

// read reads a cell, such as "Website (operator); Shop (viewer)".
func (n *projectNames) read(cell string) (all []api.ProjectRole, err error) {
	named, rest := spreadsheet.ReadProjects(cell)
	if rest != "" {
		return nil, fmt.Errorf(`%q is not PROJECT (ROLE), with a semicolon between two; put a name that contains ;, (, ) or " in double quotes`, rest)
	}
	seen := map[string]bool{}
	for _, each := range named {
		project, err := n.project(each.Project)
		if err != nil {
			return nil, err
		}
		if seen[project] {
			return nil, fmt.Errorf("the project %q is named twice", each.Project)
		}
		seen[project] = true
		role, err := roleNamed(n.roles, each.Role)
		if err != nil {
			return nil, err
		}
		all = append(all, api.ProjectRole{ProjectID: &project, RoleID: &role})
	}
	return all, nil
}

func (n *projectNames) project(said string) (id string, err error) {
	if id := idIn(said); id != "" {
		return id, nil
	}
	p, err := pick(rowsOf(n.projects), "project", said, "raff project list", func(p api.Project) string { return p.ID }, func(p api.Project) []string { return []string{p.Slug, p.Name} })
	return p.ID, err
}

func (n *projectNames) nameOf(id string) string {
	for _, p := range n.projects {
		if p.ID == id {
			return p.Name
		}
	}
	return id
}
