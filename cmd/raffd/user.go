package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func userCommand() *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Help the people of a server"}
	c.AddCommand(passwordLinkCommand(), resetFactorCommand())
	return c
}

func passwordLinkCommand() *cobra.Command {
	var db database
	var email string
	c := &cobra.Command{
		Use:   "password-link --email EMAIL",
		Short: "Print a link with which somebody who forgot their password sets another",
		Long: "Print a link with which somebody who forgot their password sets another. It works once, for one hour, and ends\n" +
			"all their sessions. The person who opens it is taken for the owner of the address: make sure that it reaches them.\n" +
			"A server that sends mail offers the same on its sign-in page.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				link, until, err := s.PasswordLink(ctx, email)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n\nIt works once, until %s. Hand it to %s and to nobody else.\n", link, until, email)
				return err
			})
		},
	}
	c.Flags().StringVar(&email, "email", "", "address of the person")
	db.flags(c)
	return c
}

func resetFactorCommand() *cobra.Command {
	var db database
	var email string
	c := &cobra.Command{
		Use:   "reset-second-factor --email EMAIL",
		Short: "Let somebody who lost their second factor sign in with the password alone",
		Long: "Take away all second factors and recovery codes of somebody who lost them, and end their sessions. Make sure first\n" +
			"that it is them who asks.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				if err := s.ResetFactors(ctx, email); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s signs in with the password alone now, and can add a second factor again.\n"+
					"Somebody who has no password, because they signed in with passkeys only, needs a link: raffd user password-link\n", email)
				return err
			})
		},
	}
	c.Flags().StringVar(&email, "email", "", "address of the person")
	db.flags(c)
	return c
}
