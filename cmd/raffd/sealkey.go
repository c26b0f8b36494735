package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func sealKeyCommand() *cobra.Command {
	c := &cobra.Command{Use: "seal-key", Short: "Manage the keys that sign the audit log"}
	create := &cobra.Command{
		Use:   "create --file FILE",
		Short: "Create a key that signs the audit log",
		Long: "Create a file with a key of 32 random bytes, readable only by you. Pass it to every node and to every raffd command\n" +
			"(--seal-key-file, RAFF_SEAL_KEY_FILE), keep a copy in a safe place, and store it apart from the database and its\n" +
			"backups: without the key, someone who can write to the database cannot forge the log. On a database that was sealed\n" +
			"without a key, run raffd audit adopt once all nodes have it.",
	}
	createsKey(create, "add the new key before those of an existing file, which continue to verify what they signed", "Start every node with --seal-key-file %s. To rotate, then run raffd secrets rotate.\n")
	c.AddCommand(create)
	return c
}

// createsKey makes c a command that creates a file with a key, or adds a key to it. What rotate does is in the help of the flag;
// next says what to do with the file, of which it has the name.
func createsKey(c *cobra.Command, rotates, next string) {
	var file string
	var rotate bool
	c.Args = cobra.NoArgs
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if file == "" {
			return usage{errors.New("--file is required")}
		}
		id, err := server.CreateKeyFile(file, rotate)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "Created key %s in %s. "+next, id, file, file)
		return err
	}
	c.Flags().StringVar(&file, "file", "", "file to create")
	c.Flags().BoolVar(&rotate, "rotate", false, rotates)
}
