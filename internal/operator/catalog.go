package operator

import (
	"context"
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

// CompareCatalog returns the roles that would gain or lose permissions with next, system roles first. It changes
// nothing.
func (s *Service) CompareCatalog(ctx context.Context, next *permission.Catalog) ([]CatalogChange, error) {
	stored, err := s.store.RoleTexts(ctx)
	if err != nil {
		return nil, err
	}
	now := s.team.Catalog()
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
// what its roles gained and lost. text and source are stored with it. Nodes that run with another catalog must be
// restarted.
func (s *Service) ApplyCatalog(ctx context.Context, next *permission.Catalog, text, source string) error {
	changes, err := s.CompareCatalog(ctx, next)
	if err != nil {
		return err
	}
	accounts, err := s.store.AccountIDs(ctx)
	if err != nil {
		return err
	}
	return s.store.UpdateAll(ctx, accounts, team.Shared, func(tx Tx) error {
		if err := tx.SyncSystemRoles(ctx, next, s.team.SystemRoles(next)); err != nil {
			return fmt.Errorf("write system roles: %w", err)
		}
		for name, value := range map[string]string{SettingCatalog: text, SettingCatalogSource: source} {
			if err := tx.SetSetting(ctx, name, value); err != nil {
				return err
			}
		}
		for _, id := range accounts {
			var told event.CatalogApplied
			for _, c := range changes {
				if c.AccountID == "" || c.AccountID == id {
					told.Roles = append(told.Roles, event.RoleChange{
						Scope: string(c.Scope), Role: c.Slug, RoleName: c.Name, New: c.IsNew, Gains: c.Gains, Loses: c.Loses,
					})
				}
			}
			if err := s.team.Record(ctx, tx, team.Operator(id), event.Target{TargetType: "account", TargetID: id}, told); err != nil {
				return err
			}
		}
		return nil
	})
}

// Settings that are stored for all programs on the database.
const (
	// SettingCatalog is the text of the catalog, in YAML.
	SettingCatalog = "catalog"
	// SettingCatalogSource is CatalogDefault or CatalogFile.
	SettingCatalogSource = "catalog_source"
	// SettingSecretsKey has the ids of the keys with which secrets of authenticator apps may be encrypted, separated by spaces.
	SettingSecretsKey = "secrets_key"
	// SettingPublicURL is the public URL of the servers.
	SettingPublicURL = "public_url"

	CatalogDefault = "default"
	CatalogFile    = "file"
)
