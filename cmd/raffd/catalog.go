package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func catalogCommand() *cobra.Command {
	c := &cobra.Command{Use: "catalog", Short: "Show and change the permissions and system roles"}
	show := onDatabase("show", "Print the catalog of the database", 0, func(ctx context.Context, s *server.Server, w io.Writer, _ []string) error {
		return s.PrintCatalog(ctx, w)
	})
	c.AddCommand(show, catalogDiffCommand(), catalogApplyCommand())
	return c
}

func catalogDiffCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "diff --catalog FILE",
		Short: "Print which roles would gain and lose which permissions with a catalog file",
		Long:  "Print which roles would gain and lose which permissions with a catalog file, or without --catalog with the default catalog of this\nprogram. It changes nothing, like raffd catalog apply --dry-run.",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return applyCatalog(cmd, &db, true) },
	}
	db.flags(c)
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
		RunE: func(cmd *cobra.Command, _ []string) error { return applyCatalog(cmd, &db, dryRun) },
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only print what would change")
	db.flags(c)
	return c
}

// applyCatalog prints what the catalog file of the flags changes and, without dryRun, applies it.
func applyCatalog(cmd *cobra.Command, db *database, dryRun bool) error {
	file := db.config.Catalog
	db.config.Catalog = "" // open the database with its current catalog
	return db.with(cmd, func(ctx context.Context, s *server.Server) error {
		return s.ApplyCatalog(ctx, cmd.OutOrStdout(), file, dryRun)
	})
}
