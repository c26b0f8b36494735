package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) operatorAccountUsage(o *operatorFlags) *cobra.Command {
	var in client.UsageOptions
	var date string
	cmd := &cobra.Command{
		Use:   "usage [id]",
		Short: "Show how much an account was used on each day, or all accounts on one day",
		Long: `Show how much an account was used on each day of a range, the last 30 days by default, or without an ID all accounts on one
day, yesterday by default: active members, API keys used, requests, and decisions for services. Days are in UTC. The numbers of
today are up to a minute old. Days and accounts without any use are left out.`,
		Example: `raff operator account usage 019… --from 2030-01-01 --to 2030-01-31
raff operator account usage --date 2030-01-31 -o csv`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&in.From, "from", "", "first `date` of an account's days")
	cmd.Flags().StringVar(&in.To, "to", "", "last `date` of an account's days, which is included (default today)")
	cmd.Flags().StringVar(&date, "date", "", "`date` of all accounts (default yesterday)")
	noFiles(cmd, "from", "to", "date")
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
		if len(args) == 1 {
			if date != "" {
				return usageError{"--date is for all accounts. For one account, set --from and --to."}
			}
			days, err := c.Accounts.Usage(ctx, args[0], in)
			if err != nil {
				return err
			}
			return writeList(a, days, usageColumns)
		}
		if in != (client.UsageOptions{}) {
			return usageError{"--from and --to are for one account: add its id. For all accounts, set --date."}
		}
		rows := []api.UsageDay{}
		for row, err := range c.Accounts.UsageOn(ctx, date) {
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return writeList(a, rows, usageColumns)
	})
	return cmd
}

var usageColumns = []column[api.UsageDay]{
	{"DATE", "date", func(u api.UsageDay) string { return u.Date }},
	{"ACCOUNT", "account_id", func(u api.UsageDay) string { return u.AccountID }},
	{"NAME", "account_name", func(u api.UsageDay) string { return text(u.AccountName) }},
	{"MEMBERS", "active_members", func(u api.UsageDay) string { return strconv.Itoa(u.ActiveMembers) }},
	{"API KEYS", "api_keys_used", func(u api.UsageDay) string { return strconv.Itoa(u.APIKeysUsed) }},
	{"REQUESTS", "requests", func(u api.UsageDay) string { return strconv.Itoa(u.Requests) }},
	{"DECISIONS", "decisions", func(u api.UsageDay) string { return strconv.Itoa(u.Decisions) }},
}
