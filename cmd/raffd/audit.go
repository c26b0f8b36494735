package main

import (
	"context"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Look after the audit log"}
	c.AddCommand(auditVerifyCommand(), auditHeadCommand(), auditAdoptCommand())
	return c
}

func auditVerifyCommand() *cobra.Command {
	var db database
	var headFile string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Compare the audit log of every account with its seals",
		Long: "Every minute the server seals what was written to each account's audit log. This command says whether an event\n" +
			"or a seal was changed, removed or added since. It ends with status 1 when a log FAILED.\n\n" +
			"Without a seal key, who can write to the database can also make new seals for a changed log. With one\n" +
			"(--seal-key-file) they cannot; they can only set the whole log back to an earlier state. Heads that were kept\n" +
			"elsewhere (raffd audit head) show both: give the file with --head.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.VerifyAudit(ctx, cmd.OutOrStdout(), headFile)
			})
		},
	}
	c.Flags().StringVar(&headFile, "head", "", "file with heads that raffd audit head printed earlier")
	db.flags(c)
	return c
}

func auditHeadCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "head",
		Short: "Print the head of every audit log, to be kept outside the database",
		Long: "Print for every account its id, the number of its last seal and that seal's hash. Keep the output where nobody who\n" +
			"can write to the database can change it, and compare later with raffd audit verify --head FILE: a log that was cut\n" +
			"off, rolled back or rebuilt is detected, no matter who did it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.AuditHeads(ctx, cmd.OutOrStdout())
			})
		},
	}
	db.flags(c)
	return c
}

func auditAdoptCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "adopt --seal-key-file FILE",
		Short: "Begin to seal with a key the audit logs that were sealed without one",
		Long: "Run this once, when all nodes have the seal key. A log that is whole gets a seal with the key, and only seals with a key\n" +
			"from then on; an event in the log tells of it. A log that is not whole is left as it is, and the command ends with\n" +
			"status 1. The server does not do this by itself, because it would then sign whatever somebody put into the database.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.AdoptAudit(ctx, cmd.OutOrStdout())
			})
		},
	}
	db.flags(c)
	return c
}
