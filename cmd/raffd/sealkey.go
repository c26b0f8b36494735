package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func sealKeyCommand() *cobra.Command {
	c := &cobra.Command{Use: "seal-key", Short: "Manage the keys that sign the audit log"}
	var file string
	var rotate bool
	create := &cobra.Command{
		Use:   "create --file FILE",
		Short: "Create a key that signs the audit log",
		Long: "Create a file with a key of 32 random bytes, readable only by you. Pass it to every node and to every raffd command\n" +
			"(--seal-key-file, RAFF_SEAL_KEY_FILE), keep a copy in a safe place, and store it apart from the database and its\n" +
			"backups: without the key, someone who can write to the database cannot forge the log. On a database that was sealed\n" +
			"without a key, run raffd audit adopt once all nodes have it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usage{errors.New("--file is required")}
			}
			id, err := server.CreateSealKey(file, rotate)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Created key %s in %s. Start every node with --seal-key-file %s\n", id, file, file)
			return err
		},
	}
	create.Flags().StringVar(&file, "file", "", "file to create")
	create.Flags().BoolVar(&rotate, "rotate", false, "add the new key before those of an existing file, which continue to verify what they signed")
	c.AddCommand(create)
	return c
}
