package main

import (
	"context"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func catalogCommand() *cobra.Command {
	c := &cobra.Command{Use: "catalog", Short: "Change which permissions and system roles there are"}
	c.AddCommand(catalogApplyCommand())
	return c
}

func catalogApplyCommand() *cobra.Command {
	var db database
	var dryRun bool
	c := &cobra.Command{
		Use:   "apply --catalog FILE",
		Short: "Make a file the catalog of the database",
		Long: "Print which roles gain and lose which permissions, then make the file the catalog of the database. Custom roles keep\n" +
			"what they were given: a permission that is no longer in the catalog grants nothing, and grants again when it returns.\n" +
			"Each account gets an event. Without --catalog the default catalog of this program is applied. Servers that run keep\n" +
			"their catalog and are not ready (GET /ready) until they are restarted.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file := db.config.Catalog
			db.config.Catalog = "" // what the database has now is opened
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.ApplyCatalog(ctx, cmd.OutOrStdout(), file, dryRun)
			})
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only print what would change")
	db.flags(c)
	return c
}
