package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) permission() *cobra.Command {
	return a.group("permission", "permissions", "Show the permissions of the catalog", a.permissionList())
}

func (a *app) permissionList() *cobra.Command {
	scope := newScope()
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the permissions",
		Example: `raff permission list --scope project
raff permission list -o json | jq -r '.[] | select(.removes).name'`,
		Args: args(),
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			ps, err := c.Permissions.List(ctx, scope.value)
			if err != nil {
				return err
			}
			return writeList(a, ps, permissionColumns)
		}),
	}
	addChoice(cmd, scope, "scope", "only permissions of this scope")
	return cmd
}

var permissionColumns = []column[api.Permission]{
	{"NAME", "name", func(p api.Permission) string { return p.Name }},
	{"SCOPE", "scope", func(p api.Permission) string { return p.Scope }},
	{"CATEGORY", "category", func(p api.Permission) string { return p.Category }},
	{"DESCRIPTION", "description", func(p api.Permission) string { return p.Description }},
	{"", "removes", func(p api.Permission) string { return strconv.FormatBool(p.Removes) }},
}
