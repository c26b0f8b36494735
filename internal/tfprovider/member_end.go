package tfprovider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"raff/api"
	"raff/api/client"
)

// How a membership ends: by a declined invitation, or because the resource is destroyed.

// The values of on_declined.
const (
	declinedWarn   = "warn"
	declinedResend = "resend"
	declinedRemove = "remove"
)

// The values of on_destroy.
const (
	destroyRemove    = "remove"
	destroySuspend   = "suspend"
	destroyDowngrade = "downgrade"
	destroyAbandon   = "abandon"
)

// drops reports whether the plan removes the declined invitation in the state and keeps the resource.
func (m membership) drops(state membership) bool {
	return m.OnDeclined.ValueString() == declinedRemove && state.InvitationState.ValueString() == api.InvitationDeclined && !state.dropped()
}

// dropped reports whether the declined invitation was removed: the state records that there was one, without its ID.
func (m membership) dropped() bool {
	return m.InvitationState.ValueString() == api.InvitationDeclined && m.InvitationID.IsNull()
}

// drop removes a declined invitation from the server, once, and records that in the state.
func (r *memberResource) drop(ctx context.Context, plan, state membership, resp *resource.UpdateResponse) {
	if !state.dropped() {
		_, err := r.removeMember(ctx, state.ProjectID.ValueString(), state.memberID())
		if err != nil && !client.IsNotFound(err) {
			r.report(ctx, &resp.Diagnostics, "remove the declined invitation of "+state.principal(), err)
			return
		}
	}
	promises := state.computed()
	for i, v := range plan.computed() {
		if v.IsUnknown() {
			*v = *promises[i]
		}
	}
	if plan.RoleID.IsUnknown() {
		plan.RoleID = state.RoleID
	}
	resp.Diagnostics.Append(r.store(ctx, &resp.State, plan)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
}

func tellOfDecline(plan, state membership, diags *diag.Diagnostics) {
	summary := state.principal() + " declined the invitation"
	switch {
	case state.dropped():
	case plan.OnDeclined.ValueString() == declinedRemove:
		diags.AddWarning(summary, "The apply removes the declined invitation. The resource stays in the state and the person is not invited again; to invite them again, replace it (terraform apply -replace=ADDRESS).")
	case plan.OnDeclined.ValueString() != declinedResend:
		diags.AddWarning(summary, "Nothing is changed. To invite them again, set on_declined = \"resend\" or replace the member (terraform apply -replace=ADDRESS); otherwise remove the resource from the configuration.")
	}
}

// keptOnDestroy reports whether destroying the resource keeps the member.
func (m membership) keptOnDestroy() bool {
	return known(m.OnDestroy) && m.OnDestroy.ValueString() != destroyRemove
}

// planDestroy refuses to destroy protected members, and warns what happens to a member who is not removed.
func (r *memberResource) planDestroy(ctx context.Context, state membership, notes noteReader, diags *diag.Diagnostics) {
	who := state.principal()
	switch state.OnDestroy.ValueString() {
	case destroyAbandon:
		diags.AddWarning(who+" stays a member", "on_destroy is \"abandon\": the member keeps their role and status, and is no longer managed by this configuration.")
	case destroySuspend:
		r.refuseProtected(ctx, state, notes, "suspended", diags)
		diags.AddWarning(who+" is suspended and stays a member", "on_destroy is \"suspend\". To remove the member instead, set on_destroy = \"remove\", apply that, and then destroy the resource.")
	case destroyDowngrade:
		r.refuseProtected(ctx, state, notes, "given another role", diags)
		slug := state.DowngradeTo.ValueString()
		if r.reach(ctx, diags) {
			r.applyRole(ctx, "downgrade_role", slug, diags)
		}
		diags.AddWarning(fmt.Sprintf("%s gets the role %q and stays a member", who, slug), "on_destroy is \"downgrade\". To remove the member instead, set on_destroy = \"remove\", apply that, and then destroy the resource.")
	default:
		r.refuseProtected(ctx, state, notes, "removed", diags)
	}
}

// leave destroys the resource and keeps the member, as configured by on_destroy.
func (r *memberResource) leave(ctx context.Context, state membership, resp *resource.DeleteResponse) {
	var c api.UpdateMemberRequest
	verb := "suspend"
	switch state.OnDestroy.ValueString() {
	case destroyAbandon:
		return
	case destroySuspend:
		status := api.StatusSuspended
		c.Status = &status
	case destroyDowngrade:
		verb = "downgrade"
		id, ok := r.applyRole(ctx, "downgrade_role", state.DowngradeTo.ValueString(), &resp.Diagnostics)
		if !ok {
			return
		}
		c.RoleID = &id
	}
	m, err := r.updateMember(ctx, state.ProjectID.ValueString(), state.memberID(), c)
	r.removed(ctx, verb, "member "+state.principal(), err, &resp.Diagnostics)
	if err == nil {
		tellOfKeys(state.principal(), m.KeysCreated, &resp.Diagnostics)
	}
}

// destroyValidator checks that on_destroy and downgrade_role match.
type destroyValidator struct{ r *memberResource }

func (destroyValidator) Description(context.Context) string {
	return "downgrade_role requires on_destroy = \"downgrade\""
}

func (v destroyValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v destroyValidator) ValidateResource(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m membership
	resp.Diagnostics.Append(v.r.load(ctx, req.Config, &m)...)
	if resp.Diagnostics.HasError() || m.OnDestroy.IsUnknown() || m.DowngradeTo.IsUnknown() {
		return
	}
	switch downgrades := m.OnDestroy.ValueString() == destroyDowngrade; {
	case downgrades && m.DowngradeTo.IsNull():
		resp.Diagnostics.AddAttributeError(path.Root("downgrade_role"), "No role to downgrade to",
			fmt.Sprintf("on_destroy = \"downgrade\" requires downgrade_role: the slug of the role that the member keeps, such as %q.", v.r.exampleRole()))
	case !downgrades && !m.DowngradeTo.IsNull():
		resp.Diagnostics.AddAttributeError(path.Root("downgrade_role"), "downgrade_role is not used",
			"downgrade_role is used only with on_destroy = \"downgrade\". Set that, or remove downgrade_role.")
	}
}
