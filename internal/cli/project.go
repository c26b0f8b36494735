package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

const projectArg = "a project's id, slug or name"

func (a *app) project() *cobra.Command {
	return a.group("project", "projects", "Show, create, update and delete projects and their members",
		a.projectList(), byID(a.projectGet(), "project"), a.projectCreate(), byID(a.projectUpdate(), "project"), byID(a.projectDelete(), "project"), a.projectMember())
}

func (a *app) projectList() *cobra.Command {
	var external string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the projects that this API key can see",
		Example: `raff project list
raff project list --search shop`,
		Args: args(),
	}
	list := addListing(cmd, "name, slug or description", "first", 0)
	externalFilter(cmd, &external)
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		match := func(p api.Project) bool { return list.finds(p.Name, p.Slug, p.Description) }
		return writeListing(a, list, c.Projects.All(ctx, client.ListProjectsOptions{ExternalID: external}), match, projectColumns)
	})
	require(cmd, atMostOne("search"))
	return cmd
}

func (a *app) projectGet() *cobra.Command {
	return &cobra.Command{
		Use:               "get <id|slug|name>",
		Short:             "Show a project",
		Example:           `raff project get website`,
		Args:              args(projectArg),
		ValidArgsFunction: upTo(1, a.completeProjectSlugs),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := findProject(ctx, c, args[0])
			if err != nil {
				return err
			}
			return writeOne(a, p, projectColumns, projectFields(p))
		}),
	}
}

func (a *app) projectCreate() *cobra.Command {
	var in struct{ name, description, region string }
	var external *externalFlags
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a project",
		Long:  "Create a project. Its slug is derived from the name and stays the same when the name changes.",
		Example: `raff project create --name "Web Shop"
raff project create --name Website --description "www.example.com"`,
		Args: args(),
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			ids, err := external.ids()
			if err != nil {
				return err
			}
			p, err := c.Projects.Create(ctx, api.CreateProjectRequest{
				Name: &in.name, Description: optional(in.description), DefaultRegion: optional(in.region), ExternalIDs: ids,
			})
			if err != nil {
				return err
			}
			return writeOne(a, *p, projectColumns, projectFields(*p))
		}),
	}
	cmd.Flags().StringVar(&in.name, "name", "", "`name` of the project")
	cmd.Flags().StringVar(&in.description, "description", "", "description (`text`)")
	cmd.Flags().StringVar(&in.region, "region", "", "default `region`")
	noFiles(cmd, "name", "description", "region")
	external = addExternalFlags(cmd, false)
	require(cmd, each("name"))
	return cmd
}

func (a *app) projectUpdate() *cobra.Command {
	var in struct{ name, description, region string }
	var external *externalFlags
	cmd := &cobra.Command{
		Use:               "update <id|slug|name>",
		Short:             "Change a project's name or description; the slug stays the same",
		Example:           `raff project update website --name "Website 2"`,
		Args:              args(projectArg),
		ValidArgsFunction: upTo(1, a.completeProjectSlugs),
	}
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, args []string) error {
		p, err := findProject(ctx, c, args[0])
		if err != nil {
			return err
		}
		ids, err := external.change()
		if err != nil {
			return err
		}
		changed, err := c.Projects.Update(ctx, p.ID, api.UpdateProjectRequest{
			Name: ifGiven(cmd, "name", in.name), Description: ifGiven(cmd, "description", in.description), DefaultRegion: ifGiven(cmd, "region", in.region),
			ExternalIDs: ids,
		})
		if err != nil {
			return err
		}
		return writeOne(a, *changed, projectColumns, projectFields(*changed))
	})
	cmd.Flags().StringVar(&in.name, "name", "", "new `name`")
	cmd.Flags().StringVar(&in.description, "description", "", "description (`text`)")
	cmd.Flags().StringVar(&in.region, "region", "", "default `region`")
	noFiles(cmd, "name", "description", "region")
	external = addExternalFlags(cmd, true)
	require(cmd, atLeastOne("name", "description", "region", "external-id", "remove-external-id"))
	return cmd
}

