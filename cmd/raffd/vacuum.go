package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func vacuumCommand() *cobra.Command {
	var database string
	c := &cobra.Command{
		Use:   "vacuum",
		Short: "Rewrite the embedded database, so that nothing is left of what was removed",
		Long: "Rewrite the SQLite database, so that nothing is left of what was removed, for example after a person was\n" +
			"erased, and return unused space. It needs free space for two copies of the file. While it runs, no change can\n" +
			"be made: requests that change something wait up to 5 seconds, and then get 503. Stop the server first, or run it\n" +
			"when few people work.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if database == "" {
				return errNoDatabase
			}
			err := server.Vacuum(cmd.Context(), database)
			if errors.Is(err, server.ErrUsePgVacuum) {
				return usage{err}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "Rewritten. Nothing is left in the files of what was removed before.")
			return err
		},
	}
	embeddedFlags(c, &database)
	return c
}
