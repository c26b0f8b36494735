package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func migrateCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Create the database, or migrate its schema",
		Long: "Create the database, or migrate its schema to the version of this program, as raffd serve does when it starts. Every\n" +
			"other command leaves the schema as it is. Make a backup first (raffd backup, pg_dump): an older program cannot use\n" +
			"the new schema.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.open(cmd, server.Migrating, func(context.Context, *server.Server) error {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "The database has schema version %d.\n", server.Schema())
				return err
			})
		},
	}
	db.flags(c)
	return c
}
