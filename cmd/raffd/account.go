package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func accountCommand() *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "Manage the accounts of a server"}
	c.AddCommand(accountCreateCommand(), accountListCommand(), accountShowCommand(), accountRenameCommand(), accountLimitsCommand(),
		accountAttributesCommand(), accountOwnerCommand(), accountSuspendCommand(), accountResumeCommand(), accountDeleteCommand(), accountExportCommand(), accountRetentionCommand())
	return c
}

func accountCreateCommand() *cobra.Command {
	var db database
	var name, ownerEmail, output string
	c := &cobra.Command{
		Use:   "create --name NAME --owner-email EMAIL",
		Short: "Create an account with its Owner, its Default project and an Owner key",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			db.config.Progress = func(p server.Progress) {
				if p.Finished && p.Number == p.Of && output == "text" { // scripts may read both streams
					fmt.Fprintf(cmd.ErrOrStderr(), "The database was empty: created it with schema version %d, as raffd migrate does.\n", server.Schema())
				}
			}
			return db.open(cmd, server.Starting, func(ctx context.Context, s *server.Server) error {
				a, err := s.CreateAccount(ctx, name, ownerEmail)
				if err != nil {
					return err
				}
				if err := printed(cmd.OutOrStdout(), a, output); err != nil || a.OwnerLink == "" {
					return err
				}
				return warnLink(cmd, s)
			})
		},
	}
	c.Flags().StringVar(&name, "name", "", "name of the account")
	c.Flags().StringVar(&ownerEmail, "owner-email", "", "email of the person who owns it")
	outputFlag(c, &output)
	db.flags(c)
	return c
}

// transfer makes another member the Owner, given by the id of the membership or by email, and prints what changed.
func transfer(ctx context.Context, s *server.Server, w io.Writer, account, member, email string) error {
	owner, disabled, err := s.TransferOwnership(ctx, account, member, email)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "The Owner is now %s\n", owner)
	for _, name := range disabled {
		fmt.Fprintf(&text, "Disabled the former Owner's API key %q, which has the Owner role.\n", name)
	}
	_, err = fmt.Fprint(w, text.String())
	return err
}

func accountRetentionCommand() *cobra.Command {
	var db database
	var account, days string
	c := &cobra.Command{
		Use:   "audit-retention --account ID --days N|forever",
		Short: "Set how long the audit log of an account is kept",
		Long: "Set for how many days the audit log of an account is kept. The default is forever. Every hour, the server removes\n" +
			"events that are older, by whole days (UTC), and signs a checkpoint in their place, so that raffd audit verify still\n" +
			"proves what is left. They cannot be restored: export them first. The account can see the setting, but not change it,\n" +
			"because the log also records what its Owner does.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := strconv.Atoi(days)
			switch {
			case days == "forever":
				n = 0
			case err != nil || n < 1:
				return usage{errors.New("--days must be a number of days, or forever")}
			}
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				if err := s.Audit().SetRetention(ctx, account, n); err != nil {
					return err
				}
				text := "The audit log is kept forever."
				if n > 0 {
					text = fmt.Sprintf("Audit events are kept for %d days; older ones are removed within an hour.", n)
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
	c.Flags().StringVar(&account, "account", "", "id of the account")
	c.Flags().StringVar(&days, "days", "", "number of days, or forever")
	db.flags(c)
	return c
}
