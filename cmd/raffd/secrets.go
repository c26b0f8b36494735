package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func secretsCommand() *cobra.Command {
	c := &cobra.Command{Use: "secrets", Short: "Manage the keys that encrypt the secrets of authenticator apps"}
	c.AddCommand(secretsCreateKeyCommand(), secretsRotateCommand(), secretsListCommand())
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
	var force bool
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt the secrets of all authenticator apps with the newest key",
		Long: "Make all servers encrypt the secrets of authenticator apps with the first key of --secrets-key-file, and encrypt those that\n" +
			"exist with it, while servers run. First restart all servers with this file: until this command, they decrypt with the new\n" +
			"key, but do not encrypt with it. The command refuses if a server that runs does not have the key. Afterwards, you can remove\n" +
			"the other keys from the file.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.RotateSecrets(ctx, cmd.OutOrStdout(), force)
			})
		},
	}
	c.Flags().BoolVar(&force, "force", false, "do not ask which keys the servers have, and do not wait for them")
	db.flags(c)
	return c
}

func secretsListCommand() *cobra.Command {
	c := onDatabase("list", "List the keys, what each is used for, and which servers do not have it", 0, func(ctx context.Context, s *server.Server, w io.Writer, _ []string) error {
		return s.PrintSecrets(ctx, w)
	})
	c.Long = "List the keys of --secrets-key-file and those that encrypted what is stored: which one encrypts and since when, how many\n" +
		"authenticator apps are encrypted with each, and which servers that run do not have it."
	return c
}
