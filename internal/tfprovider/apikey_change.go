package tfprovider

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

// noun names the key in messages.
func (m apiKeyModel) noun() string { return "API key " + m.Name.ValueString() }

// change applies the difference between state and plan, if any, to this version of the key, or to a later one without
// conflicting changes, and returns the updated key.
func (r *apiKeyResource) change(ctx context.Context, version time.Time, plan, state apiKeyModel) (*api.APIKey, error) {
	id, c := state.ID.ValueString(), plan.changes(state)
	if c == (api.UpdateAPIKeyRequest{}) {
		return r.client.APIKeys.Get(ctx, id)
	}
	k, _, err := amend(ctx, version, amendment[api.APIKey]{
		what: state.noun(),
		send: func(ctx context.Context, only client.CallOption) (*api.APIKey, error) {
			return r.client.APIKeys.Update(ctx, id, c, only)
		},
		read:  func(ctx context.Context) (*api.APIKey, error) { return r.client.APIKeys.Get(ctx, id) },
		at:    func(now *api.APIKey) time.Time { return now.UpdatedAt },
		clash: func(now *api.APIKey) []string { return plan.clash(state, now) },
	})
	return k, err
}

// rotate creates a new secret for this version of the key, or for a later one without conflicting changes.
func (r *apiKeyResource) rotate(ctx context.Context, version time.Time, plan, state apiKeyModel) (*api.APIKeyWithSecret, error) {
	id := state.ID.ValueString()
	k, _, err := amend(ctx, version, amendment[api.APIKeyWithSecret]{
		what: state.noun(),
		send: func(ctx context.Context, only client.CallOption) (*api.APIKeyWithSecret, error) {
			return r.client.APIKeys.Regenerate(ctx, id, plan.regenerate(), only)
		},
		read: func(ctx context.Context) (*api.APIKeyWithSecret, error) {
			now, err := r.client.APIKeys.Get(ctx, id)
			if err != nil {
				return nil, err
			}
			return &api.APIKeyWithSecret{APIKey: *now}, nil
		},
		at:    func(now *api.APIKeyWithSecret) time.Time { return now.UpdatedAt },
		clash: func(now *api.APIKeyWithSecret) []string { return r.clashes(plan, state, &now.APIKey) },
	})
	return k, err
}

// secretAgain creates another secret for a key, because the response with the last one was lost. Its own response can be lost, too,
// so it tries a few times.
func secretAgain(ctx context.Context, c *client.Client, id string) (k *api.APIKeyWithSecret, err error) {
	for range 5 {
		if k, err = c.APIKeys.Regenerate(ctx, id, api.RegenerateAPIKeyRequest{}); !errors.Is(err, client.ErrSecretLost) {
			break
		}
	}
	return k, err
}

// warnOfGrace warns that another secret had to be created, which ended the grace period of the old one.
func (m apiKeyModel) warnOfGrace(diags *diag.Diagnostics) {
	if m.GraceSeconds.ValueInt64() > 0 {
		diags.AddWarning("The old secret of the "+m.noun()+" stopped working before its grace period ended",
			"The response with the new secret was lost, and a secret cannot be read again, so another one was created. That ended the grace period of the old secret. "+
				"Give the new secret to all users of the key now.")
	}
}

// clash refuses a plan that would overwrite someone else's change of the key, before anything is changed.
func (r *apiKeyResource) clash(plan, state apiKeyModel, now *api.APIKey) error {
	if lines := r.clashes(plan, state, now); len(lines) > 0 {
		return &changedMeanwhile{state.noun(), lines}
	}
	return nil
}

func (r *apiKeyResource) clashes(plan, state apiKeyModel, now *api.APIKey) []string {
	lines := plan.clash(state, now)
	role, name := "", "none"
	if now.RoleID != nil {
		role, name = *now.RoleID, *now.RoleName
	}
	lines = append(lines, r.clashOfRole(state.RoleID, plan.RoleID, "", role, name)...)
	if plan.KeyPrefix.IsUnknown() && known(state.KeyPrefix) && state.KeyPrefix.ValueString() != now.KeyPrefix {
		lines = append(lines, "the key has a new secret, which starts with "+now.KeyPrefix+", and the plan would create another one")
	}
	return lines
}

func (m apiKeyModel) clash(state apiKeyModel, now *api.APIKey) []string {
	lines := slices.Concat(clash("name", state.Name, m.Name, types.StringValue(now.Name)),
		clash("rate_limit_tier", state.RateLimitTier, m.RateLimitTier, types.StringValue(now.RateLimitTier)),
		clash("is_active", state.IsActive, m.IsActive, types.BoolValue(now.IsActive)),
		clash("external_ids", state.ExternalIDs, m.ExternalIDs, externalIDsOf(now.ExternalIDs)))
	ends := timestamp(now.ExpiresAt)
	if !sameInstant(m.ExpiresAt, state.ExpiresAt) && !sameInstant(ends, state.ExpiresAt) && !sameInstant(ends, m.ExpiresAt) {
		lines = append(lines, clash("expires_at", state.ExpiresAt, m.ExpiresAt, ends)...)
	}
	return lines
}
