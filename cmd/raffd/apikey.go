package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func apiKeyCommand() *cobra.Command {
	c := &cobra.Command{Use: "api-key", Short: "Manage operator settings of API keys"}
	var db database
	var account, key string
	tier := &cobra.Command{
		Use:   "tier --account ID --key ID (standard|high)",
		Short: "Set the rate limit tier of a key",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				name, err := s.SetTier(ctx, account, key, args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s now has the tier %s.\n", name, args[0])
				return err
			})
		},
	}
	tier.Flags().StringVar(&account, "account", "", "id of the account")
	tier.Flags().StringVar(&key, "key", "", "id of the API key")
	db.flags(tier)
	c.AddCommand(tier)
	return c
}
