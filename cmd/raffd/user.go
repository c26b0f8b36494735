package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func userCommand() *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Help users sign in"}
	c.AddCommand(passwordLinkCommand(), resetFactorCommand())
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
				return err
			})
		},
	}
	c.Flags().StringVar(&email, "email", "", "email of the user")
	db.flags(c)
	return c
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
