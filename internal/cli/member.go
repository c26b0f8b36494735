package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

const memberArg = "a member's id or email, or an API key's name"

func (a *app) member() *cobra.Command {
	return a.group("member", "members", "Show, add, change, remove and import members",
		a.memberList(), byID(a.memberGet(), "member"), a.memberAdd(), byID(a.memberUpdate(), "member"), byID(a.memberRemove(), "member"), a.memberImport())
}

func (a *app) memberGet() *cobra.Command {
	return &cobra.Command{
		Use:               "get <id|email>",
		Short:             "Show a member",
		Example:           `raff member get alice@example.com`,
		Args:              args(memberArg),
		ValidArgsFunction: upTo(1, a.completeMembers),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			m, err := activeMembers(c).find(ctx, args[0])
			if err != nil {
				return err
			}
			return a.writeMember(m)
		}),
	}
}

func (a *app) memberAdd() *cobra.Command {
	var email, userID, keyID, name string
	var projects []string
	var role *roleFlags
	var external *externalFlags
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Invite someone by email, or add a user or an API key",
		Long: `Invite someone by email, or add an existing user or an API key immediately.

The member has its id immediately, even while the invitation is open. If the server sends no email, create a link and
give it to the person: raff invitation link.

With --project, which can be repeated, the member also gets roles in projects: all of them, or nothing is added. An
invited person gets one email about everything. --name proposes a name to an invited person, who can change it.`,
		Example: `raff member add --email alice@example.com --role member
raff member add --email alice@example.com --name "Alice Admin" --role member --project website:operator --project shop:viewer
raff member add --api-key-id 00000000-0000-0000-0000-000000000000 --role admin`,
		Args: args(),
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			roleID, err := role.resolve(ctx, c)
			if err != nil {
				return err
			}
			ids, err := external.ids()
			if err != nil {
				return err
			}
			in := api.AddMemberRequest{
				Email: optional(email), TargetUserID: optional(userID), APIKeyID: optional(keyID), RoleID: roleID, ExternalIDs: ids, Name: optional(name),
			}
			if in.Projects, err = projectRoles(ctx, c, projects); err != nil {
				return err
			}
			m, err := c.Members.Add(ctx, in)
			if err != nil {
				return err
			}
			if err := a.writeMember(*m); err != nil {
				return err
			}
			a.noteLink(*m)
			return nil
		}),
	}
	cmd.Flags().StringVar(&email, "email", "", "`email` to invite")
	cmd.Flags().StringVar(&userID, "target-user-id", "", "`id` of a user to add immediately")
	cmd.Flags().StringVar(&keyID, "api-key-id", "", "`id` of an API key to add immediately")
	cmd.Flags().StringVar(&name, "name", "", "`name` to propose to the invited person")
	cmd.Flags().StringArrayVar(&projects, "project", nil, "also add to a project with a project role, as `PROJECT:ROLE`; can be repeated")
	role = a.addRoleFlags(cmd, api.ScopeAccount)
	external = addExternalFlags(cmd, false)
	for _, name := range []string{"email", "target-user-id", "name", "project"} {
		complete(cmd, name, cobra.NoFileCompletions)
	}
	complete(cmd, "api-key-id", a.completeAPIKeys)
	require(cmd, exactlyOne("email", "target-user-id", "api-key-id"), exactlyOne("role", "role-id"))
	return cmd
}

// projectRoles are the roles in projects that a flag names as PROJECT:ROLE, each by id, slug or name.
func projectRoles(ctx context.Context, c *client.Client, said []string) (all []api.ProjectRole, err error) {
	for _, each := range said {
		colon := strings.LastIndexByte(each, ':')
		if colon <= 0 || colon == len(each)-1 {
			return nil, usageError{fmt.Sprintf("--project is PROJECT:ROLE, for example website:viewer; got %q", each)}
		}
		p, err := findProject(ctx, c, each[:colon])
		if err != nil {
			return nil, err
		}
		r, err := findRole(ctx, c, api.ScopeProject, each[colon+1:])
		if err != nil {
			return nil, err
		}
		all = append(all, api.ProjectRole{ProjectID: &p.ID, RoleID: &r.ID})
	}
	return all, nil
}

