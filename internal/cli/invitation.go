package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
)

const invitationArg = "an invitation's id or email"

func (a *app) invitation() *cobra.Command {
	return a.group("invitation", "invitations", "Show, create, resend and cancel invitations",
		a.invitationList(), byID(a.invitationGet(), "invitation"), a.invitationCreate(), byID(a.invitationResend(), "invitation"),
		byID(a.invitationCancel(), "invitation"), byID(a.invitationLink(), "invitation"))
}

// addProjectFlag adds --project, which selects the invitations to one project instead of those to the account.
func (a *app) addProjectFlag(cmd *cobra.Command, project *string, what string) {
	cmd.Flags().StringVar(project, "project", "", what+" (`id`, slug or name)")
	complete(cmd, "project", a.completeProjectSlugs)
}

// invitationsTo selects the invitations to a project, or without one those to the account.
func (a *app) invitationsTo(ctx context.Context, c *client.Client, project string) (o client.ListInvitationsOptions, err error) {
	if project == "" {
		return o, nil
	}
	p, err := a.workIn(ctx, c, project)
	return client.ListInvitationsOptions{ProjectID: p.ID}, err
}

// onInvitation makes cmd take an invitation as its argument.
func (a *app) onInvitation(cmd *cobra.Command, run func(context.Context, *client.Client, api.Invitation) error) action {
	var project string
	cmd.Args = args(invitationArg)
	cmd.ValidArgsFunction = upTo(1, a.completeInvitations(&project))
	a.addProjectFlag(cmd, &project, "look for the email among the invitations to this project")
	require(cmd, atMostOne("project"))
	return func(ctx context.Context, c *client.Client, args []string) error {
		o, err := a.invitationsTo(ctx, c, project)
		if err != nil {
			return err
		}
		inv, err := findInvitation(ctx, c, o, args[0])
		if err != nil {
			return err
		}
		return run(ctx, c, inv)
	}
}

func (a *app) invitationList() *cobra.Command {
	var project, role string
	state := &choice{allowed: []string{api.InvitationQueued, api.InvitationSent, api.InvitationFailed, api.InvitationDeclined, api.InvitationExpired}}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the invitations that are not accepted yet",
		Example: `raff invitation list
raff invitation list --state failed
raff invitation list --project website --role viewer`,
		Args: args(),
	}
	list := addListing(cmd, "email", "first", 0)
	addChoice(cmd, state, "state", "only invitations in this state")
	cmd.Flags().StringVar(&role, "role", "", "only invitations with this role (`slug`, name or id)")
	complete(cmd, "role", a.completeRoles(""))
	a.addProjectFlag(cmd, &project, "invitations to this project instead of the account")
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		if err := list.check(); err != nil {
			return err
		}
		o, err := a.invitationsTo(ctx, c, project)
		if err != nil {
			return err
		}
		var r api.Role
		if role != "" {
			if r, err = findRole(ctx, c, a.scope(), role); err != nil {
				return err
			}
		}
		match := func(i api.Invitation) bool {
			return list.finds(i.Email) && (state.value == "" || i.State == state.value) && (role == "" || i.RoleID == r.ID)
		}
		return writeListing(a, list, c.Invitations.All(ctx, o), match, invitationColumns)
	})
	require(cmd, atMostOne("project"), atMostOne("role"), atMostOne("search"))
	return cmd
}

func (a *app) invitationGet() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "get <id|email>",
		Short:   "Show an invitation",
		Example: `raff invitation get alice@example.com`,
	}
	cmd.RunE = a.do(a.onInvitation(cmd, func(_ context.Context, _ *client.Client, inv api.Invitation) error {
		return writeOne(a, inv, invitationColumns, invitationFields(inv))
	}))
	return cmd
}

