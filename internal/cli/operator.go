package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
	"raff/internal/version"
)

// operatorFlags are the settings of the commands for the operator of a server.
type operatorFlags struct{ url, key, ca, cert, certKey string }

func (a *app) operator() *cobra.Command {
	var o operatorFlags
	accounts := a.group("account", "accounts", "Manage the accounts of a server", a.operatorAccountList(&o), a.operatorAccountShow(&o),
		a.operatorAccountCreate(&o), a.operatorAccountRename(&o), a.operatorAccountLimits(&o), a.operatorAccountAttributes(&o), a.operatorAccountBranding(&o),
		a.operatorAccountRetention(&o), a.operatorAccountOwner(&o), a.operatorAccountSuspend(&o), a.operatorAccountResume(&o), a.operatorAccountDelete(&o), a.operatorAccountExport(&o), a.operatorAccountUsage(&o), a.operatorCheckExport("account", "an account", "shop.ndjson"))
	people := a.group("person", "people", "Help people sign in, and export or erase them", a.operatorPersonShow(&o), a.operatorPersonLink(&o), a.operatorPersonReset(&o),
		a.operatorPersonExport(&o), a.operatorCheckExport("person", "a person", "alice.ndjson"),
		a.operatorPersonErase(&o), a.operatorPersonErasure(&o))
	cmd := a.group("operator", "operators", "Manage a server as its operator", accounts, people, a.operatorNodes(&o), a.operatorJobs(&o), a.operatorOutbox(&o),
		a.operatorCatalog(&o), a.operatorSupport(&o))
	f := cmd.PersistentFlags()
	f.StringVar(&o.url, "operator-url", "", "`URL` of the operator's listener (RAFF_OPERATOR_URL, default http://127.0.0.1:8081)")
	f.StringVar(&o.key, "operator-key", "", "`secret` of an operator key (prefer RAFF_OPERATOR_KEY: other programs can see command lines)")
	f.StringVar(&o.ca, "operator-ca", "", "`file` with the authorities that issued the certificate of the operator's listener (RAFF_OPERATOR_CA, default those of the system)")
	f.StringVar(&o.cert, "operator-cert", "", "`file` with a client certificate, for a listener that requires one (RAFF_OPERATOR_CERT)")
	f.StringVar(&o.certKey, "operator-cert-key", "", "`file` with the key of the client certificate (RAFF_OPERATOR_CERT_KEY)")
	noFiles(cmd, "operator-url", "operator-key")
	return cmd
}

// operate makes the Run function of a command for the operator.
func (a *app) operate(o *operatorFlags, run func(ctx context.Context, c *client.Operator, args []string) error) func(*cobra.Command, []string) error {
	return a.local(func(ctx context.Context, args []string) error {
		a.operates = true
		key := strings.TrimSpace(cmp.Or(o.key, os.Getenv("RAFF_OPERATOR_KEY")))
		if key == "" {
			return usageError{"No operator key is configured. Set RAFF_OPERATOR_KEY to a key from: raffd operator key create."}
		}
		options, err := o.transport()
		if err != nil {
			return err
		}
		options = append(options, client.WithMaxRetries(3), client.WithFinishedWrites(finishGrace), client.WithUserAgent("raff-cli/"+version.Get().Version),
			client.WithWarnings(a.warnOnce))
		c, err := client.NewOperator(cmp.Or(o.url, os.Getenv("RAFF_OPERATOR_URL"), "http://127.0.0.1:8081"), key, options...)
		if err != nil {
			return usageError{err.Error()}
		}
		return run(ctx, c, args)
	})
}

// transport returns the options for the configured certificates, if there are any.
func (o *operatorFlags) transport() ([]client.Option, error) {
	ca, cert, key := cmp.Or(o.ca, os.Getenv("RAFF_OPERATOR_CA")), cmp.Or(o.cert, os.Getenv("RAFF_OPERATOR_CERT")), cmp.Or(o.certKey, os.Getenv("RAFF_OPERATOR_CERT_KEY"))
	if (cert == "") != (key == "") {
		return nil, usageError{"A client certificate needs its key: set both --operator-cert and --operator-cert-key."}
	}
	options, err := client.TLSFiles{CA: ca, Cert: cert, Key: key}.Options()
	if err != nil {
		return nil, usageError{sentence(err.Error())}
	}
	return options, nil
}

func (a *app) operatorAccountList(o *operatorFlags) *cobra.Command {
	var query string
	state := &choice{allowed: []string{api.AccountActive, api.AccountSuspended, api.AccountDeleting, api.AccountRemoving}}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the accounts",
		Example: `raff operator account list --query shop --state suspended`,
		Args:    args(),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, _ []string) error {
			rows := []api.OperatedAccount{}
			for row, err := range c.Accounts.All(ctx, client.ListAccountsOptions{Query: query, State: state.value}) {
				if err != nil {
					return err
				}
				rows = append(rows, row)
			}
			return writeList(a, rows, operatedColumns)
		}),
	}
	cmd.Flags().StringVarP(&query, "query", "q", "", "part of the name or of the Owner's email, or the `id`")
	noFiles(cmd, "query")
	addChoice(cmd, state, "state", "only accounts in this state")
	return cmd
}

func (a *app) operatorAccountShow(o *operatorFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "show <id>",
		Aliases: []string{"get"},
		Short:   "Show an account with its limits and their usage",
		Example: `raff operator account show 019…`,
		Args:    args(accountArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			account, err := c.Accounts.Get(ctx, args[0])
			if err != nil {
				return err
			}
			return a.writeOperated(account)
		}),
	}
}

