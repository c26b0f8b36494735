// Package operator has the operations of the operator of the platform: creating accounts, and changing the catalog of
// permissions and system roles.
package operator

import (
	"context"

	"raff/internal/permission"
	"raff/internal/signin"
	"raff/internal/team"
)

// Service holds the operations of the operator. It is safe for concurrent use.
type Service struct {
	store  Store
	team   *team.Service
	signin *signin.Service
}

// New returns a Service.
func New(store Store, t *team.Service, s *signin.Service) *Service {
	return &Service{store: store, team: t, signin: s}
}

// Store is the database as this package needs it.
type Store interface {
	UserByEmail(ctx context.Context, canonical string) (team.User, error)
	// RoleTexts returns all roles of all accounts, with their permissions as stored.
	RoleTexts(ctx context.Context) ([]RoleText, error)
	// AccountIDs returns the ids of all accounts.
	AccountIDs(ctx context.Context) ([]string, error)
	// UpdateAll runs fn in one transaction under the locks of several accounts; see team.Store.
	UpdateAll(ctx context.Context, accountIDs []string, lock team.Lock, fn func(Tx) error) error
}

// Tx is a transaction of a Store.
type Tx interface {
	team.EventTx
	// SyncSystemRoles makes the stored system roles equal to these, written with the names of the catalog c.
	SyncSystemRoles(ctx context.Context, c *permission.Catalog, roles []team.Role) error
	SetSetting(ctx context.Context, name, value string) error
}
