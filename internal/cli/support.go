package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) accountSupport() *cobra.Command {
	return a.group("support", "", "Grant, show and end support access", a.supportGrant(), a.supportShow(), a.supportEnd())
}

func (a *app) supportGrant() *cobra.Command {
	level := &choice{allowed: []string{api.SupportRead, api.SupportWrite}}
	var hours int
	var reason string
	cmd := &cobra.Command{
		Use:   "grant",
		Short: "Grant support access for a limited time",
		Long: `Grant the operator's support team access to the account for a limited time.

With the level read, support views what the account has. With write, it also changes members, roles and projects. API keys,
secrets, second factors, settings and ownership are out of reach of both. Granting again replaces earlier access and ends
the sessions of support. The Owner gets an email whenever support opens a session, and the audit log records everything
that support does.`,
		Example: "raff account support grant --hours 4 --reason \"ticket 4711\"",
		Args:    args(),
	}
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		access, err := c.Account.GrantSupport(ctx, api.GrantSupportRequest{Level: optional(level.value), Hours: &hours, Reason: optional(reason)})
		if err != nil {
			return err
		}
		return a.writeSupport(access)
	})
	addChoice(cmd, level, "level", "what support may do (default read)")
	cmd.Flags().IntVar(&hours, "hours", 24, "for how many `hours`, 1 to 168")
	cmd.Flags().StringVar(&reason, "reason", "", "`reason`, such as the number of a ticket; support sees it")
	noFiles(cmd, "hours", "reason")
	return cmd
}

func (a *app) supportShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Aliases: []string{"get"},
		Short:   "Show whether support has access, and who uses it",
		Example: `raff account support show`,
		Args:    args(),
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			access, err := c.Account.Support(ctx)
			if err != nil {
				return err
			}
			return a.writeSupport(access)
		}),
	}
}

func (a *app) supportEnd() *cobra.Command {
	return &cobra.Command{
		Use:     "end",
		Short:   "End support access immediately",
		Example: `raff account support end`,
		Args:    args(),
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			done, err := c.Account.EndSupport(ctx)
			if client.IsNotFound(err) {
				a.note("Support is not let in.")
				return nil
			}
			if err != nil {
				return err
			}
			a.note("%s", done.Message)
			return nil
		}),
	}
}

// writeSupport prints the support access of an account.
func (a *app) writeSupport(access *api.SupportAccess) error {
	fields := []field{{"Support access", "not granted"}}
	if g := access.Grant; g != nil {
		fields = []field{
			{"Support access", g.Level}, {"Until", moment(&g.ExpiresAt)}, {"Reason", g.Reason}, {"Granted by", g.GrantedBy}, {"Granted", moment(&g.GrantedAt)},
		}
	}
	for _, s := range access.Sessions {
		fields = append(fields, field{"Session " + s.ID, s.Person + ", " + s.Reason + ", until " + moment(&s.ExpiresAt) + ", " + count(s.Requests, "request")})
	}
	return writeOne(a, *access, supportColumns, fields)
}

var supportColumns = []column[api.SupportAccess]{
	{"", "level", func(s api.SupportAccess) string {
		if s.Grant == nil {
			return ""
		}
		return s.Grant.Level
	}},
	{"", "expires_at", func(s api.SupportAccess) string {
		if s.Grant == nil {
			return ""
		}
		return moment(&s.Grant.ExpiresAt)
	}},
	{"", "sessions", func(s api.SupportAccess) string { return strconv.Itoa(len(s.Sessions)) }},
}

func (a *app) operatorSupport(o *operatorFlags) *cobra.Command {
	return a.group("support", "support", "Work in accounts that grant support access", a.operatorSupportOpen(o), a.operatorSupportList(o), a.operatorSupportEnd(o))
}

func (a *app) operatorSupportOpen(o *operatorFlags) *cobra.Command {
	var person, reason string
	var minutes int
	cmd := &cobra.Command{
		Use:   "open <account>",
		Short: "Open a support session in an account that grants support access",
		Long: `Open a support session in an account that grants support access. It prints a credential for the API, which the other commands
of raff use as RAFF_API_KEY, and a link that opens the dashboard once. The account sees the person and the reason, and its
Owner gets an email. An operator key with the scope support is enough.`,
		Example: `raff operator support open 019… --person "Dana Example" --reason "ticket 4711"`,
		Args:    args(accountArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			made, err := c.Accounts.OpenSupport(ctx, args[0], api.OpenSupportRequest{Person: &person, Reason: &reason, Minutes: &minutes})
			if err != nil {
				return err
			}
			return writeOne(a, *made, openedColumns, []field{
				{"Session", made.ID}, {"Level", made.Level}, {"Until", moment(&made.ExpiresAt)}, {"Credential", made.Credential}, {"Dashboard, once", made.Link},
			})
		}),
	}
	cmd.Flags().StringVar(&person, "person", "", "`name` of the person of support")
	cmd.Flags().StringVar(&reason, "reason", "", "`reason`, such as the number of a ticket")
	cmd.Flags().IntVar(&minutes, "minutes", 60, "for how many `minutes`, 5 to 720")
	noFiles(cmd, "person", "reason", "minutes")
	require(cmd, each("person", "reason"))
	return cmd
}

var openedColumns = []column[api.OpenedSupportSession]{
	{"", "id", func(s api.OpenedSupportSession) string { return s.ID }},
	{"", "level", func(s api.OpenedSupportSession) string { return s.Level }},
	{"", "expires_at", func(s api.OpenedSupportSession) string { return moment(&s.ExpiresAt) }},
	{"", "credential", func(s api.OpenedSupportSession) string { return s.Credential }},
	{"", "link", func(s api.OpenedSupportSession) string { return s.Link }},
}

func (a *app) operatorSupportList(o *operatorFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "list <account>",
		Aliases: []string{"ls", "show"},
		Short:   "Show whether an account grants support access, and the open sessions",
		Example: `raff operator support list 019…`,
		Args:    args(accountArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			access, err := c.Accounts.Support(ctx, args[0])
			if err != nil {
				return err
			}
			return a.writeSupport(access)
		}),
	}
}

func (a *app) operatorSupportEnd(o *operatorFlags) *cobra.Command {
	var session string
	cmd := &cobra.Command{
		Use:     "end <account>",
		Short:   "End the support sessions in an account, or one of them",
		Example: `raff operator support end 019… --session 019…`,
		Args:    args(accountArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			ids := []string{session}
			if session == "" {
				access, err := c.Accounts.Support(ctx, args[0])
				if err != nil {
					return err
				}
				ids = nil
				for _, s := range access.Sessions {
					ids = append(ids, s.ID)
				}
			}
			for _, id := range ids {
				done, err := c.Accounts.EndSupport(ctx, args[0], id)
				if err != nil {
					return err
				}
				a.note("%s", done.Message)
			}
			if len(ids) == 0 {
				a.note("Support has no open session in this account.")
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&session, "session", "", "`id` of one session")
	noFiles(cmd, "session")
	return cmd
}