func (a *app) projectDelete() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "delete <id|slug|name>",
		Aliases:           []string{"rm", "remove"},
		Short:             "Delete a project with its memberships and open invitations",
		Example:           `raff project delete website`,
		Args:              args(projectArg),
		ValidArgsFunction: upTo(1, a.completeProjectSlugs),
	}
	d := a.addForce(cmd)
	cmd.RunE = a.do(d.asking(func(ctx context.Context, c *client.Client, args []string) error {
		p, err := findProject(ctx, c, args[0])
		if err != nil {
			return err
		}
		if err := d.confirm(ctx, "Delete the project %s? %s", p.Name, whoLosesARole(ctx, c, p)); err != nil {
			return err
		}
		done, err := c.Projects.Delete(ctx, p.ID)
		if err != nil {
			return err
		}
		return a.writeDone(done, "Deleted the project %s (%s).", p.Slug, p.ID)
	}))
	return cmd
}

// whoLosesARole describes who loses a role with a project, as far as the caller may know.
func whoLosesARole(ctx context.Context, c *client.Client, p api.Project) string {
	page, err := c.ProjectMembers.List(ctx, p.ID, client.ListMembersOptions{ListOptions: client.ListOptions{Limit: 1}})
	switch {
	case err != nil:
		return "Everyone loses their role in it, and its open invitations are cancelled."
	case page.Total == 0:
		return "No one has a role in it."
	}
	return fmt.Sprintf("It has %s, including API keys and open invitations; all of them lose their role in it.", count(page.Total, "member"))
}

// findProject finds a project by id, slug or name.
func findProject(ctx context.Context, c *client.Client, said string) (api.Project, error) {
	if id := idIn(said); id != "" {
		p, err := c.Projects.Get(ctx, id)
		if err != nil {
			return api.Project{}, err
		}
		return *p, nil
	}
	if id := externalID(said); id != "" {
		return pickExternal(c.Projects.All(ctx, client.ListProjectsOptions{ExternalID: id}), "project", id)
	}
	return pick(c.Projects.All(ctx, client.ListProjectsOptions{}), "project", said, "raff project list", func(p api.Project) string { return p.ID }, func(p api.Project) []string { return []string{p.Slug, p.Name} })
}

// workIn finds the project of a command, and keeps its slug for messages.
func (a *app) workIn(ctx context.Context, c *client.Client, said string) (api.Project, error) {
	p, err := findProject(ctx, c, said)
	if err == nil {
		a.where = p.Slug
	}
	return p, err
}

var projectColumns = []column[api.Project]{
	{"ID", "id", func(p api.Project) string { return p.ID }},
	{"SLUG", "slug", func(p api.Project) string { return p.Slug }},
	{"NAME", "name", func(p api.Project) string { return p.Name }},
	{"DEFAULT", "is_default", func(p api.Project) string { return strconv.FormatBool(p.IsDefault) }},
	{"CREATED", "", func(p api.Project) string { return day(&p.CreatedAt) }},
	{"DESCRIPTION", "description", func(p api.Project) string { return p.Description }},
	{"", "default_region", func(p api.Project) string { return p.DefaultRegion }},
	{"", "is_active", func(p api.Project) string { return strconv.FormatBool(p.IsActive) }},
	{"", "created_by", func(p api.Project) string { return text(p.CreatedBy) }},
	{"", "created_at", func(p api.Project) string { return moment(&p.CreatedAt) }},
	{"", "external_ids", func(p api.Project) string { return idsText(p.ExternalIDs, " ") }},
}

func projectFields(p api.Project) []field {
	return []field{
		{"ID", p.ID},
		{"Slug", p.Slug},
		{"Name", p.Name},
		{"Description", p.Description},
		{"Region", p.DefaultRegion},
		{"Default", strconv.FormatBool(p.IsDefault)},
		{"Created", moment(&p.CreatedAt)},
		{"External ids", idsText(p.ExternalIDs, "\n")},
		{"Updated", moment(&p.UpdatedAt)},
	}
}
