package cli

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) externalID() *cobra.Command {
	return a.group("external-id", "external-ids", "Show, set and remove the ids of objects in other systems",
		a.externalIDList(), a.externalIDSet(), a.externalIDRemove())
}

func (a *app) externalIDList() *cobra.Command {
	var source string
	cmd := &cobra.Command{
		Use:     "list <kind>",
		Aliases: []string{"ls"},
		Short:   "List the external ids of one kind",
		Long: `List the external ids of one kind: member, project, role, api_key, or a resource type that the server's
catalog declares.`,
		Example: `raff external-id list member
raff external-id list project --source okta`,
		Args: args("a kind"),
	}
	list := addListing(cmd, "external id", "first", 0)
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, args []string) error {
		rows := externalIDs(ctx, c, client.ListExternalIDsOptions{Kind: args[0], Source: source})
		return writeListing(a, list, rows, func(x api.ExternalID) bool { return list.finds(x.ID) }, externalIDColumns)
	})
	require(cmd, atMostOne("search"))
	cmd.Flags().StringVar(&source, "source", "", "only external ids of this `source`")
	complete(cmd, "source", cobra.NoFileCompletions)
	return cmd
}

// externalIDs iterates over all external ids, one page at a time.
func externalIDs(ctx context.Context, c *client.Client, o client.ListExternalIDsOptions) iter.Seq2[api.ExternalID, error] {
	return c.ExternalIDs.All(ctx, o)
}

func (a *app) externalIDSet() *cobra.Command {
	return &cobra.Command{
		Use:   "set <kind> <source> <external id> <id>",
		Short: "Set the external id of an object",
		Long: `Set the external id of a member, project, role or API key, or of a resource of a type that the catalog
declares; then the id is that of its project. Services that ask for decisions may use it in place of an id.`,
		Example: `raff external-id set member okta 00u1 00000000-0000-0000-0000-000000000000`,
		Args:    args("a kind", "a source", "an external id", "an id"),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			object := lowerID(args[3])
			x, err := c.ExternalIDs.Set(ctx, api.SetExternalIDRequest{Kind: &args[0], Source: &args[1], ID: &args[2], ObjectID: &object})
			if err != nil {
				return err
			}
			return writeOne(a, *x, externalIDColumns, []field{
				{"Kind", x.Kind}, {"Source", x.Source}, {"External ID", x.ID}, {"ID", x.ObjectID}, {"Created", moment(&x.CreatedAt)},
			})
		}),
	}
}

func (a *app) externalIDRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove <kind> <source> <external id>",
		Aliases: []string{"rm"},
		Short:   "Remove an external id",
		Example: `raff external-id remove member okta 00u1`,
		Args:    args("a kind", "a source", "an external id"),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			_, err := c.ExternalIDs.Remove(ctx, args[0], args[1], args[2])
			return err
		}),
	}
}

var externalIDColumns = []column[api.ExternalID]{
	{"KIND", "kind", func(x api.ExternalID) string { return x.Kind }},
	{"SOURCE", "source", func(x api.ExternalID) string { return x.Source }},
	{"EXTERNAL ID", "external_id", func(x api.ExternalID) string { return x.ID }},
	{"ID", "id", func(x api.ExternalID) string { return x.ObjectID }},
	{"CREATED", "", func(x api.ExternalID) string { return day(&x.CreatedAt) }},
	{"", "created_at", func(x api.ExternalID) string { return moment(&x.CreatedAt) }},
}