func (a *app) invitationCreate() *cobra.Command {
	var email, project string
	var role roleFlags
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Invite a person to the account or to a project",
		Example: `raff invitation create --email alice@example.com --role member
raff invitation create --email alice@example.com --project website --role viewer`,
		Args: args(),
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			role.scope = api.ScopeAccount
			var p api.Project
			if project != "" {
				var err error
				if p, err = a.workIn(ctx, c, project); err != nil {
					return err
				}
				role.scope = api.ScopeProject
			}
			roleID, err := role.resolve(ctx, c)
			if err != nil {
				return err
			}
			in := api.CreateInvitationRequest{Email: &email, RoleID: roleID}
			var inv *api.Invitation
			if project != "" {
				inv, err = c.Invitations.CreateForProject(ctx, p.ID, in)
			} else {
				inv, err = c.Invitations.Create(ctx, in)
			}
			if err != nil {
				return err
			}
			return a.writeInvitation(*inv)
		}),
	}
	cmd.Flags().StringVar(&email, "email", "", "`email` to invite")
	a.addProjectFlag(cmd, &project, "invite to this project")
	cmd.Flags().StringVar(&role.name, "role", "", "role by its `slug`; a project role with --project")
	cmd.Flags().StringVar(&role.id, "role-id", "", "role by its `id`")
	noFiles(cmd, "email")
	complete(cmd, "role", a.completeRoles(""))
	complete(cmd, "role-id", a.completeRoleIDs(""))
	require(cmd, each("email"), exactlyOne("role", "role-id"), atMostOne("project"))
	return cmd
}

func (a *app) invitationResend() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resend <id|email>",
		Short: "Email a new link and restart the expiry",
		Long: `Email a new link and restart the expiry; earlier links stop working. This also reopens an invitation that
has expired or was declined. On a server that sends no email, create the new link with raff invitation link.`,
		Example: `raff invitation resend alice@example.com`,
	}
	cmd.RunE = a.do(a.onInvitation(cmd, func(ctx context.Context, c *client.Client, inv api.Invitation) error {
		again, err := c.Invitations.Resend(ctx, inv.ID)
		if err != nil {
			return err
		}
		return a.writeInvitation(*again)
	}))
	return cmd
}

func (a *app) invitationCancel() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cancel <id|email>",
		Aliases: []string{"rm", "remove", "delete"},
		Short:   "Cancel an invitation and remove its pending member",
		Example: `raff invitation cancel alice@example.com`,
	}
	d := a.addForce(cmd)
	cmd.RunE = a.do(d.asking(a.onInvitation(cmd, func(ctx context.Context, c *client.Client, inv api.Invitation) error {
		if err := d.confirm(ctx, "Cancel the invitation of %s to %s as %s? Its link stops working.", inv.Email, whereTo(inv), inv.RoleName); err != nil {
			return err
		}
		done, err := c.Invitations.Cancel(ctx, inv.ID)
		if err != nil {
			return err
		}
		return a.writeDone(done, "Cancelled the invitation of %s (%s).", inv.Email, inv.ID)
	})))
	return cmd
}

func (a *app) invitationLink() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "link <id|email>",
		Short: "Create an invitation link, on a server that sends no email",
		Long: `Create an invitation link, on a server that sends no email. Anyone who has the link can accept the
invitation, so give it only to the invited person. An existing user signs in first. The link stops working when the
invitation is resent, and when the server is started with email.`,
		Example: `raff invitation link alice@example.com`,
	}
	cmd.RunE = a.do(a.onInvitation(cmd, func(ctx context.Context, c *client.Client, inv api.Invitation) error {
		l, err := c.Invitations.Link(ctx, inv.ID)
		if err != nil {
			return err
		}
		if a.output.value == "table" {
			_, err := fmt.Fprintln(a.out, clean(l.Link))
			a.note("Works once, until %s, for %s.", moment(&l.ExpiresAt), clean(inv.Email))
			return err
		}
		return writeOne(a, *l, linkColumns, nil)
	}))
	return cmd
}

