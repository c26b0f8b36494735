package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) account() *cobra.Command {
	return a.group("account", "accounts", "Show and change the settings of the account", a.accountShow(), a.accountUpdate(), a.accountSupport())
}

func (a *app) accountShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Aliases: []string{"get"},
		Short:   "Show the settings of the account",
		Example: `raff account show`,
		Args:    args(),
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			account, err := c.Account.Get(ctx)
			if err != nil {
				return err
			}
			return writeOne(a, *account, accountColumns, accountFields(*account))
		}),
	}
}

func (a *app) accountUpdate() *cobra.Command {
	var name, language string
	cmd := &cobra.Command{
		Use:   "update",
		Short: "Change the name or the language of the account",
		Long: `Change the name of the account, or the language of its pages and emails.

The language is that of people who have not chosen one in their profile: en, de, or auto, which is the language of the
browser on pages and English in emails.

Who can assign roles, and whether a second factor is required, can only be changed by a signed-in person, on the
Settings page of the dashboard.`,
		Example: `raff account update --name "Example Ltd"
raff account update --language de`,
		Args: args(),
	}
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		var u api.UpdateAccountRequest
		if cmd.Flags().Changed("name") {
			u.Name = &name
		}
		if cmd.Flags().Changed("language") {
			u.Language = &language
		}
		changed, err := c.Account.Update(ctx, u)
		if err != nil {
			return err
		}
		return writeOne(a, *changed, accountColumns, accountFields(*changed))
	})
	cmd.Flags().StringVar(&name, "name", "", "new `name`")
	cmd.Flags().StringVar(&language, "language", "", "new `language`: auto, en or de")
	noFiles(cmd, "name")
	complete(cmd, "language", cobra.FixedCompletions([]string{"auto", "en", "de"}, cobra.ShellCompDirectiveNoFileComp))
	require(cmd, atLeastOne("name", "language"), withValue("name", "language"))
	return cmd
}

var accountColumns = []column[api.Account]{
	{"", "id", func(a api.Account) string { return a.ID }},
	{"", "name", func(a api.Account) string { return a.Name }},
	{"", "grant_policy", func(a api.Account) string { return a.GrantPolicy }},
	{"", "require_second_factor", func(a api.Account) string { return strconv.FormatBool(a.RequireSecondFactor) }},
	{"", "language", func(a api.Account) string { return a.Language }},
	{"", "audit_retention_days", func(a api.Account) string { return keptFor(a.AuditRetentionDays, "") }},
	{"", "created_at", func(a api.Account) string { return moment(&a.CreatedAt) }},
	{"", "updated_at", func(a api.Account) string { return moment(&a.UpdatedAt) }},
}

func accountFields(a api.Account) []field {
	factor := "optional"
	if a.RequireSecondFactor {
		factor = "required"
	}
	support := "not granted"
	if g := a.SupportAccess; g != nil {
		support = g.Level + " until " + moment(&g.ExpiresAt)
	}
	return []field{
		{"ID", a.ID},
		{"Name", a.Name},
		{"Grant policy", a.GrantPolicy},
		{"Second factor", factor},
		{"Language", a.Language},
		{"Audit log kept for", keptFor(a.AuditRetentionDays, " days")},
		{"Support access", support},
		{"Created", moment(&a.CreatedAt)},
		{"Updated", moment(&a.UpdatedAt)},
	}
}

// keptFor is a number of days, or "forever".
func keptFor(days *int, unit string) string {
	if days == nil {
		return "forever"
	}
	return strconv.Itoa(*days) + unit
}
