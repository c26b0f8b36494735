package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func userCommand() *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Help users sign in, and export or erase them"}
	c.AddCommand(passwordLinkCommand(), resetFactorCommand(), exportUserCommand(), eraseUserCommand())
	return c
}

func passwordLinkCommand() *cobra.Command {
	var db database
	var email string
	c := &cobra.Command{
		Use:   "password-link --email EMAIL",
		Short: "Print a link with which a user can set a new password",
		Long: "Print a link with which a user who forgot their password can set a new one. It works once, for one hour, and ends\n" +
			"all their sessions. Anyone who opens it is treated as the owner of the email: make sure that only the user gets it.\n" +
			"A server that sends email offers the same on its sign-in page.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				link, until, err := s.PasswordLink(ctx, email)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n\nIt works once, until %s. Give it only to %s.\n", link, until, email)
				if err != nil {
					return err
				}
				return warnLink(cmd, s)
			})
		},
	}
	c.Flags().StringVar(&email, "email", "", "email of the user")
	db.flags(c)
	return c
}

// warnLink says on standard error what is wrong with the link that was just printed, if anything is.
func warnLink(cmd *cobra.Command, s *server.Server) (err error) {
	if warning := s.LinkWarning(); warning != "" {
		_, err = fmt.Fprintln(cmd.ErrOrStderr(), warning)
	}
	return err
}

func resetFactorCommand() *cobra.Command {
	var db database
	var email string
	c := &cobra.Command{
		Use:   "reset-second-factor --email EMAIL",
		Short: "Remove the second factors of a user who lost them",
		Long: "Remove all second factors and recovery codes of a user who lost them, and end their sessions. Verify the identity\n" +
			"of the user first.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				if err := s.ResetFactors(ctx, email); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s can now sign in with the password only, and add a second factor again.\n"+
					"A user without a password, who signed in with passkeys only, needs a password link: raffd user password-link\n", email)
				return err
			})
		},
	}
	c.Flags().StringVar(&email, "email", "", "email of the user")
	db.flags(c)
	return c
}

func exportUserCommand() *cobra.Command {
	var db database
	var email string
	c := &cobra.Command{
		Use:   "export --email EMAIL",
		Short: "Write all that is known of a user, or of someone who was only invited, except secrets, to standard output",
		Long: "Write all that is known of a user, except secrets, as lines of JSON: how they sign in, sessions, memberships and invitations in all\n" +
			"accounts, API keys they created, queued emails, and the events by and about them in all audit logs. The last line is a manifest with\n" +
			"the number of records of each type and hashes. To check a file: raff operator person check-export FILE",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.ExportPerson(ctx, cmd.OutOrStdout(), email)
			})
		},
	}
	c.Flags().StringVar(&email, "email", "", "email of the person")
	db.flags(c)
	return c
}

func eraseUserCommand() *cobra.Command {
	var db database
	var email string
	var yes bool
	c := &cobra.Command{
		Use:   "erase --email EMAIL --yes",
		Short: "Erase a user, or someone who was only invited, from all accounts and audit logs",
		Long: "Erase a user, or someone who was only invited: how they sign in, their memberships and invitations, and their name, email,\n" +
			"network addresses and browsers in all audit logs, where a pseudonym takes their place. It cannot be undone. API keys whose secret\n" +
			"they were shown are disabled. The Owner of an account cannot be erased: change the Owner first.\n\n" +
			"The command ends when all logs are changed. If it is interrupted, a running server finishes it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !yes {
				return usage{errors.New("an erasure cannot be undone: add --yes to erase the user")}
			}
			return db.with(cmd, func(ctx context.Context, s *server.Server) error { return s.ErasePerson(ctx, cmd.OutOrStdout(), email) })
		},
	}
	c.Flags().StringVar(&email, "email", "", "email of the user")
	c.Flags().BoolVar(&yes, "yes", false, "confirm that the user is to be erased for good")
	db.flags(c)
	return c
}
