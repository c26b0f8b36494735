package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Look after the audit log"}
	var db database
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Compare the audit log of every account with its seals",
		Long: "Every minute the server seals what was written to each account's audit log. This command says whether an event\n" +
			"was changed, removed or added since, and prints the head of each log: kept elsewhere and compared later, it\n" +
			"also shows that nobody cut off the end. It ends with status 1 when a log is not whole.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				found, err := s.Service().VerifyEvents(ctx)
				if err != nil {
					return err
				}
				broken := false
				for _, v := range found {
					line := fmt.Sprintf("account %s: whole, %d events in %d seals, head %x", v.AccountID, v.Events, v.Seals, v.Head)
					if v.Broken != "" {
						broken = true
						line = fmt.Sprintf("account %s: NOT WHOLE: %s", v.AccountID, v.Broken)
					}
					if _, err := fmt.Fprintln(cmd.OutOrStdout(), line); err != nil {
						return err
					}
				}
				if broken {
					return errors.New("an audit log was tampered with")
				}
				return nil
			})
		},
	}
	db.flags(verify)
	c.AddCommand(verify)
	return c
}
