package operatorapi

import (
	"context"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/permission"
	"raff/internal/rest"
)

// maxCatalog is the maximum size of a body with a catalog, in bytes.
const maxCatalog = 1 << 20

func (s *server) getCatalog(ctx context.Context, _ *call) (any, error) {
	now, err := s.svc.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return rest.One(api.Catalog{Catalog: now.Text, Default: now.IsDefault, Fingerprint: now.Fingerprint(), RestartRequired: now.Stale}), nil
}

func (s *server) compareCatalog(ctx context.Context, c *call) (any, error) {
	next, expected, err := readCatalog(c)
	if err != nil {
		return nil, err
	}
	if expected != "" {
		return nil, rest.Invalid("expected_fingerprint", "unknown_field", "expected_fingerprint is only for applying a catalog. Remove it.")
	}
	now, err := s.svc.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := s.svc.CompareCatalog(ctx, next.Catalog)
	return rest.One(comparison(now.Fingerprint(), next, changes)), err
}

func (s *server) applyCatalog(ctx context.Context, c *call) (any, error) {
	next, expected, err := readCatalog(c)
	if err != nil {
		return nil, err
	}
	now, err := s.svc.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := s.svc.ApplyCatalog(ctx, c.who, next, expected)
	return rest.One(comparison(now.Fingerprint(), next, changes)), err
}

// readCatalog reads the catalog in the body, and the fingerprint of the one that it is to replace, if it was sent.
func readCatalog(c *call) (next permission.Source, expected string, err error) {
	c.MaxBody = maxCatalog
	var b api.CatalogRequest
	if err := c.Decode(&b); err != nil {
		return next, "", err
	}
	text := ""
	if b.Catalog != nil {
		text = *b.Catalog
	}
	if b.ExpectedFingerprint != nil {
		expected = *b.ExpectedFingerprint
	}
	next, err = operator.NewCatalog(text, b.Default != nil && *b.Default)
	return next, expected, err
}

func comparison(now string, next permission.Source, changes []operator.CatalogChange) api.CatalogComparison {
	out := api.CatalogComparison{Fingerprint: next.Fingerprint(), ExpectedFingerprint: now, Roles: []api.CatalogRoleChange{}}
	out.Same = out.Fingerprint == now
	for _, c := range changes {
		out.Roles = append(out.Roles, api.CatalogRoleChange{
			AccountID: rest.Filled(c.AccountID), Scope: string(c.Scope), Slug: c.Slug, Name: c.Name, New: c.IsNew, Memberships: c.Holders,
			Gains: append([]string{}, c.Gains...), Loses: append([]string{}, c.Loses...),
		})
	}
	return out
}
