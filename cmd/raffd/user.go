package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func userCommand() *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Help the people of a server"}
	c.AddCommand(passwordLinkCommand())
	return c
}

func passwordLinkCommand() *cobra.Command {
	var db database
	var email string
	c := &cobra.Command{
		Use:   "password-link --email EMAIL",
		Short: "Print a link with which somebody who forgot their password sets another",
		Long: "Print a link with which somebody who forgot their password sets another. It works once, for one hour, and ends\n" +
			"all their sessions. A server that sends mail does the same for whoever asks on its page for it.",
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
