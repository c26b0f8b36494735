package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/net/idna"

	"raff/api"
	"raff/client"
)

const memberArg = "a member's id or email"

func (a *app) member() *cobra.Command {
	return a.group("member", "members", "Show, add, change and remove members",
		a.memberList(), a.memberGet(), a.memberAdd(), a.memberUpdate(), a.memberRemove())
}

func (a *app) memberList() *cobra.Command {
	status := &choice{allowed: []string{api.StatusPending, api.StatusActive, api.StatusSuspended}}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the members",
		Example: `raff member list --status pending
raff member list -o json | jq -r '.[].email'`,
		Args: none,
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			ms, err := collect(c.Members.All(ctx, client.ListMembersOptions{Status: status.value}))
			if err != nil {
				return err
			}
			return writeList(a, ms, memberColumns)
		}),
	}
	addChoice(cmd, status, "status", "only members with this status")
	return cmd
}

func (a *app) memberGet() *cobra.Command {
	return &cobra.Command{
		Use:               "get <id|email>",
		Short:             "Show a member",
		Args:              one(memberArg),
		ValidArgsFunction: a.completeMembers,
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			m, err := findMember(ctx, c, args[0])
			if err != nil {
				return err
			}
			return a.writeMember(m)
		}),
	}
}

func (a *app) memberAdd() *cobra.Command {
	var email, userID, keyID string
	var role *roleFlags
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Invite somebody by email, or add a user or an API key",
		Long: `Invite somebody by email, or add a known user or an API key at once.

The member has its id from now on, also while the invitation is open.`,
		Example: `raff member add --email alice@example.com --role member
raff member add --api-key-id 00000000-0000-0000-0000-000000000000 --role admin`,
		Args: none,
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			roleID, err := role.resolve(ctx, c)
			if err != nil {
				return err
			}
			m, err := c.Members.Add(ctx, api.AddMemberRequest{
				Email: optional(email), TargetUserID: optional(userID), APIKeyID: optional(keyID), RoleID: roleID,
			})
			if err != nil {
				return err
			}
			return a.writeMember(*m)
		}),
	}
	cmd.Flags().StringVar(&email, "email", "", "`address` to invite")
	cmd.Flags().StringVar(&userID, "target-user-id", "", "`id` of a user to add at once")
	cmd.Flags().StringVar(&keyID, "api-key-id", "", "`id` of an API key to add at once")
	role = a.addRoleFlags(cmd)
	for _, name := range []string{"email", "target-user-id"} {
		complete(cmd, name, cobra.NoFileCompletions)
	}
	complete(cmd, "api-key-id", a.completeAPIKeys)
	require(cmd, exactlyOne("email", "target-user-id", "api-key-id"), exactlyOne("role", "role-id"))
	return cmd
}

func (a *app) memberUpdate() *cobra.Command {
	var role *roleFlags
	status := &choice{allowed: []string{api.StatusActive, api.StatusSuspended}}
	cmd := &cobra.Command{
		Use:   "update <id|email>",
		Short: "Change a member's role or status",
		Example: `raff member update alice@example.com --role admin
raff member update alice@example.com --status suspended`,
		Args:              one(memberArg),
		ValidArgsFunction: a.completeMembers,
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			roleID, err := role.resolve(ctx, c)
			if err != nil {
				return err
			}
			id, err := memberID(ctx, c, args[0])
			if err != nil {
				return err
			}
			m, err := c.Members.Update(ctx, id, api.UpdateMemberRequest{RoleID: roleID, Status: optional(status.value)})
			if err != nil {
				return err
			}
			return a.writeMember(*m)
		}),
	}
	role = a.addRoleFlags(cmd)
	addChoice(cmd, status, "status", "new status")
	require(cmd, atLeastOne("role", "role-id", "status"), atMostOne("role", "role-id"))
	return cmd
}

func (a *app) memberRemove() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:               "remove <id|email>",
		Aliases:           []string{"rm", "delete"},
		Short:             "Remove a member from the account and all its projects, or cancel its invitation",
		Args:              one(memberArg),
		ValidArgsFunction: a.completeMembers,
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			if _, interactive := a.terminal(); !interactive && !force {
				return usageError{"Nobody can be asked, because standard input is not a terminal. To remove without asking, add --force."}
			}
			m, err := findMember(ctx, c, args[0])
			if err != nil {
				return err
			}
			if !force && !a.confirm(ctx, fmt.Sprintf("Remove %s (%s, %s)?", m.Email, m.RoleName, m.Status)) {
				return errors.New("nothing was removed")
			}
			done, err := c.Members.Remove(ctx, m.ID)
			if err != nil {
				return err
			}
			return a.writeRemoved(m, done)
		}),
	}
	cmd.Flags().BoolVarP(&force, "force", "f", false, "do not ask")
	return cmd
}

