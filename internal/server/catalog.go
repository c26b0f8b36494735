package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"raff/internal/operator"
	"raff/internal/permission"
)

// chooseCatalog returns the catalog that this program uses: normally the one in the database. Only two things change
// that one: ApplyCatalog, and serving without a catalog file after an upgrade whose default catalog differs. apply
// reports the second case.
func (s *Server) chooseCatalog(ctx context.Context) (chosen permission.Source, apply bool, err error) {
	given, err := permission.Load(s.config.Catalog)
	if err != nil {
		return given, false, err
	}
	text, err := s.store.Setting(ctx, operator.SettingCatalog)
	if err != nil || text == "" {
		return given, false, err
	}
	source, err := s.store.Setting(ctx, operator.SettingCatalogSource)
	if err != nil {
		return given, false, err
	}
	parsed, err := permission.Parse([]byte(text))
	if err != nil {
		return given, false, fmt.Errorf("the catalog of the database: %w", err)
	}
	stored := permission.Source{Catalog: parsed, Text: text, IsDefault: source == operator.CatalogDefault}
	same := stored.Fingerprint() == given.Fingerprint()
	switch {
	case same:
		return given, false, nil
	case s.config.Catalog == "":
		return stored, stored.IsDefault && s.config.Mode <= Migrating, nil
	}
	return given, false, fmt.Errorf("the catalog %s differs from the catalog of the database: preview the changes with raffd catalog apply --catalog %s --dry-run, "+
		"and apply them with the same command without --dry-run; or omit --catalog (RAFF_CATALOG) to use the catalog of the database", s.config.Catalog, s.config.Catalog)
}

// settleCatalog stores the catalog in a database that has none, or applies the default catalog of a new release.
func (s *Server) settleCatalog(ctx context.Context, chosen permission.Source, apply bool) error {
	if apply {
		next, err := permission.Load("")
		if err != nil {
			return err
		}
		if _, err := s.operator.ApplyCatalog(ctx, operator.Program, next, ""); err != nil {
			return fmt.Errorf("apply the catalog of this release: %w", err)
		}
		s.service.UseCatalog(next.Catalog)
		s.store.UseCatalog(next.Catalog)
		return nil
	}
	stored, err := s.store.Setting(ctx, operator.SettingCatalog)
	if err != nil || stored != "" {
		return err
	}
	if err := s.store.SetSetting(ctx, operator.SettingCatalogSource, origin(chosen)); err != nil {
		return err
	}
	return s.store.SetSetting(ctx, operator.SettingCatalog, chosen.Text)
}

// origin describes where a catalog comes from, as stored in the database.
func origin(c permission.Source) string {
	if c.IsDefault {
		return operator.CatalogDefault
	}
	return operator.CatalogFile
}

// watchCatalog records whether the catalog in the database is still the one with which this server started.
func (s *Server) watchCatalog(ctx context.Context) error {
	text, err := s.store.Setting(ctx, operator.SettingCatalog)
	if err != nil {
		return err
	}
	if text == s.seenCatalog {
		return nil
	}
	stored, err := permission.Parse([]byte(text))
	if err != nil {
		return err
	}
	s.seenCatalog = text
	stale := stored.Fingerprint() != s.service.Catalog().Fingerprint()
	if was := s.stale.Swap(stale); stale && !was {
		s.config.Logger.Error("the catalog was changed (raffd catalog apply): restart this server, which still uses the old catalog and is not ready until then")
	}
	return nil
}

// errStale is why a server is not ready after its catalog was changed.
var errStale = errors.New("the catalog of the database was changed: restart this server")

// errDraining is why a server is not ready after it was told to stop.
var errDraining = errors.New("the server is stopping")

// ping returns an error if requests should not be sent to this server.
func (s *Server) ping(ctx context.Context) error {
	if s.draining.Load() {
		return errDraining
	}
	if s.stale.Load() {
		return errStale
	}
	return s.store.Ping(ctx)
}

// ApplyCatalog makes the file, or the default catalog if file is empty, the catalog of the database, and prints the
// changes to w. A dry run only prints them.
func (s *Server) ApplyCatalog(ctx context.Context, w io.Writer, file string, dryRun bool) error {
	next, err := permission.Load(file)
	if err != nil {
		return err
	}
	if next.Fingerprint() == s.service.Catalog().Fingerprint() {
		_, err := fmt.Fprintln(w, "No changes: this is the catalog of the database.")
		return err
	}
	changes, err := s.operator.CompareCatalog(ctx, next.Catalog)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if _, err := fmt.Fprint(w, catalogChange(c)); err != nil {
			return err
		}
	}
	if len(changes) == 0 {
		if _, err := fmt.Fprintln(w, "No role gains or loses a permission."); err != nil {
			return err
		}
	}
	if dryRun {
		_, err := fmt.Fprintln(w, "Nothing was changed.")
		return err
	}
	if _, err := s.operator.ApplyCatalog(ctx, operator.Program, next, ""); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, "Applied. Restart all servers to use this catalog.")
	return err
}

// catalogChange returns the lines about one role.
func catalogChange(c operator.CatalogChange) string {
	var b strings.Builder
	kind := "System role"
	if c.AccountID != "" {
		kind = "Role"
	}
	fmt.Fprintf(&b, "%s %s (%s, %s)", kind, c.Name, c.Slug, c.Scope)
	if c.AccountID != "" {
		fmt.Fprintf(&b, " of account %s", c.AccountID)
	}
	switch {
	case c.IsNew:
		b.WriteString(", new\n")
	default:
		fmt.Fprintf(&b, ", %d memberships\n", c.Holders)
	}
	for _, name := range c.Gains {
		fmt.Fprintf(&b, "  + %s\n", name)
	}
	for _, name := range c.Loses {
		fmt.Fprintf(&b, "  - %s\n", name)
	}
	return b.String()
}