func (a *app) memberUpdate() *cobra.Command {
	var role *roleFlags
	var external *externalFlags
	var keep bool
	status := &choice{allowed: []string{api.StatusActive, api.StatusSuspended}}
	cmd := &cobra.Command{
		Use:   "update <id|email>",
		Short: "Change a member's role or status",
		Long: `Change a member's role or status.

Suspending a person also disables the API keys whose secrets they were shown, because they created or rotated them.`,
		Example: `raff member update alice@example.com --role admin
raff member update alice@example.com --status suspended`,
		Args:              args(memberArg),
		ValidArgsFunction: upTo(1, a.completeMembers),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			roleID, err := role.resolve(ctx, c)
			if err != nil {
				return err
			}
			id, err := accountMembers(c).id(ctx, args[0])
			if err != nil {
				return err
			}
			if status.value == api.StatusSuspended {
				a.warnOwnMember(ctx, c, id)
			}
			change := api.UpdateMemberRequest{RoleID: roleID, Status: optional(status.value)}
			if change.ExternalIDs, err = external.change(); err != nil {
				return err
			}
			if keep {
				change.KeepKeys = &keep
			}
			m, err := c.Members.Update(ctx, id, change)
			if err != nil {
				return err
			}
			if err := a.writeMember(*m); err != nil || a.output.value != "table" {
				return err
			}
			a.noteKeys(*m, m.KeysCreated)
			return nil
		}),
	}
	role = a.addRoleFlags(cmd, api.ScopeAccount)
	addChoice(cmd, status, "status", "new status")
	addKeepKeys(cmd, &keep)
	external = addExternalFlags(cmd, true)
	require(cmd, atLeastOne("role", "role-id", "status", "external-id", "remove-external-id"), atMostOne("role", "role-id"))
	return cmd
}

func addKeepKeys(cmd *cobra.Command, keep *bool) {
	cmd.Flags().BoolVar(keep, "keep-keys", false, "keep the person's API keys enabled")
}

func (a *app) memberRemove() *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:     "remove <id|email>",
		Aliases: []string{"rm", "delete"},
		Short:   "Remove a member from the account and all projects, or cancel their invitation to the account",
		Long: `Remove a member from the account and all projects, or cancel their invitation to the account.

Removing a person also disables the API keys whose secrets they were shown, because they created or rotated them. Cancelling an
invitation leaves other invitations of the person to projects open; cancel those with raff project member remove.`,
		Example: `raff member remove alice@example.com

# in a script, without confirmation
raff member remove alice@example.com --force`,
		Args:              args(memberArg),
		ValidArgsFunction: upTo(1, a.completeMembers),
	}
	d := a.addForce(cmd)
	cmd.RunE = a.do(d.asking(func(ctx context.Context, c *client.Client, args []string) error {
		m, err := accountMembers(c).find(ctx, args[0])
		if err != nil {
			return err
		}
		takes := "all roles in the account and its projects, and disable the API keys whose secrets they have"
		if keep || m.PrincipalType == api.PrincipalAPIKey {
			takes = "all roles in the account and its projects"
		}
		if m.PrincipalType == api.PrincipalInvitation {
			takes = "the invitation to the account"
		}
		if m.APIKeyID != nil {
			a.warnOwnKey(ctx, c, *m.APIKeyID, "removed")
		}
		if err := d.confirm(ctx, "Remove %s (%s, %s), with %s?", called(m), m.RoleName, m.Status, takes); err != nil {
			return err
		}
		done, err := c.Members.RemoveWith(ctx, m.ID, client.RemoveMemberOptions{KeepKeys: keep})
		if err != nil {
			return err
		}
		if err := a.writeDone(done, "Removed %s (%s).", called(m), m.ID); err != nil || a.output.value != "table" {
			return err
		}
		a.noteLeftBehind(m, done)
		return nil
	}))
	addKeepKeys(cmd, &keep)
	return cmd
}

// noteKeys lists the API keys whose secrets were shown to a person who lost access.
func (a *app) noteKeys(m api.Member, keys []api.APIKeyRef) {
	for _, disabled := range []bool{true, false} {
		told := false
		for _, k := range keys {
			if k.Disabled != disabled {
				continue
			}
			switch {
			case told:
			case disabled:
				a.note("These API keys of %s were disabled:", clean(m.Email))
			default:
				a.note("%s was shown the secrets of these API keys, which did not change:", clean(m.Email))
			}
			told = true
			a.note("  %s  %s  %s", k.ID, k.KeyPrefix, clean(k.Name))
		}
	}
}

// noteLeftBehind lists the API keys and open invitations of a removed person.
func (a *app) noteLeftBehind(m api.Member, done *api.Done) {
	a.noteKeys(m, done.KeysCreated)
	if len(done.InvitationsSent) > 0 {
		a.note("These invitations were sent by %s and are still open:", clean(m.Email))
		for _, i := range done.InvitationsSent {
			a.note("  %s  %s", i.ID, clean(i.Email))
		}
	}
}

func (a *app) writeMember(m api.Member) error {
	return writeOne(a, m, memberColumns, memberFields(m))
}

func newStatus() *choice {
	return &choice{allowed: []string{api.StatusPending, api.StatusActive, api.StatusSuspended}}
}