// findInvitation finds an invitation by id or email.
func findInvitation(ctx context.Context, c *client.Client, o client.ListInvitationsOptions, said string) (api.Invitation, error) {
	if !strings.Contains(said, "@") {
		inv, err := c.Invitations.Get(ctx, said)
		if err != nil {
			return api.Invitation{}, err
		}
		return *inv, nil
	}
	invs, err := collect(c.Invitations.All(ctx, o))
	if err != nil {
		return api.Invitation{}, err
	}
	want := naming.CanonicalEmail(said)
	if i := slices.IndexFunc(invs, func(inv api.Invitation) bool { return naming.CanonicalEmail(inv.Email) == want }); i >= 0 {
		return invs[i], nil
	}
	if o.ProjectID != "" {
		return api.Invitation{}, notFoundError{fmt.Sprintf("There is no open invitation to this project for %s.", said)}
	}
	return api.Invitation{}, notFoundError{fmt.Sprintf("There is no open invitation to the account for %s. For an invitation to a project, add --project.", said)}
}

func whereTo(inv api.Invitation) string {
	if inv.ProjectName != nil {
		return "the project " + *inv.ProjectName
	}
	return inv.AccountName
}

// roleOf is the role of an invitation, or empty if it is closed.
func roleOf(i api.Invitation) string {
	if i.RoleID == "" {
		return ""
	}
	return i.RoleName + " (" + i.RoleID + ")"
}

var invitationColumns = []column[api.Invitation]{
	{"ID", "id", func(i api.Invitation) string { return i.ID }},
	{"EMAIL", "email", func(i api.Invitation) string { return i.Email }},
	{"STATE", "", stateShown},
	{"", "state", func(i api.Invitation) string { return i.State }},
	{"ROLE", "role_name", func(i api.Invitation) string { return i.RoleName }},
	{"EXPIRES", "", func(i api.Invitation) string { return day(&i.ExpiresAt) }},
	{"INVITED BY", "invited_by_email", func(i api.Invitation) string { return text(i.InvitedByEmail) }},
	{"", "proposed_name", func(i api.Invitation) string { return text(i.ProposedName) }},
	{"", "mail_state", func(i api.Invitation) string { return text(i.MailState) }},
	{"", "mail_error", func(i api.Invitation) string { return text(i.MailError) }},
	{"", "type", func(i api.Invitation) string { return i.Type }},
	{"", "project_id", func(i api.Invitation) string { return text(i.ProjectID) }},
	{"", "member_id", func(i api.Invitation) string { return i.MemberID }},
	{"", "role_id", func(i api.Invitation) string { return i.RoleID }},
	{"", "expires_at", func(i api.Invitation) string { return moment(&i.ExpiresAt) }},
	{"", "created_at", func(i api.Invitation) string { return moment(&i.CreatedAt) }},
}

// stateShown is the state that people read. Only a server that sends email has a state of the email.
func stateShown(i api.Invitation) string {
	if i.State == api.InvitationQueued && i.MailState == nil {
		return notEmailed
	}
	return i.State
}

// writeInvitation shows an invitation that was just created or renewed.
func (a *app) writeInvitation(i api.Invitation) error {
	if err := writeOne(a, i, invitationColumns, invitationFields(i)); err != nil {
		return err
	}
	if stateShown(i) == notEmailed {
		link := api.DeliveryLink
		a.noteLink(api.Member{Membership: api.Membership{Email: i.Email, InvitationID: &i.ID, InvitationDelivery: &link}})
	}
	return nil
}

func invitationFields(i api.Invitation) []field {
	return []field{
		{"ID", i.ID},
		{"Email", i.Email},
		{"Proposed name", text(i.ProposedName)},
		{"To", whereTo(i)},
		{"State", stateShown(i)},
		{"Role", roleOf(i)},
		{"Member", i.MemberID},
		{"Invited by", text(i.InvitedByEmail)},
		{"Expires", moment(&i.ExpiresAt)},
		{"Created", moment(&i.CreatedAt)},
	}
}

var linkColumns = []column[api.InvitationLink]{
	{"", "link", func(l api.InvitationLink) string { return l.Link }},
	{"", "expires_at", func(l api.InvitationLink) string { return moment(&l.ExpiresAt) }},
}
