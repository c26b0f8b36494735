package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func accountListCommand() *cobra.Command {
	var db database
	var query, state string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the accounts",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.PrintAccounts(ctx, cmd.OutOrStdout(), query, state)
			})
		},
	}
	c.Flags().StringVarP(&query, "query", "q", "", "part of the name or of the Owner's email, or an id")
	c.Flags().StringVar(&state, "state", "", "active, suspended or deleting")
	db.flags(c)
	return c
}

func accountShowCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Print an account with its limits and their usage",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.PrintAccount(ctx, cmd.OutOrStdout(), args[0])
			})
		},
	}
	db.flags(c)
	return c
}

func accountSuspendCommand() *cobra.Command {
	var db database
	var reason string
	c := &cobra.Command{
		Use:   "suspend ID",
		Short: "Refuse all API keys and sessions of an account, from the next request on",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				name, err := s.SuspendAccount(ctx, args[0], reason)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is suspended. Make it usable again with: raffd account resume %s\n", name, args[0])
				return err
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "a note for the operator; the account does not see it")
	db.flags(c)
	return c
}

func accountResumeCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "resume ID",
		Short: "Make a suspended account usable again",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				name, err := s.ResumeAccount(ctx, args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s can be used again.\n", name)
				return err
			})
		},
	}
	db.flags(c)
	return c
}
