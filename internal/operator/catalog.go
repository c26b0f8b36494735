package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/team"
)

// RoleText is a role with its permissions as stored, including those that the catalog does not have.
type RoleText struct {
	ID, AccountID, Name, Slug string
	Scope                     permission.Scope
	IsSystem                  bool
	Permissions               string
	Holders                   int // memberships
}

// CatalogChange is the effect of another catalog on one role. AccountID is empty for a system role.
type CatalogChange struct {
	AccountID    string
	Scope        permission.Scope
	Slug, Name   string
	IsNew        bool
	Gains, Loses []string // names of permissions
	Holders      int      // memberships
}

// StoredCatalog is the catalog of the database. Nodes that run with another one are not ready until they are restarted.
type StoredCatalog struct {
	permission.Source
	// Stale says that this program still uses an older catalog.
	Stale bool
}

// Catalog returns the catalog of the database or, if it has none yet, that of this program.
func (s *Service) Catalog(ctx context.Context) (c StoredCatalog, err error) {
	if c.Text, err = s.store.Setting(ctx, SettingCatalog); err != nil {
		return c, err
	}
	if c.Text == "" {
		c.Catalog = s.team.Catalog()
		return c, nil
	}
	if c.Catalog, err = permission.Parse([]byte(c.Text)); err != nil {
		return c, fmt.Errorf("read the catalog of the database: %w", err)
	}
	source, err := s.store.Setting(ctx, SettingCatalogSource)
	c.IsDefault, c.Stale = source == CatalogDefault, c.Fingerprint() != s.team.Catalog().Fingerprint()
	return c, err
}

// NewCatalog parses the text of a catalog, or returns the default catalog of this release.
func NewCatalog(text string, isDefault bool) (permission.Source, error) {
	if (text == "") != isDefault {
		return permission.Source{}, RefusalOneCatalog.With()
	}
	if isDefault {
		return permission.Load("")
	}
	c, err := permission.Parse([]byte(text))
	if err != nil {
		// An error of the YAML package goes on with a type of Go.
		what, _, _ := strings.Cut(strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " "), " into ")
		return permission.Source{}, RefusalCatalog.With(what)
	}
	return permission.Source{Catalog: c, Text: text}, nil
}

// CompareCatalog returns the roles that would gain or lose permissions with next, system roles first. It changes
// nothing.
func (s *Service) CompareCatalog(ctx context.Context, next *permission.Catalog) ([]CatalogChange, error) {
	now, err := s.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return s.compareCatalogs(ctx, now.Catalog, next)
}

