package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

const roleArg = "a role's id or slug"

func (a *app) roleCreate() *cobra.Command {
	var in struct{ name, slug, description, from string }
	scope := newScope()
	perms := &permissionFlags{}
	var external *externalFlags
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a custom role",
		Long: `Create a custom role: from another role (--from), with some permissions added or removed, or from
a list of permissions (--permission). The slug and the scope cannot be changed later.`,
		Example: `# like Operator, but can also delete virtual machines
raff role create --from operator --add vm.delete --name Deployer --slug deployer

# read-only
raff role create --scope account --permission account.members.view,account.audit.view --name Auditor --slug auditor`,
		Args: args(),
	}
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		var base api.Role
		if in.from != "" {
			var err error
			if base, err = findRole(ctx, c, scope.value, in.from); err != nil {
				return err
			}
			scope.value = base.Scope
		}
		permissions, err := perms.apply(base)
		if err != nil {
			return err
		}
		ids, err := external.ids()
		if err != nil {
			return err
		}
		r, err := c.Roles.Create(ctx, api.CreateRoleRequest{
			Name: &in.name, Slug: &in.slug, Description: optional(in.description), Scope: &scope.value, Permissions: &permissions,
			ExternalIDs: ids,
		})
		if err != nil {
			return err
		}
		return writeOne(a, *r, roleColumns, roleFields(*r))
	})
	f := cmd.Flags()
	f.StringVar(&in.name, "name", "", "display `name`")
	f.StringVar(&in.slug, "slug", "", "`slug` for scripts: a-z, 0-9 and -")
	f.StringVar(&in.description, "description", "", "description (`text`)")
	f.StringVar(&in.from, "from", "", "start with the permissions of this role (`slug` or id)")
	addChoice(cmd, scope, "scope", "scope of the role, or of --from if both have it")
	a.addPermissionFlags(cmd, perms)
	external = addExternalFlags(cmd, false)
	complete(cmd, "from", a.completeRoles(""))
	noFiles(cmd, "name", "slug", "description")
	require(cmd, exactlyOne("from", "permission"), each("name", "slug"), onlyWith("from", "add", "remove"), func(*cobra.Command) error {
		if in.from == "" && scope.value == "" {
			return errors.New("--permission requires --scope account or --scope project")
		}
		return nil
	})
	return cmd
}

func (a *app) roleUpdate() *cobra.Command {
	var in struct{ name, description string }
	scope := newScope()
	perms := &permissionFlags{}
	var external *externalFlags
	cmd := &cobra.Command{
		Use:   "update <id|slug>",
		Short: "Change a role for everyone who has it",
		Long:  "Change a role for everyone who has it, effective on the next request. System roles cannot be changed.",
		Example: `raff role update deployer --add snapshot.delete --remove vm.console
raff role update auditor --name "External auditor"`,
		Args:              args(roleArg),
		ValidArgsFunction: upTo(1, a.completeRoles("")),
	}
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, args []string) error {
		r, err := findRole(ctx, c, scope.value, args[0])
		if err != nil {
			return err
		}
		change := api.UpdateRoleRequest{Name: ifGiven(cmd, "name", in.name), Description: ifGiven(cmd, "description", in.description)}
		if err := perms.change(r, &change); err != nil {
			return err
		}
		if change.ExternalIDs, err = external.change(); err != nil {
			return err
		}
		changed, err := c.Roles.Update(ctx, r.ID, change)
		if err != nil {
			return err
		}
		return writeOne(a, *changed, roleColumns, roleFields(*changed))
	})
	cmd.Flags().StringVar(&in.name, "name", "", "new `name`")
	cmd.Flags().StringVar(&in.description, "description", "", "description (`text`)")
	addChoice(cmd, scope, "scope", "scope of the slug, if both have it")
	a.addPermissionFlags(cmd, perms)
	noFiles(cmd, "name", "description")
	external = addExternalFlags(cmd, true)
	require(cmd, atLeastOne("name", "description", "permission", "add", "remove", "external-id", "remove-external-id"), atMostOne("permission", "add"), atMostOne("permission", "remove"))
	return cmd
}

