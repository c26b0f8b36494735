package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func backupCommand() *cobra.Command {
	var database, to string
	c := &cobra.Command{
		Use:   "backup --to FILE",
		Short: "Copy the embedded database to a file while the server runs",
		Long: "Copy the SQLite database to a new file, readable only by you, while the server runs. The copy is a\n" +
			"consistent snapshot, contains every change that was confirmed before it started, and is checked before the\n" +
			"file appears. An existing file is never overwritten. To restore a backup, see docs/operations.md.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if database == "" || to == "" {
				return usage{errors.New("--database (RAFF_DATABASE_URL) and --to are required")}
			}
			err := server.Backup(cmd.Context(), database, to)
			if errors.Is(err, server.ErrUsePgDump) {
				return usage{err}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "Backup written to", to)
			return err
		},
	}
	embeddedFlags(c, &database)
	c.Flags().StringVar(&to, "to", "", "file to create")
	return c
}