func (s *Service) compareCatalogs(ctx context.Context, now, next *permission.Catalog) ([]CatalogChange, error) {
	stored, err := s.store.RoleTexts(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[string]team.Role{}
	for _, r := range s.team.SystemRoles(next) {
		wanted[r.ID] = r
	}
	var changes []CatalogChange
	for _, r := range stored {
		before, after := now.Names(now.Decode(r.Permissions)), next.Names(next.Decode(r.Permissions))
		if w, ok := wanted[r.ID]; ok {
			after = next.Names(w.Permissions)
			delete(wanted, r.ID)
		}
		if c := catalogChange(r, before, after); len(c.Gains)+len(c.Loses) > 0 {
			changes = append(changes, c)
		}
	}
	for _, r := range wanted {
		c := catalogChange(RoleText{Name: r.Name, Slug: r.Slug, Scope: r.Scope}, nil, next.Names(r.Permissions))
		c.IsNew = true
		changes = append(changes, c)
	}
	slices.SortFunc(changes, func(a, b CatalogChange) int {
		return strings.Compare(a.AccountID+string(a.Scope)+a.Slug, b.AccountID+string(b.Scope)+b.Slug)
	})
	return changes, nil
}

func catalogChange(r RoleText, before, after []string) CatalogChange {
	missing := func(from, in []string) (out []string) {
		for _, name := range from {
			if !slices.Contains(in, name) {
				out = append(out, name)
			}
		}
		return out
	}
	return CatalogChange{
		AccountID: r.AccountID, Scope: r.Scope, Slug: r.Slug, Name: r.Name, Holders: r.Holders,
		Gains: missing(after, before), Loses: missing(before, after),
	}
}

// ApplyCatalog makes next the catalog of the database, in one transaction with an event in each account that records
// what its roles gained and lost, and returns these changes. If expected is not empty, it must be the fingerprint of the catalog that
// next replaces. Nodes that run with another catalog must be restarted. If next is the catalog of the database, nothing is changed.
func (s *Service) ApplyCatalog(ctx context.Context, c Caller, next permission.Source, expected string) (changes []CatalogChange, err error) {
	for range 3 {
		changes, err = s.applyCatalog(ctx, c, next, expected)
		e, refused := errors.AsType[*team.Error](err)
		if expected != "" || !refused || e.Refusal != RefusalCatalogChanged {
			break
		}
		// Another node applied a catalog, often the same one: nodes of a new release start together.
	}
	return changes, err
}

func (s *Service) applyCatalog(ctx context.Context, c Caller, next permission.Source, expected string) ([]CatalogChange, error) {
	now, err := s.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	if expected != "" && expected != now.Fingerprint() {
		return nil, RefusalCatalogChanged.With()
	}
	source := CatalogFile
	if next.IsDefault {
		source = CatalogDefault
	}
	if now.Text != "" && now.Fingerprint() == next.Fingerprint() {
		return nil, nil
	}
	changes, err := s.compareCatalogs(ctx, now.Catalog, next.Catalog)
	if err != nil {
		return nil, err
	}
	accounts, err := s.store.AccountIDs(ctx)
	if err != nil {
		return nil, err
	}
	return changes, s.store.UpdateAll(ctx, append(accounts, event.OperatorLog), team.Shared, func(tx Tx) error {
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		held, err := tx.HoldSetting(ctx, SettingCatalog)
		if err == nil && held != now.Text {
			err = RefusalCatalogChanged.With()
		}
		if err != nil {
			return err
		}
		if err := tx.SyncSystemRoles(ctx, next.Catalog, s.team.SystemRoles(next.Catalog)); err != nil {
			return fmt.Errorf("write system roles: %w", err)
		}
		for name, value := range map[string]string{SettingCatalog: next.Text, SettingCatalogSource: source} {
			if err := tx.SetSetting(ctx, name, value); err != nil {
				return err
			}
		}
		var ofSystem []event.RoleChange
		for _, change := range changes {
			if change.AccountID == "" {
				ofSystem = append(ofSystem, roleChange(change))
			}
		}
		for _, id := range accounts {
			var told event.CatalogApplied
			for _, change := range changes {
				if change.AccountID == "" || change.AccountID == id {
					told.Roles = append(told.Roles, roleChange(change))
				}
			}
			if err := s.team.Record(ctx, tx, team.Operator(id), event.Target{TargetType: "account", TargetID: id}, told); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, c, event.Target{TargetType: "catalog", TargetID: "catalog", TargetName: source}, event.CatalogApplied{Roles: ofSystem})
	})
}

func roleChange(c CatalogChange) event.RoleChange {
	return event.RoleChange{Scope: string(c.Scope), Role: c.Slug, RoleName: c.Name, New: c.IsNew, Gains: c.Gains, Loses: c.Loses}
}

// Settings that are stored for all programs on the database.
const (
	// SettingCatalog is the text of the catalog, in YAML.
	SettingCatalog = "catalog"
	// SettingCatalogSource is CatalogDefault or CatalogFile.
	SettingCatalogSource = "catalog_source"
	// SettingSecretsKey has the ids of the keys with which secrets of authenticator apps may be encrypted, separated by spaces.
	SettingSecretsKey = "secrets_key"
	// SettingActiveSecretsKey is the id of the key with which all nodes encrypt new secrets of authenticator apps, and since when
	// (RFC 3339), separated by a space. Until it is set, they are not encrypted.
	SettingActiveSecretsKey = "secrets_key_active"
	// SettingActiveSealKey and SettingActiveSigningKey are the same for the keys that sign the audit logs, and for those that sign
	// challenges and the tokens of known browsers. Until it is set, audit logs are not signed.
	SettingActiveSealKey    = "seal_key_active"
	SettingActiveSigningKey = "signing_key_active"
	// SettingMail says whether the servers send queued emails: MailSMTP, MailConsole, or empty for none.
	SettingMail = "mail"
	// SettingPublicURL is the public URL of the servers.
	SettingPublicURL = "public_url"

	CatalogDefault = "default"
	CatalogFile    = "file"

	MailSMTP    = "smtp"
	MailConsole = "console"
)
