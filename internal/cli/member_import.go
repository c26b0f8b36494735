package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"raff/api/client"
)

func (a *app) memberImport() *cobra.Command {
	var role, project, failed string
	var dry, inactive bool
	cmd := &cobra.Command{
		Use:   "import <file.csv>",
		Short: "Invite the people in a CSV file",
		Long: `Invite the people in a CSV file (- reads standard input), to the account or into a project.

The first line names the columns: email, and role (slug, name or id) unless --role sets it for all rows. A column
name has names to propose to the people, who can change them when they accept. Other columns are ignored. Cells are
separated by commas, semicolons or tabs, whichever separates the names of the columns, or by what a line before them
sets, such as sep=; (Excel writes it). All rows are checked before the first is sent. Someone who is already a member with the same role is left unchanged, so that a
file can be imported again.

A column projects has roles in projects, in the form of the dashboard's export: Web shop (operator); Docs (viewer).
Projects and roles are named by slug, name or id. A name that contains a semicolon, a parenthesis or a double quote is
in double quotes, and double quotes in it are doubled. A person gets all roles of the row, or none; roles that they
have already are left out. Without a role in the account, the person is only added to the projects. The column is
ignored with --project.

A file exported from another account can be imported: rows of API keys and of the Owner are skipped, and roles and
projects are found by their names. Rows of people who were suspended, or whose invitation was declined or expired
(columns status, account_suspended and invitation_state), are skipped, too, unless --include-inactive is set.

With --dry-run, the server checks every row like in an import, reports the outcome of each, and
changes nothing.

The exit code is 1 if any row failed, or would fail. With --failed, these rows are written to a file that can be
corrected and imported again. Ctrl-C stops an import after the current request and prints a summary, with the
rows for which it is unknown whether the server added them; the rows that were not sent are in that file as well.`,
		Example: `raff member import people.csv --dry-run
raff member import people.csv --failed again.csv
raff member import people.csv --project website --role viewer

# people.csv
email,role,projects
alice@example.com,admin,
bob@example.com,member,Web shop (operator); Docs (viewer)`,
		Args: args("a CSV file, or - for standard input"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []cobra.Completion{"csv", "tsv"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			im := &importer{app: a, c: c}
			if project != "" {
				p, err := a.workIn(ctx, c, project)
				if err != nil {
					return err
				}
				im.project = &p
			}
			var ignored []string
			var err error
			if im.people, ignored, err = a.readPeople(args[0], role, project != "", inactive); err != nil {
				return err
			}
			if len(ignored) > 0 {
				a.note("Ignored columns: %s.", clean(strings.Join(ignored, ", ")))
			}
			f, err := openFailed(failed)
			if err != nil {
				return err
			}
			im.dry = dry
			if err = im.check(ctx); err == nil {
				im.run(ctx)
				err = im.report()
			} else {
				err = im.notChecked(ctx, err)
			}
			return errors.Join(f.write(im.people), err)
		}),
	}
	cmd.Flags().StringVar(&role, "role", "", "role (`slug`, name or id) for rows without one")
	cmd.Flags().StringVar(&project, "project", "", "invite to this project, with project roles (`id`, slug or name)")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "report what would happen without changing anything")
	cmd.Flags().BoolVar(&inactive, "include-inactive", false, "also add people who are suspended in the file, or whose invitation was declined or expired")
	cmd.Flags().StringVar(&failed, "failed", "", "write the rows that failed to this `file`")
	complete(cmd, "role", a.completeRoles(""))
	complete(cmd, "project", a.completeProjectSlugs)
	require(cmd, atMostOne("role"), atMostOne("project"))
	return cmd
}
