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

// ModifyPlan keeps another spelling of the same moment from being a change, shows a rotation, and refuses what would cut
// off the branch that the provider sits on.
func (r *apiKeyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
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
	if !creating && !r.atHome(ctx, state.AccountID, req.Private, "API key "+state.Name.ValueString(), &resp.Diagnostics) {
		return
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
		resp.Diagnostics.AddAttributeError(path.Root("rate_limit_tier"), "Only the operator of the server gives the high rate limit",
			"No API key may set it, so no apply can. Leave rate_limit_tier out, and have the operator raise the key's limit.")
	}
	if ends, err := time.Parse(time.RFC3339, config.ExpiresAt.ValueString()); err == nil && !sameInstant(config.ExpiresAt, state.ExpiresAt) && !r.clock().Before(ends) {
		resp.Diagnostics.AddAttributeError(path.Root("expires_at"), "The API key would expire in the past",
			config.ExpiresAt.ValueString()+" is over. Give a later moment, or is_active = false for a key that is not to work.")
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

// planExpiry decides when the key runs out: at the moment the configuration says, or its lifetime after the secret is
// made. renewed says that a secret is about to be made.
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

// stores reports that the secret goes into the state.
func (m apiKeyModel) stores() bool { return m.StoreSecret.IsNull() || m.StoreSecret.ValueBool() }

// rotates reports that the plan makes a new secret. The first trigger a key gets changes nothing: whoever imports a key
// and writes its trigger down must not break those who use it.
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
	// A new secret that runs out at the same moment would be due again at once.
	later, err := time.Parse(time.RFC3339, m.ExpiresAt.ValueString())
	if err == nil && now.Before(later.Add(-before)) {
		return true
	}
	diags.AddAttributeWarning(path.Root("expires_at"), "The API key "+state.Name.ValueString()+" runs out at "+state.ExpiresAt.ValueString(),
		"Its rotation is due, but expires_at says a fixed moment, and a new secret would end with it. Set expires_at to a later moment and the plan rotates the key; "+
			"or say lifetime instead, and every secret lives that long.")
	return false
}

// harms says what the plan does to the key that its own run could not survive; empty for nothing.
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

// refuseOwn refuses to do something to the key that the provider works with.
func (r *apiKeyResource) refuseOwn(ctx context.Context, state apiKeyModel, done string, diags *diag.Diagnostics) {
	if !r.connected() {
		return
	}
	me, err := r.whoami.get(ctx)
	if err != nil {
		r.report(ctx, diags, "find out whose API key this is", err)
		return
	}
	if me.Principal.ID == state.ID.ValueString() {
		diags.AddError("The provider's own API key cannot be "+done, fmt.Sprintf(
			"The provider works with the API key %q itself: the rest of the run, and every run after it, would be refused. "+
				"Use another key for this, or stop managing it here: terraform state rm ADDRESS.", me.Principal.Name))
	}
}

// rotationValidator refuses a rotation that could never come, or would come at every plan.
type rotationValidator struct{}

func (rotationValidator) Description(context.Context) string {
	return "rotate_before needs an end of the key, and a lifetime longer than itself"
}

func (v rotationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (rotationValidator) ValidateResource(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m apiKeyModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	at := path.Root("rotate_before")
	switch {
	case !known(m.RotateBefore):
	case m.ExpiresAt.IsNull() && m.Lifetime.IsNull():
		resp.Diagnostics.AddAttributeError(at, "Nothing to rotate before", "The key never expires. Set lifetime, such as 90d, or expires_at.")
	case known(m.Lifetime) && durationOf(m.Lifetime) <= durationOf(m.RotateBefore):
		resp.Diagnostics.AddAttributeError(at, "The rotation would be due at once", fmt.Sprintf(
			"rotate_before (%s) has to be shorter than lifetime (%s).", m.RotateBefore.ValueString(), m.Lifetime.ValueString()))
	}
}
