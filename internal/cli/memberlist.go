package cli

import (
	"context"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

// memberFilter are the flags that filter a list of members.
type memberFilter struct {
	*listing
	status         *choice
	role, external string
}

func (a *app) addMemberFilter(cmd *cobra.Command, scope string) *memberFilter {
	f := &memberFilter{listing: addListing(cmd, "email or name", "first", 0), status: newStatus()}
	addChoice(cmd, f.status, "status", "only members with this status")
	cmd.Flags().StringVar(&f.role, "role", "", "only members with this role (`slug`, name or id)")
	complete(cmd, "role", a.completeRoles(scope))
	externalFilter(cmd, &f.external)
	return f
}

// options are the list options for the flags, with the role's id.
func (f *memberFilter) options(ctx context.Context, c *client.Client, scope string) (client.ListMembersOptions, error) {
	o := client.ListMembersOptions{Status: f.status.value, ExternalID: f.external, Query: f.search, ListOptions: f.page()}
	if err := f.check(); err != nil || f.role == "" {
		return o, err
	}
	r, err := findRole(ctx, c, scope, f.role)
	o.RoleID = r.ID
	return o, err
}

func (a *app) memberList() *cobra.Command {
	var project string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the members",
		Long: `List the members of the account, or with --project those of a project: people, API keys and open invitations.
The column INVITATION has the state of an invitation that was not accepted yet: queued, sent, failed, declined or expired.
On a server that sends no email it is "not emailed" instead of queued: give the person a link (raff invitation link).
CSV, JSON and YAML also have the roles of the members in projects whose members you may view.`,
		Example: `raff member list --status pending
raff member list --role admin --search alice
raff member list --project website
raff member list --jq '.[].email'`,
		Args: args(),
	}
	f := a.addMemberFilter(cmd, "")
	cmd.Flags().StringVar(&project, "project", "", "members of this project (`id`, slug or name), with project roles")
	complete(cmd, "project", a.completeProjectSlugs)
	require(cmd, atMostOne("project"), atMostOne("role"), atMostOne("search"))
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		if project != "" {
			p, err := a.workIn(ctx, c, project)
			if err != nil {
				return err
			}
			return a.listProjectMembers(ctx, c, p, f)
		}
		o, err := f.options(ctx, c, api.ScopeAccount)
		if err != nil {
			return err
		}
		o.Projects = a.output.value != "table" || a.jq.program != nil // a table has no column for them
		return writeListing(a, f.listing, c.Members.All(ctx, o), nil, accountMemberColumns)
	})
	return cmd
}

func (a *app) projectMemberList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list <project>",
		Aliases: []string{"ls"},
		Short:   "List the members of a project",
		Example: `raff project member list website
raff project member list website --role viewer
raff project member list website --status pending -o csv`,
	}
	f := a.addMemberFilter(cmd, api.ScopeProject)
	require(cmd, atMostOne("role"), atMostOne("search"))
	cmd.RunE = a.do(a.inProject(cmd, func(ctx context.Context, c *client.Client, p api.Project, _ []string) error {
		return a.listProjectMembers(ctx, c, p, f)
	}))
	return cmd
}

func (a *app) listProjectMembers(ctx context.Context, c *client.Client, p api.Project, f *memberFilter) error {
	o, err := f.options(ctx, c, api.ScopeProject)
	if err != nil {
		return err
	}
	return writeListing(a, f.listing, c.ProjectMembers.All(ctx, p.ID, o), nil, projectMemberColumns)
}
