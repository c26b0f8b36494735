package tfprovider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
)

// ModifyPlan ignores another spelling of the same time, plans a due rotation, and refuses changes that would break the
// provider's own API key.
func (r *apiKeyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	ctx, end := r.hush(ctx, hushPlan, &resp.Diagnostics)
	defer end()
	var plan, state, config apiKeyModel
	creating, destroying := req.State.Raw.IsNull(), req.Plan.Raw.IsNull()
	if !creating {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if !destroying {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
		resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if !creating {
		home := homeOf(ctx, state.AccountID, req.Private)
		if !r.atHome(ctx, home, state.noun(), &resp.Diagnostics) {
			return
		}
		defer func() { r.confirmHome(ctx, home, state.noun(), req, resp) }()
	}
	if creating {
		r.planAccount(ctx, &plan.AccountID, &resp.Diagnostics)
	} else if !destroying {
		plan.MemberID = state.MemberID
	}
	if destroying {
		r.refuseOwn(ctx, state, "revoked", &resp.Diagnostics)
		return
	}
	if !plan.RoleID.Equal(state.RoleID) {
		r.checkRole(ctx, api.ScopeAccount, plan.RoleID, &resp.Diagnostics)
	}
	if plan.RateLimitTier.ValueString() == api.TierHigh && state.RateLimitTier.ValueString() != api.TierHigh {
		resp.Diagnostics.AddAttributeError(path.Root("rate_limit_tier"), "Only the operator of the server can set the high rate limit",
			"An API key cannot set it, so an apply would fail. Omit rate_limit_tier, and ask the operator to raise the key's limit.")
	}
	if ends, err := time.Parse(time.RFC3339, config.ExpiresAt.ValueString()); err == nil && !sameInstant(config.ExpiresAt, state.ExpiresAt) && !r.clock().Before(ends) {
		resp.Diagnostics.AddAttributeError(path.Root("expires_at"), "The API key would expire in the past",
			config.ExpiresAt.ValueString()+" is in the past. Set a later time, or is_active = false to disable the key.")
	}
	if !config.RoleID.IsNull() && !creating && r.connected() {
		r.keyRoles.plan(state.ID, plan.RoleID, "raff_api_key", &resp.Diagnostics)
	}
	rotates := !creating && plan.rotates(state, r.clock(), &resp.Diagnostics)
	plan.planExpiry(config, state, creating || rotates)
	if rotates {
		plan.Secret, plan.KeyPrefix = types.StringUnknown(), types.StringUnknown()
	}
	if !plan.stores() {
		plan.Secret = types.StringNull()
	}
	if done := plan.harms(state, rotates); !creating && done != "" {
		r.refuseOwn(ctx, state, done, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// planExpiry plans when the key expires: at the configured time, or one lifetime after its secret is created. renewed
// says that the plan creates a new secret.
func (m *apiKeyModel) planExpiry(config, state apiKeyModel, renewed bool) {
	switch {
	case !config.ExpiresAt.IsNull():
		m.ExpiresAt = config.ExpiresAt
		if sameInstant(config.ExpiresAt, state.ExpiresAt) {
			m.ExpiresAt = state.ExpiresAt
		}
	case m.Lifetime.IsNull():
		m.ExpiresAt = types.StringNull()
	case renewed, !known(state.ExpiresAt):
		m.ExpiresAt = types.StringUnknown()
	default:
		m.ExpiresAt = state.ExpiresAt
	}
}

// stores reports whether the secret is stored in the state.
func (m apiKeyModel) stores() bool { return m.StoreSecret.IsNull() || m.StoreSecret.ValueBool() }

// rotates reports whether the plan creates a new secret. Setting a trigger for the first time does not rotate, so that
// importing a key and adding its trigger does not break its users.
func (m apiKeyModel) rotates(state apiKeyModel, now time.Time, diags *diag.Diagnostics) bool {
	if known(state.RotationTrigger) && !m.RotationTrigger.IsNull() && !m.RotationTrigger.Equal(state.RotationTrigger) {
		return true
	}
	before := durationOf(m.RotateBefore)
	ends, err := time.Parse(time.RFC3339, state.ExpiresAt.ValueString())
	if before == 0 || err != nil || now.Before(ends.Add(-before)) {
		return false
	}
	if known(m.Lifetime) {
		return true
	}
	// A new secret with the same expiry would be due for rotation again immediately.
	later, err := time.Parse(time.RFC3339, m.ExpiresAt.ValueString())
	if err == nil && now.Before(later.Add(-before)) {
		return true
	}
	diags.AddAttributeWarning(path.Root("expires_at"), "The API key "+state.Name.ValueString()+" expires at "+state.ExpiresAt.ValueString(),
		"Its rotation is due, but expires_at is a fixed time, at which a new secret would expire, too. Set expires_at to a later time to rotate the key, "+
			"or use lifetime instead, which applies to every new secret.")
	return false
}

// harms names a planned change of the provider's own key that would break the run; empty for none.
func (m apiKeyModel) harms(state apiKeyModel, rotates bool) string {
	switch {
	case !m.RoleID.Equal(state.RoleID) && !m.RoleID.IsUnknown():
		return "given another role"
	case rotates:
		return "given a new secret"
	case state.IsActive.ValueBool() && !m.IsActive.IsNull() && !m.IsActive.IsUnknown() && !m.IsActive.ValueBool():
		return "deactivated"
	}
	return ""
}

// refuseOwn refuses to harm the API key that the provider uses.
func (r *apiKeyResource) refuseOwn(ctx context.Context, state apiKeyModel, done string, diags *diag.Diagnostics) {
	if !r.reach(ctx, diags) {
		return
	}
	if me := r.whoami.known.Load(); me.Principal.ID == state.ID.ValueString() {
		diags.AddError("The provider's own API key cannot be "+done, fmt.Sprintf(
			"The provider itself uses the API key %q: the rest of this run, and all later runs, would be refused. "+
				"Use another API key for the provider, or stop managing this one here: terraform state rm ADDRESS.", me.Principal.Name))
	}
}

// rotationValidator refuses a rotation that would never be due, or would be due at every plan.
type rotationValidator struct{}

func (rotationValidator) Description(context.Context) string {
	return "rotate_before requires an expiry of the key, and a lifetime longer than rotate_before"
}

func (v rotationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (rotationValidator) ValidateResource(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m apiKeyModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	at := path.Root("rotate_before")
	switch {
	case !known(m.RotateBefore):
	case m.ExpiresAt.IsNull() && m.Lifetime.IsNull():
		resp.Diagnostics.AddAttributeError(at, "The key has no expiry", "The key never expires. Set lifetime, such as 90d, or expires_at.")
	case known(m.Lifetime) && durationOf(m.Lifetime) <= durationOf(m.RotateBefore):
		resp.Diagnostics.AddAttributeError(at, "The rotation would be due immediately", fmt.Sprintf(
			"rotate_before (%s) must be shorter than lifetime (%s).", m.RotateBefore.ValueString(), m.Lifetime.ValueString()))
	}
}
