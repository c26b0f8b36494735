package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func secretsCommand() *cobra.Command {
	c := &cobra.Command{Use: "secrets", Short: "Encrypt the secrets of authenticator apps"}
	c.AddCommand(secretsCreateKeyCommand(), secretsRotateCommand())
	return c
}

func secretsCreateKeyCommand() *cobra.Command {
	var file string
	var rotate bool
	c := &cobra.Command{
		Use:   "create-key --file FILE",
		Short: "Create a key that encrypts the secrets of authenticator apps",
		Long: "Create a file with a key of 32 random bytes, readable only by you. Pass it to every node (--secrets-key-file,\n" +
			"RAFF_SECRETS_KEY_FILE) and keep a copy in a safe place, apart from the database and its backups: without the key, people\n" +
			"with an authenticator app cannot sign in with it, and with the database alone, nobody can compute their codes. Then run\n" +
			"raffd secrets rotate, which encrypts the secrets that exist.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usage{errors.New("--file is required")}
			}
			id, err := server.CreateSealKey(file, rotate)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Created key %s in %s. Start every node with --secrets-key-file %s, then run raffd secrets rotate.\n", id, file, file)
			return err
		},
	}
	c.Flags().StringVar(&file, "file", "", "file to create")
	c.Flags().BoolVar(&rotate, "rotate", false, "add the new key before those of an existing file, which continue to decrypt")
	return c
}

func secretsRotateCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt the secrets of all authenticator apps with the newest key",
		Long: "Encrypt the secrets of all authenticator apps with the first key of --secrets-key-file, while servers run. All servers must\n" +
			"have been restarted with this file. When a second run has nothing left to do, the other keys can be removed from the file.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error { return s.RotateSecrets(ctx, cmd.OutOrStdout()) })
		},
	}
	db.flags(c)
	return c
}
