package main

import (
	"context"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func secretsCommand() *cobra.Command {
	c := &cobra.Command{Use: "secrets", Short: "Manage the keys that encrypt the secrets of authenticator apps"}
	c.AddCommand(secretsCreateKeyCommand(), secretsRotateCommand())
	return c
}

func secretsCreateKeyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "create-key --file FILE",
		Short: "Create a key that encrypts the secrets of authenticator apps",
		Long: "Create a file with a key of 32 random bytes, readable only by you. Pass it to every node (--secrets-key-file,\n" +
			"RAFF_SECRETS_KEY_FILE) and keep a copy in a safe place, apart from the database and its backups: if the key is lost, people\n" +
			"can no longer sign in with their authenticator apps. After all nodes use the key, run raffd secrets rotate, which encrypts\n" +
			"the existing secrets.",
	}
	createsKey(c, "add the new key at the top of an existing file; its other keys can still decrypt", "Start every node with --secrets-key-file %s, then run raffd secrets rotate.\n")
	return c
}

func secretsRotateCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt the secrets of all authenticator apps with the newest key",
		Long: "Encrypt the secrets of all authenticator apps with the first key of --secrets-key-file, while servers run. First restart all\n" +
			"servers with this file. Repeat the command until it reports that 0 were encrypted; then you can remove the other keys from\n" +
			"the file.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error { return s.RotateSecrets(ctx, cmd.OutOrStdout()) })
		},
	}
	db.flags(c)
	return c
}