func (a *app) roleDelete() *cobra.Command {
	var reassign string
	scope := newScope()
	cmd := &cobra.Command{
		Use:     "delete <id|slug>",
		Aliases: []string{"rm", "remove"},
		Short:   "Delete a custom role",
		Long: `Delete a custom role. A role that is in use can be deleted only with --reassign-to, which gives
all its holders another role first.`,
		Example:           `raff role delete deployer --reassign-to operator`,
		Args:              args(roleArg),
		ValidArgsFunction: upTo(1, a.completeRoles("")),
	}
	d := a.addForce(cmd)
	cmd.RunE = a.do(d.asking(func(ctx context.Context, c *client.Client, args []string) error {
		r, err := findRole(ctx, c, scope.value, args[0])
		if err != nil {
			return err
		}
		var o client.DeleteRoleOptions
		instead := "If it is in use, it is not deleted."
		if reassign != "" {
			to, err := findRole(ctx, c, r.Scope, reassign)
			if err != nil {
				return err
			}
			o.ReassignTo = to.ID
			instead = "Its holders get " + to.Name + "."
		}
		if err := d.confirm(ctx, "Delete the %s role %s (%s)? %s", r.Scope, r.Name, count(len(r.Permissions), "permission"), instead); err != nil {
			return err
		}
		done, err := c.Roles.Delete(ctx, r.ID, o)
		if err != nil {
			return err
		}
		return a.writeDone(done, "Deleted the role %s (%s).", r.Slug, r.ID)
	}))
	cmd.Flags().StringVar(&reassign, "reassign-to", "", "give its holders this role first (`slug` or id)")
	addChoice(cmd, scope, "scope", "scope of the slug, if both have it")
	complete(cmd, "reassign-to", a.completeRoles(""))
	return cmd
}

// difference is a permission that only one of two roles has.
type difference struct {
	Change     string `json:"change"` // "added" or "removed"
	Permission string `json:"permission"`
}

func (a *app) roleDiff() *cobra.Command {
	scope := newScope()
	perms := &permissionFlags{}
	var who bool
	cmd := &cobra.Command{
		Use:   "diff <id|slug> [id|slug]",
		Short: "Show the differences between two roles, and which decisions would change for whom",
		Long: `Show the differences between the permissions of two roles, or between a role and a change of it.

You can also compare roles of different scopes; a note reminds you that their permissions apply in different places.

With --who, show instead which decisions would change, and for whom, if the first role had the permissions of the second
one, or were changed. Nothing is changed.`,
		Example: `raff role diff operator deployer
raff role diff deployer --add vm.delete --who`,
		ValidArgsFunction: upTo(2, a.completeRoles("")),
		Args:              orOneMore("the id or slug of the role to compare with", roleArg),
	}
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, args []string) error {
		from, err := findRole(ctx, c, scope.value, args[0])
		if err != nil {
			return err
		}
		var to []string
		if len(args) == 2 {
			other, err := findRole(ctx, c, scope.value, args[1])
			if err != nil {
				return err
			}
			if other.Scope != from.Scope {
				if who {
					return usageError{"--who compares roles of the same scope."}
				}
				a.note("Note: %s is a role of %s, and %s a role of %s. Their permissions apply in different places.", from.Slug, placeOf(from), other.Slug, placeOf(other))
			}
			to = other.Permissions
		} else if to, err = perms.apply(from); err != nil {
			return err
		}
		if !who {
			return writeList(a, differences(from.Permissions, to), differenceColumns)
		}
		p, err := c.Roles.Preview(ctx, from.ID, api.UpdateRoleRequest{Permissions: &to})
		if err != nil {
			return err
		}
		return a.writePreview(p)
	})
	addChoice(cmd, scope, "scope", "scope of the slugs, if both have them")
	a.addPermissionFlags(cmd, perms)
	cmd.Flags().BoolVar(&who, "who", false, "show which decisions would change, and for whom")
	require(cmd, atMostOne("permission", "add"), atMostOne("permission", "remove"), func(cmd *cobra.Command) error {
		flags, two := given(cmd, permissionFlagNames) > 0, len(cmd.Flags().Args()) == 2
		if flags == two {
			return errors.New("raff role diff needs a second role, or --permission, --add or --remove")
		}
		return nil
	})
	return cmd
}

// placeOf says where a role grants its permissions.
func placeOf(r api.Role) string {
	if r.Scope == api.ScopeProject {
		return "projects"
	}
	return "the account"
}

func differences(from, to []string) (ds []difference) {
	for _, p := range from {
		if !slices.Contains(to, p) {
			ds = append(ds, difference{"removed", p})
		}
	}
	for _, p := range to {
		if !slices.Contains(from, p) {
			ds = append(ds, difference{"added", p})
		}
	}
	return ds
}