// confirm asks a question of which the answer is no unless somebody says yes.
func (a *app) confirm(ctx context.Context, question string) bool {
	fmt.Fprintf(a.err, "%s [y/N] ", clean(question))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.in).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case s := <-answer:
		return s == "y" || s == "yes"
	case <-ctx.Done(): // Ctrl-C
		fmt.Fprintln(a.err)
		return false
	}
}

func (a *app) writeRemoved(m api.Member, done *api.Done) error {
	if a.output.value != "table" {
		return writeOne(a, *done, doneColumns, nil)
	}
	if _, err := fmt.Fprintf(a.out, "Removed %s (%s).\n", clean(m.Email), m.ID); err != nil {
		return err
	}
	if len(done.KeysCreated) > 0 {
		a.note("These API keys were made by %s and keep working:", clean(m.Email))
		for _, k := range done.KeysCreated {
			a.note("  %s  %s  %s", k.ID, k.KeyPrefix, clean(k.Name))
		}
	}
	if len(done.InvitationsSent) > 0 {
		a.note("These invitations were sent by %s and are still open:", clean(m.Email))
		for _, i := range done.InvitationsSent {
			a.note("  %s  %s", i.ID, clean(i.Email))
		}
	}
	return nil
}

// findMember takes an id or an address.
func findMember(ctx context.Context, c *client.Client, idOrEmail string) (api.Member, error) {
	if !strings.Contains(idOrEmail, "@") {
		m, err := c.Members.Get(ctx, idOrEmail)
		if err != nil {
			return api.Member{}, err
		}
		return *m, nil
	}
	// A server that does not know the filter answers everybody, so the rows are compared here as well.
	want := canonical(idOrEmail)
	for m, err := range c.Members.All(ctx, client.ListMembersOptions{Email: idOrEmail}) {
		if err != nil {
			return api.Member{}, err
		}
		if canonical(m.Email) == want {
			return m, nil
		}
	}
	return api.Member{}, notFoundError{fmt.Sprintf("No member has the address %s. Who is there: raff member list", idOrEmail)}
}

// memberID needs the server only for an address.
func memberID(ctx context.Context, c *client.Client, idOrEmail string) (string, error) {
	if !strings.Contains(idOrEmail, "@") {
		return idOrEmail, nil
	}
	m, err := findMember(ctx, c, idOrEmail)
	return m.ID, err
}

// canonical is the form in which addresses are compared.
func canonical(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	return strings.ToLower(local + "@" + domain)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (a *app) writeMember(m api.Member) error {
	return writeOne(a, m, memberColumns, memberFields(m))
}

var memberColumns = []column[api.Member]{
	{"ID", "id", func(m api.Member) string { return m.ID }},
	{"EMAIL", "email", func(m api.Member) string { return m.Email }},
	{"STATUS", "status", func(m api.Member) string { return m.Status }},
	{"ROLE", "role_name", func(m api.Member) string { return m.RoleName }},
	{"", "role_id", func(m api.Member) string { return m.RoleID }},
	{"", "name", func(m api.Member) string { return m.Name }},
	{"", "principal_type", func(m api.Member) string { return m.PrincipalType }},
	{"", "user_id", func(m api.Member) string { return text(m.UserID) }},
	{"", "api_key_id", func(m api.Member) string { return text(m.APIKeyID) }},
	{"", "is_owner", func(m api.Member) string { return strconv.FormatBool(m.IsOwner) }},
	{"", "invitation_state", func(m api.Member) string { return m.InvitationState }},
	{"", "invitation_expires_at", func(m api.Member) string { return moment(m.InvitationExpiresAt) }},
	{"", "created_at", func(m api.Member) string { return moment(&m.CreatedAt) }},
}

func memberFields(m api.Member) []field {
	status := m.Status
	if m.InvitationState != "" && m.InvitationState != api.InvitationNone {
		status += " (invitation " + m.InvitationState
		if m.InvitationExpiresAt != nil && m.InvitationState != api.InvitationDeclined && m.InvitationState != api.InvitationExpired {
			status += ", good until " + moment(m.InvitationExpiresAt)
		}
		status += ")"
	}
	return []field{
		{"ID", m.ID},
		{"Email", m.Email},
		{"Name", m.Name},
		{"Status", status},
		{"Role", m.RoleName + " (" + m.RoleID + ")"},
		{"Type", m.PrincipalType},
		{"User", text(m.UserID)},
		{"API key", text(m.APIKeyID)},
		{"Invitation", text(m.InvitationID)},
		{"Accepted", moment(m.AcceptedAt)},
		{"Created", moment(&m.CreatedAt)},
		{"Updated", moment(&m.UpdatedAt)},
	}
}

var doneColumns = []column[api.Done]{
	{"", "success", func(d api.Done) string { return strconv.FormatBool(d.Success) }},
	{"", "message", func(d api.Done) string { return d.Message }},
}
