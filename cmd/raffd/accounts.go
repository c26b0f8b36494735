package main

import (
	"context"
	"fmt"
	"io"

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
	c.Flags().StringVar(&state, "state", "", "active, suspended, deleting or removing")
	db.flags(c)
	return c
}

func accountShowCommand() *cobra.Command {
	return onAccount("show", "Print an account with its limits and their usage", func(ctx context.Context, s *server.Server, w io.Writer, id string) error {
		return s.PrintAccount(ctx, w, id)
	})
}

func accountSuspendCommand() *cobra.Command {
	var reason string
	c := onAccount("suspend", "Suspend an account, so that all its API keys and sessions are refused from the next request on", func(ctx context.Context, s *server.Server, w io.Writer, id string) error {
		name, err := s.SuspendAccount(ctx, id, reason)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s is suspended. Make it usable again with: raffd account resume %s\n", name, id)
		return err
	})
	c.Flags().StringVar(&reason, "reason", "", "a note for the operator; the account does not see it")
	return c
}

func accountResumeCommand() *cobra.Command {
	return onAccount("resume", "Resume an account that is suspended or being deleted", func(ctx context.Context, s *server.Server, w io.Writer, id string) error {
		name, err := s.ResumeAccount(ctx, id)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s can be used again.\n", name)
		return err
	})
}

// onAccount returns a command whose only argument is the id of an account.
func onAccount(name, short string, run func(ctx context.Context, s *server.Server, w io.Writer, id string) error) *cobra.Command {
	return onDatabase(name+" <id>", short, 1, func(ctx context.Context, s *server.Server, w io.Writer, args []string) error {
		return run(ctx, s, w, args[0])
	})
}

// onDatabase returns a command with n arguments that needs the database.
func onDatabase(use, short string, n int, run func(ctx context.Context, s *server.Server, w io.Writer, args []string) error) *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(n),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error { return run(ctx, s, cmd.OutOrStdout(), args) })
		},
	}
	db.flags(c)
	return c
}