// writePreview shows the effect of a change of a role: a row for each membership, and the totals.
func (a *app) writePreview(p *api.RolePreview) error {
	if a.output.value == "json" || a.output.value == "yaml" {
		return a.writeData(p)
	}
	if err := writeList(a, p.Changes, previewColumns); err != nil || a.output.value != "table" {
		return err
	}
	if p.Total == 0 {
		a.note("No decision would change.")
	} else {
		a.note("Decisions would change for %s and %s (%s).", people(p.People), count(p.APIKeys, "API key"), count(p.Total, "membership"))
	}
	if more := p.Total - len(p.Changes); more > 0 {
		a.note("%s not shown.", count(more, "membership"))
	}
	if p.Unchanged > 0 {
		a.note("Nothing would change for %s: pending, suspended or expired ones, or those of an Owner.", count(p.Unchanged, "other membership"))
	}
	return nil
}

var previewColumns = []column[api.RolePreviewChange]{
	{"MEMBER ID", "member_id", func(c api.RolePreviewChange) string { return c.MemberID }},
	{"WHO", "", func(c api.RolePreviewChange) string { return cmp.Or(c.Name, c.Email) }},
	{"", "email", func(c api.RolePreviewChange) string { return c.Email }},
	{"", "name", func(c api.RolePreviewChange) string { return c.Name }},
	{"PROJECT", "project_name", func(c api.RolePreviewChange) string { return c.ProjectName }},
	{"", "project_id", func(c api.RolePreviewChange) string { return c.ProjectID }},
	{"GAINS", "gains", func(c api.RolePreviewChange) string { return strings.Join(c.Gains, " ") }},
	{"LOSES", "loses", func(c api.RolePreviewChange) string { return strings.Join(c.Loses, " ") }},
}

var differenceColumns = []column[difference]{
	{"CHANGE", "change", func(d difference) string { return d.Change }},
	{"PERMISSION", "permission", func(d difference) string { return d.Permission }},
}

// permissionFlags set the permissions of a role: an exact list, or additions and removals.
type permissionFlags struct{ exactly, add, remove []string }

var permissionFlagNames = []string{"permission", "add", "remove"}

func (a *app) addPermissionFlags(cmd *cobra.Command, p *permissionFlags) {
	f := cmd.Flags()
	f.StringSliceVar(&p.exactly, "permission", nil, "set exactly these permission `names`, comma-separated or repeated (raff permission list)")
	f.StringSliceVar(&p.add, "add", nil, "add these permissions (`names`)")
	f.StringSliceVar(&p.remove, "remove", nil, "remove these permissions (`names`)")
	for _, name := range permissionFlagNames {
		complete(cmd, name, a.completePermissions)
	}
}

// change is the update of a role for the flags. The server applies additions and removals, so that concurrent changes
// are not lost.
func (p *permissionFlags) change(r api.Role, to *api.UpdateRoleRequest) error {
	if len(p.exactly) > 0 {
		to.Permissions = &p.exactly
		return nil
	}
	if err := p.removable(r); err != nil {
		return err
	}
	if len(p.add) > 0 {
		to.AddPermissions = &p.add
	}
	if len(p.remove) > 0 {
		to.RemovePermissions = &p.remove
	}
	return nil
}

// removable refuses to remove permissions that a role does not have, because the name is probably misspelled.
func (p *permissionFlags) removable(base api.Role) error {
	var not []string
	for _, name := range p.remove {
		if !slices.Contains(base.Permissions, name) {
			not = append(not, name)
		}
	}
	if len(not) > 0 {
		return usageError{fmt.Sprintf("The role %s does not have %s, so it cannot be removed. To see its permissions: raff role get %[1]s", base.Slug, strings.Join(not, ", "))}
	}
	return nil
}

// apply returns the permissions of base with the changes of the flags.
func (p *permissionFlags) apply(base api.Role) ([]string, error) {
	if len(p.exactly) > 0 {
		return p.exactly, nil
	}
	if err := p.removable(base); err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(slices.Clone(base.Permissions), func(name string) bool { return slices.Contains(p.remove, name) })
	for _, name := range p.add {
		if !slices.Contains(left, name) {
			left = append(left, name)
		}
	}
	return left, nil
}
