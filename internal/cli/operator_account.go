package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

// accountArg describes the argument of the commands about one account.
const accountArg = "the id of the account"

func (a *app) operatorAccountRename(o *operatorFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "rename <id> <name>",
		Short:   "Change the name of an account",
		Example: `raff operator account rename 019… "Shop Ltd"`,
		Args:    args(accountArg, "the new name"),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			return a.changeOperated(ctx, c, args[0], api.UpdateOperatedAccountRequest{Name: &args[1]})
		}),
	}
}

// limitNames are the limits of an account with the words of their flags.
var limitNames = []struct{ flag, name, what string }{
	{"members", "members", "people, including those who are invited"},
	{"projects", "projects", "projects"},
	{"api-keys", "api_keys", "API keys"},
	{"roles", "roles", "custom roles"},
}

func (a *app) operatorAccountLimits(o *operatorFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "limits <id>",
		Short: "Limit the members, projects, API keys and roles of an account",
		Long: `Limit the members, projects, API keys and roles of an account. Lowering a limit removes nothing: it only
prevents adding more. The value none removes a limit, so that only the quotas of the server apply. Limits that you do
not name stay as they are.`,
		Example: `raff operator account limits 019… --members 25 --projects none`,
		Args:    args(accountArg),
	}
	given := map[string]*string{}
	var flags []string
	for _, l := range limitNames {
		given[l.flag] = cmd.Flags().String(l.flag, "", "maximum `number` of "+l.what+", or none")
		flags = append(flags, l.flag)
	}
	noFiles(cmd, flags...)
	require(cmd, atLeastOne(flags...))
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
		limits := map[string]*int{}
		for _, l := range limitNames {
			if !cmd.Flags().Changed(l.flag) {
				continue
			}
			n, err := parseLimit(*given[l.flag])
			if err != nil {
				return usageError{fmt.Sprintf("--%s must be a number or none.", l.flag)}
			}
			limits[l.name] = n
		}
		return a.changeOperated(ctx, c, args[0], api.UpdateOperatedAccountRequest{Limits: &limits})
	})
	return cmd
}

// parseLimit reads a number, or none for no limit.
func parseLimit(s string) (*int, error) {
	if s == "none" {
		return nil, nil
	}
	n, err := strconv.Atoi(s)
	return &n, err
}

func (a *app) operatorAccountAttributes(o *operatorFlags) *cobra.Command {
	var set, remove []string
	cmd := &cobra.Command{
		Use:   "attributes <id>",
		Short: "Set and remove your own attributes of an account, such as its plan",
		Long: `Set and remove your own attributes of an account, such as its plan or its id in another system. The account does not
see them. Attributes that you do not name stay as they are.`,
		Example: `raff operator account attributes 019… --set plan=pro --set crm=4711 --remove trial`,
		Args:    args(accountArg),
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "attribute as `name=value`; repeatable")
	cmd.Flags().StringArrayVar(&remove, "remove", nil, "`name` of an attribute to remove; repeatable")
	noFiles(cmd, "set", "remove")
	require(cmd, atLeastOne("set", "remove"))
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
		change, err := attributeChange(set, remove)
		if err != nil {
			return err
		}
		return a.changeOperated(ctx, c, args[0], api.UpdateOperatedAccountRequest{Attributes: &change})
	})
	return cmd
}

func (a *app) operatorAccountRetention(o *operatorFlags) *cobra.Command {
	var days string
	cmd := &cobra.Command{
		Use:   "audit-retention <id>",
		Short: "Set how long the audit log of an account is kept",
		Long: `Set for how many days the audit log of an account is kept, at least 30. A longer time takes effect immediately. A shorter one
takes effect after a week, and an event of the account's log announces it, so that a stolen operator key cannot remove traces; until
then, it can be taken back. Events that are removed cannot be restored: export them first.`,
		Example: `raff operator account audit-retention 019… --days 365
raff operator account audit-retention 019… --days forever`,
		Args: args(accountArg),
	}
	cmd.Flags().StringVar(&days, "days", "", "`number` of days, or forever")
	noFiles(cmd, "days")
	require(cmd, each("days"))
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
		change := api.UpdateOperatedAccountRequest{AuditRetentionDays: api.Null[int]()}
		if days != "forever" {
			n, err := strconv.Atoi(days)
			if err != nil {
				return usageError{"--days must be a number of days, or forever."}
			}
			change.AuditRetentionDays = api.Some(n)
		}
		return a.changeOperated(ctx, c, args[0], change)
	})
	return cmd
}

// attributeChange reads the attributes to set, as name=value, and the names of those to remove.
func attributeChange(set, remove []string) (map[string]*string, error) {
	change := map[string]*string{}
	for _, s := range set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, usageError{fmt.Sprintf("--set %q must have the form name=value, such as plan=pro.", s)}
		}
		if _, twice := change[name]; twice {
			return nil, usageError{fmt.Sprintf("The attribute %q is set twice.", name)}
		}
		change[name] = &value
	}
	for _, name := range remove {
		if change[name] != nil {
			return nil, usageError{fmt.Sprintf("The attribute %q is both set and removed.", name)}
		}
		change[name] = nil
	}
	return change, nil
}

func (a *app) operatorAccountOwner(o *operatorFlags) *cobra.Command {
	var member, email string
	cmd := &cobra.Command{
		Use:   "owner <id>",
		Short: "Make another active member the Owner of an account",
		Long: `Make another active member the Owner of an account. The former Owner becomes an Admin, and their API keys with the
Owner role are disabled.`,
		Example: `raff operator account owner 019… --email alice@example.com`,
		Args:    args(accountArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			changed, err := c.Accounts.ChangeOwner(ctx, args[0], api.ChangeOwnerRequest{MemberID: optional(member), Email: optional(email)})
			if err != nil {
				return err
			}
			fields := operatedFields(&changed.OperatedAccount)
			if len(changed.DisabledAPIKeys) > 0 {
				fields = append(fields, field{"Disabled API keys", strings.Join(changed.DisabledAPIKeys, ", ")})
			}
			return writeOne(a, *changed, changedOwnerColumns, fields)
		}),
	}
	cmd.Flags().StringVar(&member, "member", "", "`id` of the membership")
	cmd.Flags().StringVar(&email, "email", "", "`email` of the member")
	noFiles(cmd, "member", "email")
	require(cmd, exactlyOne("member", "email"))
	return cmd
}

var changedOwnerColumns = []column[api.ChangedOwner]{
	{"", "id", func(a api.ChangedOwner) string { return a.ID }},
	{"", "owner_email", func(a api.ChangedOwner) string { return a.Owner.Email }},
	{"", "disabled_api_keys", func(a api.ChangedOwner) string { return strings.Join(a.DisabledAPIKeys, ",") }},
}

// changeOperated changes an account and prints it.
func (a *app) changeOperated(ctx context.Context, c *client.Operator, id string, in api.UpdateOperatedAccountRequest) error {
	account, err := c.Accounts.Update(ctx, id, in)
	if err != nil {
		return err
	}
	return a.writeOperated(account)
}
