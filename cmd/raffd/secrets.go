package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func secretsCommand() *cobra.Command {
	c := &cobra.Command{Use: "secrets", Short: "Manage the keys that encrypt secrets, sign audit logs and recognize browsers"}
	c.AddCommand(secretsCreateKeyCommand(), secretsRotateCommand(), secretsForgetCommand(), secretsListCommand())
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
	var rotation server.Rotation
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Make all servers use the newest keys",
		Long: "Make all servers use the first key of each key file, while they run: that of --secrets-key-file encrypts the secrets of\n" +
			"authenticator apps, also those that exist, and that of --seal-key-file signs the audit logs. First restart all servers with\n" +
			"the files: until this command, they read what the new keys wrote, but do not use them. The command changes nothing if a\n" +
			"server that runs does not have the keys. Afterwards, you can remove the other keys from the file of --secrets-key-file;\n" +
			"keep those of --seal-key-file.\n\n" +
			"With --signing-key, it creates a new key that signs challenges for passkeys and recognizes known browsers. This key is in\n" +
			"the database, and servers need no restart. What the older ones signed stays valid.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.RotateKeys(ctx, cmd.OutOrStdout(), rotation)
			})
		},
	}
	c.Flags().BoolVar(&rotation.Signing, "signing-key", false, "create a new signing key instead of using the newest keys of the files")
	c.Flags().BoolVar(&rotation.Force, "force", false, "do not ask which keys the servers have, and do not wait for them")
	db.flags(c)
	return c
}

func secretsForgetCommand() *cobra.Command {
	c := onDatabase("forget", "Remove the signing keys that are no longer active", 0, func(ctx context.Context, s *server.Server, w io.Writer, _ []string) error {
		return s.ForgetSigningKeys(ctx, w)
	})
	c.Long = "Remove the signing keys that are no longer active, for example because one was stolen: run raffd secrets rotate --signing-key\n" +
		"first. Each known browser then counts as new once, and a page that waits for a passkey has to be loaded again."
	return c
}

func secretsListCommand() *cobra.Command {
	c := onDatabase("list", "List the keys, what each is used for, and which servers do not have it", 0, func(ctx context.Context, s *server.Server, w io.Writer, _ []string) error {
		return s.PrintKeys(ctx, w)
	})
	c.Long = "List all keys: those of --secrets-key-file (apps), those of --seal-key-file (seal), and those in the database that sign\n" +
		"challenges and the tokens of known browsers (signing). It shows which one is active and since when, how many authenticator\n" +
		"apps are encrypted with each, and which servers that run do not have it."
	return c
}
