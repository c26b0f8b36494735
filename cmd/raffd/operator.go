package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func operatorCommand() *cobra.Command {
	c := &cobra.Command{Use: "operator", Short: "Manage the keys of the operator's API"}
	key := &cobra.Command{Use: "key", Short: "Manage the keys of the operator's API"}
	key.AddCommand(operatorKeyCreateCommand(), operatorKeyListCommand(), operatorKeyRevokeCommand())
	c.AddCommand(key)
	return c
}

func operatorKeyCreateCommand() *cobra.Command {
	var db database
	var name, scope, output string
	var lifetime time.Duration
	c := &cobra.Command{
		Use:   "create --name NAME --scope (read|support|write)",
		Short: "Create a key for the operator's API (raffd serve --operator-listen)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			return db.open(cmd, server.Starting, func(ctx context.Context, s *server.Server) error {
				k, err := s.CreateOperatorKey(ctx, name, scope, lifetime)
				if err != nil {
					return err
				}
				return printed(cmd.OutOrStdout(), k, output)
			})
		},
	}
	c.Flags().StringVar(&name, "name", "", "what uses the key, such as billing")
	c.Flags().StringVar(&scope, "scope", "read", "read, support (read, and open support sessions) or write")
	outputFlag(c, &output)
	c.Flags().DurationVar(&lifetime, "expires-in", 0, "how long the key works, such as 720h; without it, it never expires")
	db.flags(c)
	return c
}

func operatorKeyListCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "list",
		Short: "List the operator keys",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.PrintOperatorKeys(ctx, cmd.OutOrStdout())
			})
		},
	}
	db.flags(c)
	return c
}

func operatorKeyRevokeCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "revoke <id>",
		Short: "Revoke an operator key; this takes effect on the next request",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				name, err := s.RevokeOperatorKey(ctx, args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Revoked the operator key %q.\n", name)
				return err
			})
		},
	}
	db.flags(c)
	return c
}
