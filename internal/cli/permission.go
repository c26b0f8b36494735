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
raff permission list --search snapshot
raff permission list --jq '.[] | select(.removes).name'`,
		Args: args(),
	}
	list := addListing(cmd, "name, category or description", "first", 0)
	addChoice(cmd, scope, "scope", "only permissions of this scope")
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		if err := list.check(); err != nil {
			return err
		}
		ps, err := c.Permissions.List(ctx, scope.value)
		if err != nil {
			return err
		}
		match := func(p api.Permission) bool { return list.finds(p.Name, p.Category, p.Description) }
		return writeListing(a, list, rowsOf(ps), match, permissionColumns)
	})
	require(cmd, atMostOne("search"))
	return cmd
}

var permissionColumns = []column[api.Permission]{
	{"NAME", "name", func(p api.Permission) string { return p.Name }},
	{"SCOPE", "scope", func(p api.Permission) string { return p.Scope }},
	{"CATEGORY", "category", func(p api.Permission) string { return p.Category }},
	{"DESCRIPTION", "description", func(p api.Permission) string { return p.Description }},
	{"", "removes", func(p api.Permission) string { return strconv.FormatBool(p.Removes) }},
}
