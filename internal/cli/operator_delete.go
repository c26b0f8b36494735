package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) operatorAccountDelete(o *operatorFlags) *cobra.Command {
	grace := 0
	cmd := &cobra.Command{
		Use:     "delete <id>",
		Aliases: []string{"rm", "remove"},
		Short:   "Delete an account after a grace period, during which it can be resumed",
		Long: `Delete an account after a grace period. From the next request on, its API keys and sessions are refused. Until the end of
the grace period, it can be exported, and restored with raff operator account resume. Then all its data is removed:
members, projects, keys, roles, the audit log, and the people who belong to no other account. The Owner gets an email.
The grace period is at least 7 days; only someone with access to the database can remove an account sooner, with raffd
account delete.`,
		Example: `raff operator account export 019… --file shop.ndjson
raff operator account delete 019… --grace-days 14`,
		Args: args(accountArg),
	}
	d := a.addForce(cmd)
	cmd.Flags().IntVar(&grace, "grace-days", 0, "number of `days` until all data is removed, 7 to 365 (default 30)")
	noFiles(cmd, "grace-days")
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
		if err := d.mayAsk(); err != nil {
			return err
		}
		account, err := c.Accounts.Get(ctx, args[0])
		if err != nil {
			return err
		}
		if err := d.confirm(ctx, "Delete the account %q of %s? Its API keys and sessions stop working immediately.", account.Name, account.Owner.Email); err != nil {
			return err
		}
		var in client.DeleteAccountOptions
		if cmd.Flags().Changed("grace-days") {
			in.GraceDays = &grace
		}
		deleted, err := c.Accounts.Delete(ctx, args[0], in)
		if err != nil {
			return err
		}
		return a.writeOperated(deleted)
	})
	return cmd
}

func (a *app) operatorAccountExport(o *operatorFlags) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "export <id>",
		Short: "Export all data of an account, except secrets, to a file",
		Long: `Export all data of an account, except secrets, to a file with lines of JSON. The last line is a manifest with the number
of records of each type and hashes. If the command succeeds, the file is complete. To check a file later, run raff
operator account check-export. You can also export an account that is suspended or being deleted.`,
		Example: `raff operator account export 019… --file shop.ndjson`,
		Args:    args(accountArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			var m *api.ExportManifest
			err := replaceFile(file, func(w io.Writer) (err error) {
				m, err = c.Accounts.Export(ctx, args[0], w)
				return err
			})
			if err != nil {
				return err
			}
			return a.writeManifest(m)
		}),
	}
	cmd.Flags().StringVar(&file, "file", "", "`path` of the file to write; an existing one is replaced")
	require(cmd, each("file"))
	return cmd
}

// operatorCheckExport verifies an export of a thing, which is an account or a person.
func (a *app) operatorCheckExport(noun, thing, file string) *cobra.Command {
	return &cobra.Command{
		Use:     "check-export <file>",
		Short:   "Compare an export of " + thing + " with its manifest",
		Example: "raff operator " + noun + " check-export " + file,
		Args:    args("the file"),
		RunE: a.local(func(_ context.Context, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close() //nolint:errcheck // it was only read
			m, err := client.VerifyExport(f)
			if err != nil {
				return err
			}
			return a.writeManifest(m)
		}),
	}
}

var manifestColumns = []column[api.ExportManifest]{
	{"", "account_id", func(m api.ExportManifest) string { return m.AccountID }},
	{"", "person_id", func(m api.ExportManifest) string { return m.PersonID }},
	{"", "exported_at", func(m api.ExportManifest) string { return moment(&m.ExportedAt) }},
	{"", "sha256", func(m api.ExportManifest) string { return m.SHA256 }},
}

// writeManifest prints what an export has.
func (a *app) writeManifest(m *api.ExportManifest) error {
	fields := []field{{"Account", m.AccountID}, {"Exported", moment(&m.ExportedAt)}}
	if m.AccountID == "" {
		fields[0] = field{"Person", m.PersonID + m.Email} // only one of them is set
	}
	for _, s := range m.Sections {
		fields = append(fields, field{"Records " + s.Type, strconv.Itoa(s.Records)})
	}
	return writeOne(a, *m, manifestColumns, append(fields, field{"SHA-256", m.SHA256}))
}

// replaceFile writes a file, readable only by its owner, that takes the place of an existing one once it is complete.
func replaceFile(path string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".raff-*") // mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // it is gone when all went well
	if err := errors.Join(write(tmp), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
