package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func accountDeleteCommand() *cobra.Command {
	grace, now, force := 0, false, false
	var c *cobra.Command
	c = onAccount("delete", "Delete an account after a grace period, during which it can be resumed", func(ctx context.Context, s *server.Server, w io.Writer, id string) error {
		if !force {
			when := "after the grace period"
			if now {
				when = "within a minute"
			}
			return usage{fmt.Errorf("the API keys and sessions of the account stop working immediately, and all its data is removed %s: add --force to confirm", when)}
		}
		var days *int
		if c.Flags().Changed("grace-days") || now {
			days = &grace // 0 with --now
		}
		name, until, err := s.DeleteAccount(ctx, id, days)
		if err != nil {
			return err
		}
		if now {
			_, err = fmt.Fprintf(w, "%s can no longer be used, and the running servers remove it within a minute.\n", name)
			return err
		}
		_, err = fmt.Fprintf(w, "%s can no longer be used, and will be removed at %s. To keep it: raffd account resume %s\n", name, until.UTC().Format(time.RFC3339), id)
		return err
	})
	c.Long = "Delete an account after a grace period. From the next request on, its API keys and sessions are refused. Until the end of\n" +
		"the grace period, it can be exported, and restored with raffd account resume. Then a running server removes all its data:\n" +
		"members, projects, keys, roles, the audit log, and the people who belong to no other account. The Owner gets an email, if the server\n" +
		"sends emails.\n\n" +
		"Export the account first: raffd account export <id> >FILE. With --now, there is no grace period, and no way back. Operator keys\n" +
		"cannot do that: through the API, the grace period is at least 7 days."
	c.Flags().IntVar(&grace, "grace-days", 0, "number of days until all data is removed, 0 to 365 (default 30)")
	c.Flags().BoolVar(&now, "now", false, "remove all data without a grace period")
	c.MarkFlagsMutuallyExclusive("grace-days", "now")
	c.Flags().BoolVarP(&force, "force", "f", false, "confirm")
	return c
}

func accountExportCommand() *cobra.Command {
	c := onAccount("export", "Write all data of an account, except secrets, to standard output", func(ctx context.Context, s *server.Server, w io.Writer, id string) error {
		return s.ExportAccount(ctx, w, id)
	})
	c.Long = "Write all data of an account, except secrets, to standard output as lines of JSON. The last line is a manifest with\n" +
		"the number of records of each type and hashes. To check a file: raff operator account check-export FILE"
	return c
}
