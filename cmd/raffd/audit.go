package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Verify the audit log"}
	c.AddCommand(auditVerifyCommand(), auditHeadCommand(), auditAdoptCommand())
	return c
}

func auditVerifyCommand() *cobra.Command {
	var db database
	var check server.AuditCheck
	c := &cobra.Command{
		Use:   "verify",
		Short: "Compare audit logs with their seals",
		Long: "Every minute the server seals the new events of each account's audit log. This command reports whether an event\n" +
			"or a seal was changed, removed or added since. It exits with status 1 if any log is FAILED.\n\n" +
			"Without a seal key, anyone who can write to the database can also create new seals for a changed log. With one\n" +
			"(--seal-key-file) they cannot; they can only reset the whole log to an earlier state. Heads that were saved\n" +
			"elsewhere (raffd audit head, or --save-heads) detect both; pass the file with --head.\n\n" +
			"With --new-only, only what was sealed after the heads in that file is read, because everything before them was\n" +
			"verified when they were saved: run raffd audit verify --head FILE --new-only --save-heads FILE regularly, and without\n" +
			"--new-only now and then, which also detects changes of older events.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if check.New && check.HeadFile == "" {
				return usage{errors.New("--new-only needs --head FILE, the heads from which to continue")}
			}
			check.Progress = cmd.ErrOrStderr()
			return db.with(cmd, func(ctx context.Context, s *server.Server) error {
				return s.VerifyAudit(ctx, cmd.OutOrStdout(), check)
			})
		},
	}
	c.Flags().StringVar(&check.AccountID, "account", "", "id of the account; default all accounts")
	c.Flags().StringVar(&check.HeadFile, "head", "", "file with earlier output of raffd audit head, or of --save-heads")
	c.Flags().BoolVar(&check.New, "new-only", false, "verify only what was sealed after the heads in the file of --head")
	c.Flags().StringVar(&check.SaveTo, "save-heads", "", "file to which the verified heads are written, if no log is FAILED")
	db.flags(c)
	return c
}

func auditHeadCommand() *cobra.Command {
	var db database
	c := &cobra.Command{
		Use:   "head",
		Short: "Print the head of every audit log, to be saved outside the database",
		Long: "Print for every account its id, the number of its last seal and that seal's hash. Save the output where no one who\n" +
			"can write to the database can change it, and compare later with raffd audit verify --head FILE. A log that was\n" +
			"truncated, rolled back or rebuilt is then detected, no matter who did it.",
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
		Short: "Adopt a seal key for audit logs that were sealed without one",
		Long: "Run this once all nodes have the seal key. A log that passes verification gets a seal with the key, and only\n" +
			"seals with a key from then on; an event in the log records it. A log that fails is left unchanged, and the command\n" +
			"exits with status 1. The server does not do this by itself, because it would then sign whatever is in the database.",
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
