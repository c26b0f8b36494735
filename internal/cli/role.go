package cli

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) role() *cobra.Command {
	return a.group("role", "roles", "Show, create, update and delete roles",
		a.roleList(), byID(a.roleGet(), "role"), a.roleCreate(), byID(a.roleUpdate(), "role"), byID(a.roleDelete(), "role"), a.roleDiff())
}

func newScope() *choice {
	return &choice{allowed: []string{api.ScopeAccount, api.ScopeProject}}
}

func (a *app) roleList() *cobra.Command {
	scope := newScope()
	var external, permission string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the roles, system roles first",
		Example: `raff role list --scope project
raff role list --permission vm.delete`,
		Args: args(),
	}
	list := addListing(cmd, "name, slug or description", "first", 0)
	addChoice(cmd, scope, "scope", "only roles of this scope")
	cmd.Flags().StringVar(&permission, "permission", "", "only roles that grant the permission with this `name`")
	complete(cmd, "permission", a.completePermissions)
	externalFilter(cmd, &external)
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		match := func(r api.Role) bool {
			return list.finds(r.Name, r.Slug, r.Description) && (permission == "" || slices.Contains(r.Permissions, permission))
		}
		return writeListing(a, list, c.Roles.All(ctx, client.ListRolesOptions{Scope: scope.value, ExternalID: external}), match, roleColumns)
	})
	require(cmd, atMostOne("search"), atMostOne("permission"))
	return cmd
}

func (a *app) roleGet() *cobra.Command {
	scope := newScope()
	cmd := &cobra.Command{
		Use:               "get <id|slug>",
		Short:             "Show a role with its permissions",
		Example:           `raff role get admin`,
		Args:              args("a role's id or slug"),
		ValidArgsFunction: upTo(1, a.completeRoles("")),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			r, err := findRole(ctx, c, scope.value, args[0])
			if err != nil {
				return err
			}
			return writeOne(a, r, roleColumns, roleFields(r))
		}),
	}
	addChoice(cmd, scope, "scope", "scope of the slug, if both have it")
	return cmd
}

func roleOwnID(r api.Role) string { return r.ID }

// findRole finds a role by id, slug or name. An empty scope means both.
func findRole(ctx context.Context, c *client.Client, scope, said string) (api.Role, error) {
	if id := idIn(said); id != "" {
		r, err := c.Roles.Get(ctx, id)
		if err != nil {
			return api.Role{}, err
		}
		return *r, nil
	}
	if id := externalID(said); id != "" {
		return pickExternal(c.Roles.All(ctx, client.ListRolesOptions{ExternalID: id}), "role", id)
	}
	list := "raff role list (or say which --scope)"
	if scope != "" {
		list = "raff role list --scope " + scope
	}
	return pick(rolesOf(ctx, c, scope), "role", said, list, roleOwnID, func(r api.Role) []string { return []string{r.Slug, r.Name} })
}

// rolesOf lists the roles of a scope, also from a server that does not support the filter.
func rolesOf(ctx context.Context, c *client.Client, scope string) iter.Seq2[api.Role, error] {
	return func(yield func(api.Role, error) bool) {
		for r, err := range c.Roles.All(ctx, client.ListRolesOptions{Scope: scope}) {
			if (err != nil || scope == "" || r.Scope == scope) && !yield(r, err) {
				return
			}
		}
	}
}

// roleFlags are --role-id and --role: two ways to name a role of one scope.
type roleFlags struct{ id, name, scope string }

func (a *app) addRoleFlags(cmd *cobra.Command, scope string) *roleFlags {
	r := &roleFlags{scope: scope}
	such := "admin or member"
	if scope == api.ScopeProject {
		such = "operator or viewer"
	}
	cmd.Flags().StringVar(&r.name, "role", "", "role by its `slug`, such as "+such+" (raff role list --scope "+scope+")")
	cmd.Flags().StringVar(&r.id, "role-id", "", "role by its `id`")
	complete(cmd, "role", a.completeRoles(scope))
	complete(cmd, "role-id", a.completeRoleIDs(scope))
	return r
}

// resolve is the role's id, or nil if neither flag is set.
func (r *roleFlags) resolve(ctx context.Context, c *client.Client) (*string, error) {
	if r.name != "" {
		role, err := findRole(ctx, c, r.scope, r.name)
		if err != nil {
			return nil, err
		}
		return &role.ID, nil
	}
	if r.id != "" {
		return &r.id, nil
	}
	return nil, nil //nolint:nilnil // no role is a valid result
}

var roleColumns = []column[api.Role]{
	{"ID", "id", func(r api.Role) string { return r.ID }},
	{"SLUG", "slug", func(r api.Role) string { return r.Slug }},
	{"NAME", "name", func(r api.Role) string { return r.Name }},
	{"SCOPE", "scope", func(r api.Role) string { return r.Scope }},
	{"SYSTEM", "is_system", func(r api.Role) string { return strconv.FormatBool(r.IsSystem) }},
	{"PERMISSIONS", "permission_count", func(r api.Role) string { return fmt.Sprint(len(r.Permissions)) }},
	{"", "permissions", func(r api.Role) string { return strings.Join(r.Permissions, " ") }},
	{"", "description", func(r api.Role) string { return r.Description }},
	{"", "external_ids", func(r api.Role) string { return idsText(r.ExternalIDs, " ") }},
}

func roleFields(r api.Role) []field {
	return []field{
		{"ID", r.ID},
		{"Slug", r.Slug},
		{"Name", r.Name},
		{"Scope", r.Scope},
		{"System", strconv.FormatBool(r.IsSystem)},
		{"Description", r.Description},
		{"Created", moment(&r.CreatedAt)},
		{"External ids", idsText(r.ExternalIDs, "\n")},
		{"Permissions", strings.Join(r.Permissions, "\n")},
	}
}
