package main

import (
	"context"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func catalogCommand() *cobra.Command {
	c := &cobra.Command{Use: "catalog", Short: "Change the permissions and system roles"}
	c.AddCommand(catalogApplyCommand())
	return c
}

func catalogApplyCommand() *cobra.Command {
	var db database
	var dryRun bool
	c := &cobra.Command{
		Use:   "apply --catalog FILE",
		Short: "Apply a catalog file to the database",
		Long: "Print which roles gain and lose which permissions, then make the file the catalog of the database. Custom roles keep\n" +
			"their permissions: one that is no longer in the catalog grants nothing, and grants again if it returns. Each account\n" +
			"gets an event. Without --catalog, the default catalog of this program is applied. Running servers keep their catalog\n" +
			"and report not ready (GET /ready) until they are restarted.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file := db.config.Catalog
			db.config.Catalog = "" // open the database with its current catalog
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.ApplyCatalog(ctx, cmd.OutOrStdout(), file, dryRun)
			})
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only print what would change")
	db.flags(c)
	return c
}
