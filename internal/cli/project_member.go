package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) projectMember() *cobra.Command {
	return a.group("member", "members", "Show, add, change and remove the members of a project",
		a.projectMemberList(), byID(a.projectMemberGet(), "member"), a.projectMemberAdd(), byID(a.projectMemberUpdate(), "member"), byID(a.projectMemberRemove(), "member"))
}

// inProject makes cmd work in a project: the first argument, or else the project of --project-id, RAFF_PROJECT_ID or
// the profile. rest describes the other arguments.
func (a *app) inProject(cmd *cobra.Command, run func(ctx context.Context, c *client.Client, p api.Project, rest []string) error, rest ...string) action {
	what := append([]string{projectArg}, rest...)
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		if len(given) == len(rest) {
			s, err := a.settings()
			if err != nil {
				return err
			}
			if s.ProjectID != "" {
				return args(rest...)(cmd, given)
			}
		}
		return args(what...)(cmd, given)
	}
	cmd.ValidArgsFunction = upTo(2, a.completeProjectMembers)
	if len(rest) == 0 {
		cmd.ValidArgsFunction = upTo(1, a.completeProjectSlugs)
	}
	return func(ctx context.Context, c *client.Client, given []string) error {
		if len(given) == len(rest) {
			s, err := a.settings()
			if err != nil {
				return err
			}
			given = append([]string{s.ProjectID}, given...)
		}
		p, err := a.workIn(ctx, c, given[0])
		if err != nil {
			return err
		}
		return run(ctx, c, p, given[1:])
	}
}

func (a *app) projectMemberGet() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "get <project> <id|email>",
		Short:   "Show a member of a project",
		Example: `raff project member get website alice@example.com`,
	}
	cmd.RunE = a.do(a.inProject(cmd, func(ctx context.Context, c *client.Client, p api.Project, rest []string) error {
		m, err := projectMembers(c, p).find(ctx, rest[0])
		if err != nil {
			return err
		}
		return a.writeProjectMember(p, m)
	}, memberArg))
	return cmd
}

func (a *app) projectMemberAdd() *cobra.Command {
	var who struct{ email, userID, keyID, key string }
	var role *roleFlags
	cmd := &cobra.Command{
		Use:   "add <project>",
		Short: "Invite someone to a project by email, or add a user or an API key",
		Long: `Invite someone to a project by email, or add a user or an API key of the account immediately. Someone who is
already in the account is also added immediately by email, without an invitation.`,
		Example: `raff project member add website --email alice@example.com --role viewer
raff project member add website --api-key-name ci --role operator`,
	}
	cmd.RunE = a.do(a.inProject(cmd, func(ctx context.Context, c *client.Client, p api.Project, _ []string) error {
		roleID, err := role.resolve(ctx, c)
		if err != nil {
			return err
		}
		if who.email != "" {
			return a.inviteToProject(ctx, c, p, who.email, roleID)
		}
		if who.key != "" {
			if who.keyID, err = keyID(ctx, c, who.key); err != nil {
				return err
			}
		}
		m, err := c.ProjectMembers.Add(ctx, p.ID, api.AddProjectMemberRequest{
			TargetUserID: optional(who.userID), APIKeyID: optional(who.keyID), RoleID: roleID,
		})
		if err != nil {
			return err
		}
		return a.writeProjectMember(p, *m)
	}))
	cmd.Flags().StringVar(&who.email, "email", "", "`email` to invite")
	cmd.Flags().StringVar(&who.userID, "target-user-id", "", "`id` of a user of the account to add immediately")
	cmd.Flags().StringVar(&who.keyID, "api-key-id", "", "`id` of an API key to add immediately")
	cmd.Flags().StringVar(&who.key, "api-key-name", "", "`name` of an API key to add immediately")
	role = a.addRoleFlags(cmd, api.ScopeProject)
	noFiles(cmd, "email", "target-user-id")
	complete(cmd, "api-key-id", a.completeAPIKeys)
	complete(cmd, "api-key-name", a.completeKeys)
	require(cmd, exactlyOne("email", "target-user-id", "api-key-id", "api-key-name"), exactlyOne("role", "role-id"))
	return cmd
}

