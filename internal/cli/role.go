package cli

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"raff/api"
	"raff/client"
)

func (a *app) role() *cobra.Command {
	return a.group("role", "roles", "Show the roles members can have", a.roleList(), a.roleGet())
}

func newScope() *choice {
	return &choice{allowed: []string{api.ScopeAccount, api.ScopeProject}}
}

func (a *app) roleList() *cobra.Command {
	scope := newScope()
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the roles, the system's first",
		Args:    none,
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			rs, err := collect(c.Roles.All(ctx, client.ListRolesOptions{Scope: scope.value}))
			if err != nil {
				return err
			}
			return writeList(a, rs, roleColumns)
		}),
	}
	addChoice(cmd, scope, "scope", "only roles of this scope")
	return cmd
}

func (a *app) roleGet() *cobra.Command {
	scope := newScope()
	cmd := &cobra.Command{
		Use:               "get <id|slug>",
		Short:             "Show a role with its permissions",
		Args:              one("a role's id or slug"),
		ValidArgsFunction: a.completeRoles(""),
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

// findRole takes an id, a slug or a name. An empty scope means both.
func findRole(ctx context.Context, c *client.Client, scope, name string) (api.Role, error) {
	if uuid.Validate(name) == nil {
		r, err := c.Roles.Get(ctx, name)
		if err != nil {
			return api.Role{}, err
		}
		return *r, nil
	}
	var slugs []string
	var bySlug, byName []api.Role
	for r, err := range c.Roles.All(ctx, client.ListRolesOptions{Scope: scope}) {
		switch {
		case err != nil:
			return api.Role{}, err
		case scope != "" && r.Scope != scope: // a server that does not know the filter
		case r.Slug == name:
			bySlug = append(bySlug, r)
		case strings.EqualFold(r.Name, name):
			byName = append(byName, r)
		}
		slugs = append(slugs, r.Slug)
	}
	found := bySlug
	if len(found) == 0 {
		found = byName
	}
	switch len(found) {
	case 0:
		return api.Role{}, notFoundError{fmt.Sprintf("There is no role %q. There are: %s.", name, strings.Join(slugs, ", "))}
	case 1:
		return found[0], nil
	}
	return api.Role{}, usageError{fmt.Sprintf("%q is the name of %d roles: use --scope, or the id of one, from raff role list.", name, len(found))}
}

// roleFlags are --role-id and --role: two ways to name an account role.
type roleFlags struct{ id, name string }

func (a *app) addRoleFlags(cmd *cobra.Command) *roleFlags {
	r := &roleFlags{}
	cmd.Flags().StringVar(&r.name, "role", "", "role by its `slug`, such as admin or member (raff role list)")
	cmd.Flags().StringVar(&r.id, "role-id", "", "role by its `id`")
	complete(cmd, "role", a.completeRoles(api.ScopeAccount))
	complete(cmd, "role-id", a.completeRoleIDs)
	return r
}

// resolve is the role's id; nil if neither flag is there.
func (r *roleFlags) resolve(ctx context.Context, c *client.Client) (*string, error) {
	if r.name != "" {
		role, err := findRole(ctx, c, api.ScopeAccount, r.name)
		if err != nil {
			return nil, err
		}
		return &role.ID, nil
	}
	if r.id != "" {
		return &r.id, nil
	}
	return nil, nil //nolint:nilnil // no role is an answer
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
		{"Permissions", strings.Join(r.Permissions, "\n")},
	}
}

// collect is a whole list, or the error that cut it short.
func collect[T any](rows iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
