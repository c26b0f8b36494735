package httpapi

import (
	"context"
	"time"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

// publicScope is the only scope of a key in the API.
const publicScope = "public"

func (s *server) listAPIKeys(ctx context.Context, c *call) (any, error) {
	var f team.APIKeyFilter
	var err error
	if f.Page, err = c.Page(defaultLimit); err != nil {
		return nil, err
	}
	if f.ExternalID, err = c.ExternalID(); err != nil {
		return nil, err
	}
	if _, err := c.Choice("scope", publicScope); err != nil {
		return nil, err
	}
	rows, total, err := s.svc.ListAPIKeys(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	if err := team.Identify(ctx, s.svc, c.who, rows); err != nil {
		return nil, err
	}
	return rest.PageOf(f.Page, rows, total, apiKey, apiKeyCursor), nil
}

func apiKeyCursor(k *team.APIKey) team.Cursor { return team.Cursor{At: k.CreatedAt, ID: k.ID} }

func (s *server) createAPIKey(ctx context.Context, c *call) (any, error) {
	var b api.CreateAPIKeyRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	n := team.NewAPIKey{ExternalIDs: team.ExternalIDs(b.ExternalIDs)}
	var err error
	if n.Name, err = rest.Required("name", b.Name); err != nil {
		return nil, err
	}
	if b.RateLimitTier != nil {
		if n.Tier = *b.RateLimitTier; n.Tier == "" {
			return nil, rest.Invalid("rate_limit_tier", "invalid_rate_limit_tier", "rate_limit_tier must be standard or high.")
		}
	}
	if b.ExpiresAt != nil {
		if n.ExpiresAt, err = rest.MomentIn("expires_at", *b.ExpiresAt); err != nil {
			return nil, err
		}
	}
	if n.RoleID, err = rest.UUIDOf("role_id", b.RoleID); err != nil {
		return nil, err
	}
	k, secret, err := s.svc.CreateAPIKey(ctx, c.who, n)
	return rest.One(api.APIKeyWithSecret{APIKey: apiKey(&k), Secret: secret}), err
}

func (s *server) getAPIKey(ctx context.Context, c *call) (any, error) {
	k, err := s.svc.GetAPIKey(ctx, c.who, c.PathID("id"))
	if err == nil {
		err = team.IdentifyOne(ctx, s.svc, c.who, &k)
	}
	return rest.One(apiKey(&k)), err
}

func (s *server) updateAPIKey(ctx context.Context, c *call) (any, error) {
	var b api.UpdateAPIKeyRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	change := team.APIKeyChange{Name: b.Name, Tier: b.RateLimitTier, IsActive: b.IsActive, ExternalIDs: changeOf(b.ExternalIDs)}
	if b.ExpiresAt.Set {
		change.ExpiresAt = new(time.Time) // null means never
	}
	if b.ExpiresAt.Valid {
		t, err := rest.MomentIn("expires_at", b.ExpiresAt.Value)
		if err != nil {
			return nil, err
		}
		change.ExpiresAt = &t
	}
	var err error
	if change.Base, err = c.base(b.UpdatedAt); err != nil {
		return nil, err
	}
	k, err := s.svc.UpdateAPIKey(ctx, c.who, c.PathID("id"), change)
	return rest.One(apiKey(&k)), err
}

func (s *server) regenerateAPIKey(ctx context.Context, c *call) (any, error) {
	var b api.RegenerateAPIKeyRequest
	if err := c.DecodeOptional(&b); err != nil {
		return nil, err
	}
	var r team.Regeneration
	if b.GraceSeconds != nil {
		// A value that the domain refuses must not overflow into one that it accepts.
		r.Grace = time.Duration(min(max(*b.GraceSeconds, -1), 1<<30)) * time.Second
	}
	var err error
	if r.Base, err = c.base(nil); err != nil {
		return nil, err
	}
	k, secret, err := s.svc.RegenerateAPIKey(ctx, c.who, c.PathID("id"), r)
	return rest.One(api.APIKeyWithSecret{APIKey: apiKey(&k), Secret: secret}), err
}

func (s *server) revokeAPIKey(ctx context.Context, c *call) (any, error) {
	base, err := c.base(nil)
	if err != nil {
		return nil, err
	}
	return rest.Done("API key revoked."), s.svc.RevokeAPIKey(ctx, c.who, c.PathID("id"), base)
}

// apiKey converts a key to its API form; its roles come from its memberships.
func apiKey(k *team.APIKey) api.APIKey {
	w := api.APIKey{
		ID: k.ID, AccountID: k.AccountID, Name: k.Name, KeyPrefix: k.KeyPrefix, Scope: publicScope, RateLimitTier: k.Tier,
		ExpiresAt: rest.StampOf(k.ExpiresAt), LastUsedAt: rest.StampOf(k.LastUsedAt), IsActive: k.IsActive,
		ProjectAccesses: []api.APIKeyProjectAccess{}, CreatedBy: rest.Filled(k.CreatedBy), CreatedAt: rest.Stamp(k.CreatedAt), UpdatedAt: rest.Stamp(k.UpdatedAt),
		ExternalIDs: api.ExternalIDs(k.ExternalIDs), AccountSuspended: k.Suspended(),
	}
	for i := range k.Memberships {
		m := &k.Memberships[i]
		if m.ProjectID == "" {
			w.RoleID, w.RoleName, w.RoleSlug, w.MemberID = &m.Role.ID, &m.Role.Name, &m.Role.Slug, &m.ID
			continue
		}
		w.ProjectAccesses = append(w.ProjectAccesses, api.APIKeyProjectAccess{
			ProjectID: m.ProjectID, ProjectName: m.ProjectName, RoleID: m.Role.ID, RoleName: m.Role.Name, RoleSlug: m.Role.Slug,
		})
	}
	return w
}
