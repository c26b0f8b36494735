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
		Long: "Copy the SQLite database to a new file, readable by you alone, while the server goes on. The copy is of one\n" +
			"moment, holds everything that was answered before it began, and is checked before the file appears; a file\n" +
			"that already exists is never overwritten. To restore it, see docs/operations.md.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if database == "" || to == "" {
				return usage{errors.New("--database (RAFF_DATABASE_URL) and --to are needed")}
			}
			err := server.Backup(cmd.Context(), database, to)
			if errors.Is(err, server.ErrUsePgDump) {
				return usage{err}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "The backup is in", to)
			return err
		},
	}
	setting(c.Flags(), &database, "database", "RAFF_DATABASE_URL", "", "sqlite:PATH (RAFF_DATABASE_URL)")
	c.Flags().StringVar(&to, "to", "", "file to make")
	return c
}
