package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func migrateCommand() *cobra.Command {
	var db database
	var dryRun bool
	var grant string
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Create the database, or migrate its schema",
		Long: "Create the database, or migrate its schema to the version of this program, as raffd serve does when it starts. Every\n" +
			"other command leaves the schema as it is. Make a backup first (raffd backup, pg_dump): an older program cannot use\n" +
			"the new schema. A migration that is interrupted continues when the command, or a server, is started again. Another\n" +
			"program that migrates the same database is waited for. With --dry-run, print the migrations that would run, and change\n" +
			"nothing.\n\n" +
			"With --grant ROLE, also give this role of PostgreSQL the privileges that raffd serve needs, and not more: it cannot\n" +
			"change or remove audit events, seals and their retention, nor change the schema. Repeat it with each migration.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dryRun && grant != "" {
				return usage{errors.New("--dry-run changes nothing: leave out --grant")}
			}
			if dryRun {
				return db.pending(cmd)
			}
			db.config.Progress = server.PrintProgress(cmd.OutOrStdout())
			return db.open(cmd, server.Migrating, func(context.Context, *server.Server) error {
				text := fmt.Sprintf("The database has schema version %d.\n", server.Schema())
				if grant != "" {
					if err := server.Grant(cmd.Context(), db.config.Database, grant); err != nil {
						return err
					}
					text += fmt.Sprintf("The role %s can serve it.\n", grant)
				}
				_, err := fmt.Fprint(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print the migrations that would run, without changing anything")
	c.Flags().StringVar(&grant, "grant", "", "role of PostgreSQL that is to serve the database")
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