// inviteToProject invites someone to a project and shows the pending member.
func (a *app) inviteToProject(ctx context.Context, c *client.Client, p api.Project, email string, roleID *string) error {
	inv, err := c.Invitations.CreateForProject(ctx, p.ID, api.CreateInvitationRequest{Email: &email, RoleID: roleID})
	if err != nil {
		return err
	}
	m, err := c.ProjectMembers.Get(ctx, p.ID, inv.MemberID)
	if client.IsDenied(err) { // may invite members, but not view them
		return a.writeInvitation(*inv)
	}
	if err != nil {
		return fmt.Errorf("%s is invited, but cannot be shown: %w", email, err)
	}
	if err := a.writeProjectMember(p, *m); err != nil {
		return err
	}
	a.noteLink(accountView(*m))
	return nil
}

func (a *app) projectMemberUpdate() *cobra.Command {
	var role *roleFlags
	var external *externalFlags
	status := &choice{allowed: []string{api.StatusActive, api.StatusSuspended}}
	cmd := &cobra.Command{
		Use:   "update <project> <id|email>",
		Short: "Change the role or status of a member of a project",
		Example: `raff project member update website alice@example.com --role operator
raff project member update website ci --status suspended`,
	}
	cmd.RunE = a.do(a.inProject(cmd, func(ctx context.Context, c *client.Client, p api.Project, rest []string) error {
		roleID, err := role.resolve(ctx, c)
		if err != nil {
			return err
		}
		id, err := projectMembers(c, p).id(ctx, rest[0])
		if err != nil {
			return err
		}
		ids, err := external.change()
		if err != nil {
			return err
		}
		m, err := c.ProjectMembers.Update(ctx, p.ID, id, api.UpdateMemberRequest{RoleID: roleID, Status: optional(status.value), ExternalIDs: ids})
		if err != nil {
			return err
		}
		return a.writeProjectMember(p, *m)
	}, memberArg))
	role = a.addRoleFlags(cmd, api.ScopeProject)
	addChoice(cmd, status, "status", "new status")
	external = addExternalFlags(cmd, true)
	require(cmd, atLeastOne("role", "role-id", "status", "external-id", "remove-external-id"), atMostOne("role", "role-id"))
	return cmd
}

func (a *app) projectMemberRemove() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "remove <project> <id|email>",
		Aliases: []string{"rm", "delete"},
		Short:   "Remove a member from a project; other memberships stay",
		Example: `raff project member remove website alice@example.com`,
	}
	d := a.addForce(cmd)
	remove := a.inProject(cmd, func(ctx context.Context, c *client.Client, p api.Project, rest []string) error {
		m, err := projectMembers(c, p).find(ctx, rest[0])
		if err != nil {
			return err
		}
		if err := d.confirm(ctx, "Remove %s (%s, %s) from the project %s?", called(accountView(m)), m.RoleName, m.Status, p.Name); err != nil {
			return err
		}
		done, err := c.ProjectMembers.Remove(ctx, p.ID, m.ID)
		if err != nil {
			return err
		}
		return a.writeDone(done, "Removed %s from %s (%s).", called(accountView(m)), p.Slug, m.ID)
	}, memberArg)
	cmd.RunE = a.do(d.asking(remove))
	return cmd
}

func (a *app) writeProjectMember(p api.Project, m api.ProjectMember) error {
	fields := append([]field{{"Project", p.Name + " (" + p.ID + ")"}}, memberFields(accountView(m))...)
	for i, f := range fields {
		if f.name == "Status" {
			fields[i].value = statusInProject(m, f.value)
		}
	}
	return writeOne(a, m, projectMemberColumns, fields)
}