func (a *app) operatorAccountCreate(o *operatorFlags) *cobra.Command {
	var name, email string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create an account with its Owner, its Default project and an Owner key",
		Example: `raff operator account create --name Shop --owner-email bob@example.com
raff operator account create --name Shop --owner-email bob@example.com --product-name Shop --logo shop.png`,
		Args: args(),
	}
	branding := addBranding(cmd)
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, _ []string) error {
		b := api.CreateAccountRequest{Name: &name, OwnerEmail: &email}
		fields, err := branding.fields(cmd)
		if err != nil {
			return err
		}
		if len(fields) > 0 {
			b.Branding = api.Some(fields)
		}
		made, err := c.Accounts.Create(ctx, b)
		if err != nil {
			return err
		}
		if made.APIKey == "" {
			a.note("The account was created, but its key and link were lost with the first response.")
		}
		link := cmp.Or(made.OwnerLink, "(the Owner already has a password)")
		return writeOne(a, *made, createdColumns, append(operatedFields(&made.OperatedAccount), field{"Owner key", made.APIKey}, field{"Password link", link}))
	})
	cmd.Flags().StringVar(&name, "name", "", "`name` of the account")
	cmd.Flags().StringVar(&email, "owner-email", "", "`email` of the person who owns it")
	noFiles(cmd, "name", "owner-email")
	require(cmd, each("name", "owner-email"))
	return cmd
}

func (a *app) operatorAccountSuspend(o *operatorFlags) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     "suspend <id>",
		Short:   "Suspend an account, so that all its API keys and sessions are refused from the next request on",
		Example: `raff operator account suspend 019… --reason unpaid`,
		Args:    args(accountArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			account, err := c.Accounts.Suspend(ctx, args[0], reason)
			if err != nil {
				return err
			}
			return a.writeOperated(account)
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`note` for the operator; the account does not see it")
	noFiles(cmd, "reason")
	return cmd
}

func (a *app) operatorAccountResume(o *operatorFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "resume <id>",
		Short:   "Resume an account that is suspended or being deleted",
		Example: `raff operator account resume 019…`,
		Args:    args(accountArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			account, err := c.Accounts.Resume(ctx, args[0])
			if err != nil {
				return err
			}
			return a.writeOperated(account)
		}),
	}
}

func (a *app) writeOperated(account *api.OperatedAccount) error {
	return writeOne(a, *account, operatedColumns, operatedFields(account))
}

var operatedColumns = []column[api.OperatedAccount]{
	{"ID", "id", func(a api.OperatedAccount) string { return a.ID }},
	{"NAME", "name", func(a api.OperatedAccount) string { return a.Name }},
	{"STATE", "state", func(a api.OperatedAccount) string { return a.State }},
	{"OWNER", "owner_email", func(a api.OperatedAccount) string { return a.Owner.Email }},
	{"", "created_at", func(a api.OperatedAccount) string { return moment(&a.CreatedAt) }},
}

var createdColumns = []column[api.CreatedAccount]{
	{"", "id", func(a api.CreatedAccount) string { return a.ID }},
	{"", "name", func(a api.CreatedAccount) string { return a.Name }},
	{"", "owner_email", func(a api.CreatedAccount) string { return a.Owner.Email }},
	{"", "api_key", func(a api.CreatedAccount) string { return a.APIKey }},
	{"", "owner_link", func(a api.CreatedAccount) string { return a.OwnerLink }},
}

func operatedFields(a *api.OperatedAccount) []field {
	state := a.State
	if a.StateReason != "" {
		state += ": " + a.StateReason
	}
	if a.DeleteAt != nil {
		state += ", can be resumed until " + moment(a.DeleteAt)
	}
	fields := []field{{"ID", a.ID}, {"Name", a.Name}, {"State", state}, {"Owner", a.Owner.Email}}
	if u := a.Usage; u != nil {
		fields = append(fields, field{"Members", usage(u.Members, a.Limits.Members)}, field{"Projects", usage(u.Projects, a.Limits.Projects)},
			field{"API keys", usage(u.APIKeys, a.Limits.APIKeys)}, field{"Roles", usage(u.Roles, a.Limits.Roles)})
	} else {
		fields = append(fields, field{"Limits", limitsText(a.Limits)})
	}
	if len(a.Attributes) > 0 {
		fields = append(fields, field{"Attributes", attributesText(a.Attributes)})
	}
	if branding := brandingText(a.Branding); branding != "" {
		fields = append(fields, field{"Branding", branding})
	}
	kept := keptFor(a.AuditRetentionDays, " days")
	if a.NextAuditRetentionDays != nil {
		kept += ", " + keptFor(a.NextAuditRetentionDays, " days") + " from " + moment(a.NextAuditRetentionAt)
	}
	return append(fields, field{"Audit log kept for", kept}, field{"Created", moment(&a.CreatedAt)})
}

// limitsText names the limits of an account.
func limitsText(l api.AccountLimits) string {
	var all []string
	for i, n := range []*int{l.Members, l.Projects, l.APIKeys, l.Roles} {
		if n != nil {
			all = append(all, fmt.Sprintf("%s %d", limitNames[i].name, *n))
		}
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

func attributesText(attributes map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		all = append(all, name+"="+attributes[name])
	}
	return strings.Join(all, ", ")
}

// usage is a number, with its limit if it has one.
func usage(n int, limit *int) string {
	if limit == nil {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(n) + " of " + strconv.Itoa(*limit)
}
