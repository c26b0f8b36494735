package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func migrateCommand() *cobra.Command {
	var db database
	var dryRun bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Create the database, or migrate its schema",
		Long: "Create the database, or migrate its schema to the version of this program, as raffd serve does when it starts. Every\n" +
			"other command leaves the schema as it is. Make a backup first (raffd backup, pg_dump): an older program cannot use\n" +
			"the new schema. A migration that is interrupted continues when the command, or a server, is started again. Another\n" +
			"program that migrates the same database is waited for. With --dry-run, print the migrations that would run, and change\n" +
			"nothing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dryRun {
				return db.pending(cmd)
			}
			db.config.Progress = server.PrintProgress(cmd.OutOrStdout())
			return db.open(cmd, server.Migrating, func(context.Context, *server.Server) error {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "The database has schema version %d.\n", server.Schema())
				return err
			})
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print the migrations that would run, without changing anything")
	db.flags(c)
	return c
}

// pending prints the migrations that are missing in the database.
func (d *database) pending(cmd *cobra.Command) error {
	if d.config.Database == "" {
		return errNoDatabase
	}
	names, exists, err := server.Pending(cmd.Context(), d.config.Database)
	if err != nil {
		return err
	}
	var text strings.Builder
	switch {
	case len(names) == 0:
		fmt.Fprintf(&text, "The database has schema version %d; nothing to do.\n", server.Schema())
	case !exists:
		text.WriteString("The database does not exist. These migrations would create it:\n")
	default:
		text.WriteString("These migrations would run:\n")
	}
	for _, name := range names {
		fmt.Fprintf(&text, "  %s\n", name)
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), text.String())
	return err
}
