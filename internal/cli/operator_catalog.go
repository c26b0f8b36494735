package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) operatorCatalog(o *operatorFlags) *cobra.Command {
	show := &cobra.Command{
		Use:     "show",
		Short:   "Print the catalog of permissions and system roles",
		Example: `raff operator catalog show > catalog.yaml`,
		Args:    args(),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, _ []string) error {
			now, err := c.Catalog.Get(ctx)
			if err != nil {
				return err
			}
			if a.output.value == "table" {
				_, err := fmt.Fprint(a.out, now.Catalog)
				return err
			}
			return writeOne(a, *now, []column[api.Catalog]{
				{"", "catalog", func(c api.Catalog) string { return c.Catalog }},
				{"", "fingerprint", func(c api.Catalog) string { return c.Fingerprint }},
			}, nil)
		}),
	}
	return a.group("catalog", "catalogs", "Manage the permissions and system roles of all accounts", show, a.operatorCatalogDiff(o), a.operatorCatalogApply(o))
}

func (a *app) operatorCatalogDiff(o *operatorFlags) *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:     "diff",
		Short:   "Show which roles would gain and lose which permissions with another catalog",
		Example: `raff operator catalog diff --file catalog.yaml`,
		Args:    args(),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, _ []string) error {
			_, found, err := compareCatalog(ctx, c, file)
			if err != nil {
				return err
			}
			return a.writeComparison(found)
		}),
	}
	addCatalogFile(cmd, &file)
	return cmd
}

func (a *app) operatorCatalogApply(o *operatorFlags) *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Replace the catalog; all servers must be restarted afterwards",
		Long: `Show which roles would gain and lose which permissions, and replace the catalog after a confirmation. Custom roles keep
their permissions: one that is no longer in the catalog grants nothing, and grants again if it returns. Each account gets
an event. Running servers keep their catalog and report not ready (GET /ready) until they are restarted.`,
		Example: `raff operator catalog apply --file catalog.yaml`,
		Args:    args(),
	}
	d := a.addForce(cmd)
	addCatalogFile(cmd, &file)
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, _ []string) error {
		if err := d.mayAsk(); err != nil {
			return err
		}
		next, found, err := compareCatalog(ctx, c, file)
		if err != nil {
			return err
		}
		if found.Same || !d.force {
			if err := a.writeComparison(found); err != nil || found.Same {
				return err
			}
		}
		if err := d.confirm(ctx, "Apply this catalog? All servers are not ready until they are restarted."); err != nil {
			return err
		}
		next.ExpectedFingerprint = &found.ExpectedFingerprint
		if found, err = c.Catalog.Apply(ctx, next); err != nil {
			return err
		}
		if d.force {
			if err := a.writeComparison(found); err != nil {
				return err
			}
		}
		a.note("Applied. Restart all servers to use this catalog.")
		return nil
	})
	return cmd
}

func addCatalogFile(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "file", "", "`file` with the catalog in YAML; without it, the default catalog of the server's release")
}

// compareCatalog compares the catalog of a file, or without one the default catalog, with that of the server.
func compareCatalog(ctx context.Context, c *client.Operator, file string) (next api.CatalogRequest, found *api.CatalogComparison, err error) {
	if next, err = otherCatalog(file); err != nil {
		return next, nil, err
	}
	found, err = c.Catalog.Compare(ctx, next)
	return next, found, err
}

func otherCatalog(file string) (in api.CatalogRequest, err error) {
	if file == "" {
		yes := true
		return api.CatalogRequest{Default: &yes}, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return in, usageError{sentence(err.Error())}
	}
	if len(b) == 0 {
		return in, usageError{"The catalog " + file + " is empty."}
	}
	yaml := string(b)
	return api.CatalogRequest{Catalog: &yaml}, nil
}

func (a *app) writeComparison(c *api.CatalogComparison) error {
	if a.output.value == "json" || a.output.value == "yaml" {
		return a.writeData(c)
	}
	if len(c.Roles) > 0 || a.output.value != "table" {
		return writeList(a, c.Roles, roleChangeColumns)
	}
	said := "No role gains or loses a permission."
	if c.Same {
		said = "No changes: this is the catalog of the database."
	}
	_, err := fmt.Fprintln(a.out, said)
	return err
}

var roleChangeColumns = []column[api.CatalogRoleChange]{
	{"ROLE", "name", func(c api.CatalogRoleChange) string { return c.Name }},
	{"SCOPE", "scope", func(c api.CatalogRoleChange) string { return c.Scope }},
	{"ACCOUNT", "account_id", func(c api.CatalogRoleChange) string { return text(c.AccountID) }},
	{"MEMBERSHIPS", "memberships", func(c api.CatalogRoleChange) string { return strconv.Itoa(c.Memberships) }},
	{"GAINS", "gains", func(c api.CatalogRoleChange) string { return strings.Join(c.Gains, ",") }},
	{"LOSES", "loses", func(c api.CatalogRoleChange) string { return strings.Join(c.Loses, ",") }},
}
