package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func nodeCommand() *cobra.Command {
	c := &cobra.Command{Use: "node", Short: "Look at the servers on the database"}
	list := onDatabase("list", "List the servers on the database", 0, func(ctx context.Context, s *server.Server, w io.Writer, _ []string) error {
		return s.PrintNodes(ctx, w)
	})
	list.Long = "List the servers on the database. A server that stops removes itself from the list; one that was killed stays in it for\n" +
		"7 days, or until you forget it."
	forget := onDatabase("forget <id>", "Remove a server that no longer runs from the list", 1, func(ctx context.Context, s *server.Server, w io.Writer, args []string) error {
		host, err := s.ForgetNode(ctx, args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "Forgot the server %s.\n", host)
		return err
	})
	c.AddCommand(list, forget)
	return c
}

func jobCommand() *cobra.Command {
	c := &cobra.Command{Use: "job", Short: "Look at the background jobs of the servers"}
	name := ""
	list := onDatabase("list", "List the background jobs of all servers with their last run", 0, func(ctx context.Context, s *server.Server, w io.Writer, _ []string) error {
		return s.PrintJobs(ctx, w, name)
	})
	list.Flags().StringVar(&name, "name", "", "only the job with this name")
	run := onDatabase("run <name>", "Run a background job now: seal, removal or cleanup", 1, func(ctx context.Context, s *server.Server, w io.Writer, args []string) error {
		return s.RunJobNow(ctx, w, args[0])
	})
	c.AddCommand(list, run)
	return c
}

func outboxCommand() *cobra.Command {
	c := &cobra.Command{Use: "outbox", Short: "Manage the emails that wait to be sent"}
	account, state := "", ""
	list := onDatabase("list", "List the emails that wait to be sent, and those that were given up in the last 7 days", 0, func(ctx context.Context, s *server.Server, w io.Writer, _ []string) error {
		return s.PrintMails(ctx, w, account, state)
	})
	list.Flags().StringVar(&account, "account", "", "only emails about the account with this id")
	list.Flags().StringVar(&state, "state", "", "queued, retrying or failed")
	retry := onDatabase("retry <id>", "Send an email now that waits or was given up", 1, func(ctx context.Context, s *server.Server, w io.Writer, args []string) error {
		to, err := s.RetryMail(ctx, args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "A server that sends email tries to send the email to %s within a minute.\n", to)
		return err
	})
	cancel := onDatabase("cancel <id>", "Cancel an email, which is then never sent", 1, func(ctx context.Context, s *server.Server, w io.Writer, args []string) error {
		to, err := s.CancelMail(ctx, args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "The email to %s is not sent.\n", to)
		return err
	})
	c.AddCommand(list, retry, cancel)
	return c
}
