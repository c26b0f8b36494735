package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) operatorNodes(o *operatorFlags) *cobra.Command {
	list := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the servers on the database",
		Long: `List the servers on the database. A server that stops removes itself from the list; one that was killed stays in it for
7 days, or until you forget it.`,
		Example: `raff operator node list`,
		Args:    args(),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, _ []string) error {
			nodes, err := c.Nodes.List(ctx)
			if err != nil {
				return err
			}
			return writeList(a, nodes, nodeColumns)
		}),
	}
	forget := &cobra.Command{
		Use:     "forget <id>",
		Aliases: []string{"rm"},
		Short:   "Remove a server that no longer runs from the list",
		Example: `raff operator node forget 019…`,
		Args:    args("the id of the server"),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			done, err := c.Nodes.Forget(ctx, args[0])
			if err != nil {
				return err
			}
			return a.writeDone(done, "%s", done.Message)
		}),
	}
	return a.group("node", "nodes", "Look at the servers on the database", list, forget)
}

var nodeColumns = []column[api.Node]{
	{"ID", "id", func(n api.Node) string { return n.ID }},
	{"HOST", "host", func(n api.Node) string { return n.Host }},
	{"ADDRESS", "address", func(n api.Node) string { return n.Address }},
	{"VERSION", "version", func(n api.Node) string { return n.Version }},
	{"RUNS", "runs", func(n api.Node) string { return strings.Join(n.Runs, ",") }},
	{"ALIVE", "alive", func(n api.Node) string { return map[bool]string{true: "yes", false: "no"}[n.Alive] }},
	{"STARTED", "started_at", func(n api.Node) string { return moment(&n.StartedAt) }},
	{"LAST SEEN", "last_seen_at", func(n api.Node) string { return moment(&n.LastSeenAt) }},
}

func (a *app) operatorJobs(o *operatorFlags) *cobra.Command {
	var in client.ListJobsOptions
	list := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the background jobs of all servers with their last run",
		Example: `raff operator job list --name cleanup`,
		Args:    args(),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, _ []string) error {
			jobs, err := c.Jobs.List(ctx, in)
			if err != nil {
				return err
			}
			return writeList(a, jobs, jobColumns)
		}),
	}
	list.Flags().StringVar(&in.Name, "name", "", "only the job with this `name`")
	list.Flags().StringVar(&in.NodeID, "node", "", "only the jobs of the server with this `id`")
	noFiles(list, "name", "node")
	run := &cobra.Command{
		Use:   "run <name>",
		Short: "Run a background job now",
		Long: `Run a background job now, on the server that gets the request: seal, removal or cleanup. The other jobs run every few
seconds.`,
		Example: `raff operator job run cleanup`,
		Args:    args("the name of the job"),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			j, err := c.Jobs.Run(ctx, args[0])
			if err != nil {
				return err
			}
			return writeOne(a, *j, jobColumns, []field{{"Job", j.Name}, {"Server", j.Host}, {"Result", jobResult(*j)}, {"Started", moment(j.LastStartedAt)}, {"Next run", moment(j.NextAt)}})
		}),
	}
	return a.group("job", "jobs", "Look at the background jobs of the servers", list, run)
}

var jobColumns = []column[api.Job]{
	{"NAME", "name", func(j api.Job) string { return j.Name }},
	{"HOST", "host", func(j api.Job) string { return j.Host }},
	{"", "node_id", func(j api.Job) string { return j.NodeID }},
	{"LAST RUN", "last_ended_at", func(j api.Job) string { return moment(j.LastEndedAt) }},
	{"RESULT", "last_result", jobResult},
	{"NEXT RUN", "next_at", func(j api.Job) string { return moment(j.NextAt) }},
}

func jobResult(j api.Job) string {
	result := text(j.LastResult)
	if j.LastError != "" {
		result += ": " + j.LastError
	}
	if j.Running {
		result = "running"
	}
	return result
}

func (a *app) operatorOutbox(o *operatorFlags) *cobra.Command {
	var in client.ListEmailsOptions
	state := &choice{allowed: []string{api.EmailQueued, api.EmailRetrying, api.EmailFailed}}
	list := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the emails that wait to be sent, and those that were given up in the last 7 days",
		Example: `raff operator outbox list --state failed`,
		Args:    args(),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, _ []string) error {
			in.State = state.value
			rows := []api.Email{}
			for row, err := range c.Emails.All(ctx, in) {
				if err != nil {
					return err
				}
				rows = append(rows, row)
			}
			return writeList(a, rows, emailColumns)
		}),
	}
	list.Flags().StringVar(&in.AccountID, "account", "", "only emails about the account with this `id`")
	noFiles(list, "account")
	addChoice(list, state, "state", "only emails in this state")
	const emailArg = "the id of the email"
	retry := &cobra.Command{
		Use:     "retry <id>",
		Short:   "Send a waiting or failed email now",
		Example: `raff operator outbox retry 019…`,
		Args:    args(emailArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			e, err := c.Emails.Retry(ctx, args[0])
			if err != nil {
				return err
			}
			return writeOne(a, *e, emailColumns, []field{{"ID", e.ID}, {"Email", e.Kind}, {"To", e.To}, {"State", e.State}, {"Next attempt", moment(e.NextAt)}})
		}),
	}
	cancel := &cobra.Command{
		Use:     "cancel <id>",
		Short:   "Cancel an email, which is then never sent",
		Example: `raff operator outbox cancel 019…`,
		Args:    args(emailArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			done, err := c.Emails.Cancel(ctx, args[0])
			if err != nil {
				return err
			}
			return a.writeDone(done, "%s", done.Message)
		}),
	}
	return a.group("outbox", "emails", "Manage the emails that wait to be sent", list, retry, cancel)
}

var emailColumns = []column[api.Email]{
	{"ID", "id", func(e api.Email) string { return e.ID }},
	{"EMAIL", "kind", func(e api.Email) string { return e.Kind }},
	{"TO", "to", func(e api.Email) string { return e.To }},
	{"ACCOUNT", "account_name", func(e api.Email) string { return text(e.AccountName) }},
	{"STATE", "state", func(e api.Email) string { return e.State }},
	{"ATTEMPTS", "attempts", func(e api.Email) string { return strconv.Itoa(e.Attempts) }},
	{"NEXT", "next_at", func(e api.Email) string { return moment(e.NextAt) }},
	{"REASON", "last_error", func(e api.Email) string { return e.LastError }},
}
