package tfprovider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

// ModifyPlan decides what a difference between configuration and state means: nothing, an update in place, or another
// member. It also refuses what the server would refuse during apply.
func (r *memberResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	ctx, end := r.hush(ctx, hushPlan, &resp.Diagnostics)
	defer end()
	var state, plan, config membership
	creating, destroying := req.State.Raw.IsNull(), req.Plan.Raw.IsNull()
	if !creating {
		resp.Diagnostics.Append(r.load(ctx, req.State, &state)...)
	}
	if !destroying {
		resp.Diagnostics.Append(r.load(ctx, req.Plan, &plan)...)
		resp.Diagnostics.Append(r.load(ctx, req.Config, &config)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if !creating {
		home, who := homeOf(ctx, state.AccountID, req.Private), "member "+state.principal()
		if !r.atHome(ctx, home, who, &resp.Diagnostics) {
			return
		}
		defer func() { r.confirmHome(ctx, home, who, req, resp) }()
	}
	switch {
	case destroying:
		r.planned(state, plannedDestroy, "", &resp.Diagnostics)
		r.planDestroy(ctx, state, req.Private, &resp.Diagnostics)
		return
	case creating:
		r.planAccount(ctx, &plan.AccountID, &resp.Diagnostics)
		r.planned(plan, plannedCreate, readNote[outgoing](ctx, req.Private, noteReplaced).ID, &resp.Diagnostics)
		r.planRole(ctx, config, state, &plan, &resp.Diagnostics)
		r.refuseKept(ctx, req.Private, plan, &resp.Diagnostics)
		r.checkAPIKey(ctx, plan.APIKeyID, &resp.Diagnostics)
		r.checkProject(ctx, plan.ProjectID, &resp.Diagnostics)
		r.checkNewcomer(ctx, plan, &resp.Diagnostics)
		resp.Diagnostics.Append(r.store(ctx, &resp.Plan, plan)...)
	case !plan.ProjectID.Equal(state.ProjectID): // the schema requires a replacement
		r.refuseProtected(ctx, state, req.Private, "replaced", &resp.Diagnostics)
	case config.selectorUnknown(), !config.names(state) && r.connected() && !r.handovers.isKept(state.memberID()):
		r.planAnybody(ctx, resp, state, plan, config)
	case !config.names(state):
		r.handovers.replacing(config)
		r.refuseProtected(ctx, state, req.Private, "replaced", &resp.Diagnostics)
		// Terraform plans the new member again as a create; its references are checked then.
		resp.RequiresReplace.Append(config.selector())
	default:
		r.planned(state, plannedKeep, "", &resp.Diagnostics)
		r.planChange(ctx, req, resp, state, plan, config)
	}
	if !creating {
		resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteReplaced, replacedBy(state))...)
	}
}

// planAnybody plans a change whose selector is unknown until apply, or was unknown when the apply was planned: it may
// turn out to be the same person in another spelling, so it is not planned as a replacement. The update decides.
func (r *memberResource) planAnybody(ctx context.Context, resp *resource.ModifyPlanResponse, state, plan, config membership) {
	r.planRole(ctx, config, state, &plan, &resp.Diagnostics)
	for _, v := range plan.computed() {
		if v != &plan.AccountID && (v != &plan.Status || config.Status.IsNull()) {
			*v = types.StringUnknown()
		}
	}
	resp.Diagnostics.Append(r.store(ctx, &resp.Plan, plan)...)
}

// planChange plans an update of the same member.
func (r *memberResource) planChange(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, state, plan, config membership) {
	if sameEmail(plan.Email, state.Email) {
		plan.Email = state.Email
	}
	if plan.Status.ValueString() == api.StatusActive && state.Status.ValueString() == api.StatusPending {
		plan.Status = state.Status
	}
	if config.Status.ValueString() == api.StatusPending {
		plan.Status = state.Status
	}
	r.planRole(ctx, config, state, &plan, &resp.Diagnostics)
	newRole, newStatus, renews := !plan.RoleID.Equal(state.RoleID), !plan.Status.Equal(state.Status), plan.renews(state)
	if newRole {
		plan.RoleName = types.StringUnknown()
	}
	if newRole || newStatus {
		r.refuseProtected(ctx, state, req.Private, "changed", &resp.Diagnostics)
	}
	if state.pending() && (newStatus || renews) {
		plan.InvitationState, plan.InvitationExpiresAt = types.StringUnknown(), types.StringUnknown()
	}
	if plan.drops(state) {
		plan.InvitationID, plan.InvitationExpiresAt = types.StringNull(), types.StringNull()
	}
	if state.dropped() && plan.OnDeclined.ValueString() == declinedResend {
		resp.RequiresReplace.Append(path.Root("on_declined"))
	}
	if !r.inProject && r.connected() {
		r.keyRoles.plan(plan.APIKeyID, plan.RoleID, "raff_member", &resp.Diagnostics)
	}
	tellOfInvitation(plan, state, &resp.Diagnostics)
	r.tellOfKey(ctx, state, &resp.Diagnostics)
	resp.Diagnostics.Append(r.store(ctx, &resp.Plan, plan)...)
}

// tellOfInvitation warns of an invitation that cannot be accepted.
func tellOfInvitation(plan, state membership, diags *diag.Diagnostics) {
	switch state.InvitationState.ValueString() {
	case api.InvitationDeclined:
		tellOfDecline(plan, state, diags)
	case api.InvitationFailed:
		diags.AddWarning("The invitation of "+state.principal()+" could not be delivered",
			"The email to "+state.principal()+" failed, and nothing is changed. Check the email and the server's email settings; then resend the invitation (raff invitation resend), or give the person the link.")
	case api.InvitationExpired:
		if plan.OnExpired.ValueString() == expiredWarn {
			diags.AddWarning("The invitation of "+state.principal()+" expired",
				fmt.Sprintf("It expired at %s and is not resent. Set on_expired = %q to resend it.", state.InvitationExpiresAt.ValueString(), expiredResend))
		}
	}
}

// tellOfKey warns of a member whose API key does not work.
func (r *memberResource) tellOfKey(ctx context.Context, state membership, diags *diag.Diagnostics) {
	if !known(state.APIKeyID) || !r.reached() || r.wrote.Load() {
		return
	}
	k, err := r.apiKeys.read(ctx, "", state.APIKeyID.ValueString())
	if err != nil {
		return
	}
	var why string
	switch {
	case !k.IsActive:
		why = "is disabled"
	case k.ExpiresAt != nil && !r.clock().Before(*k.ExpiresAt):
		why = "expired at " + timestamp(k.ExpiresAt).ValueString()
	default:
		return
	}
	diags.AddWarning("The API key of a member does not work", fmt.Sprintf(
		"The API key %q (%s…, id %s) %s, so this member has no access. Nothing is changed: enable or rotate the key, or remove the member.", k.Name, k.KeyPrefix, k.ID, why))
}

// selectorUnknown reports whether the configured selector is unknown until apply.
func (m membership) selectorUnknown() bool {
	return m.Email.IsUnknown() || m.TargetUserID.IsUnknown() || m.APIKeyID.IsUnknown()
}

// selector is the argument that identifies the member.
func (m membership) selector() path.Path {
	switch {
	case !m.Email.IsNull():
		return path.Root("email")
	case !m.TargetUserID.IsNull():
		return path.Root("target_user_id")
	}
	return path.Root("api_key_id")
}

// names reports whether a configuration identifies the member in the state, by any argument. An unknown value may be
// any member. The email that the configuration had before still identifies the member after the person changed their email:
// replacing them would remove them and invite an email that they no longer read.
func (m membership) names(state membership) bool {
	switch {
	case !m.Email.IsNull():
		return sameEmail(m.Email, state.PrincipalEmail) || sameEmail(m.Email, state.Email)
	case !m.TargetUserID.IsNull():
		return m.TargetUserID.Equal(state.UserID) || state.unread() && m.TargetUserID.Equal(state.TargetUserID)
	}
	return m.APIKeyID.Equal(state.APIKeyID)
}

// unread reports whether the state was imported or written by another provider, and has not been refreshed yet.
func (m membership) unread() bool { return m.PrincipalEmail.IsNull() }

// refuseProtected refuses during plan what an apply cannot do: change the Owner, or change the provider's own API key.
func (r *memberResource) refuseProtected(ctx context.Context, state membership, notes noteReader, done string, diags *diag.Diagnostics) {
	if readNote[bool](ctx, notes, noteOwner) {
		diags.AddError("The Owner cannot be "+done, fmt.Sprintf(
			"%s is the Owner of the account, and the Owner's membership can only be changed by transferring ownership. "+
				"To stop managing it here without changing it: terraform state rm ADDRESS.", state.principal()))
		return
	}
	if !known(state.APIKeyID) || !r.reach(ctx, diags) {
		return
	}
	if me := r.whoami.known.Load(); me.Principal.ID == state.APIKeyID.ValueString() {
		diags.AddError("An API key cannot be "+done+" as a member by itself", fmt.Sprintf(
			"The provider uses the API key %q, which is this member, and an API key cannot change or remove its own membership. "+
				"Use another API key for the provider, or stop managing this member here: terraform state rm ADDRESS.", me.Principal.Name))
	}
}

// checkAPIKey refuses an API key that is not in the account. Without the permission to view keys, the error appears
// during apply.
func (s *session) checkAPIKey(ctx context.Context, id types.String, diags *diag.Diagnostics) {
	if !s.unseen("api_key", id) || !s.reach(ctx, diags) {
		return
	}
	_, err := s.apiKeys.read(ctx, "", id.ValueString())
	s.saw("api_key", id, err)
	switch {
	case err == nil, client.IsDenied(err):
	case client.IsNotFound(err):
		diags.AddAttributeError(path.Root("api_key_id"), "No such API key",
			fmt.Sprintf("The account has no API key with the ID %s. A key's secret or prefix is not its ID; raff_api_key has it as id.", id.ValueString()))
	default:
		s.report(ctx, diags, "check api_key_id", err)
	}
}

// checkProject refuses a project that the API key cannot see.
func (s *session) checkProject(ctx context.Context, id types.String, diags *diag.Diagnostics) {
	if !s.unseen("project", id) || !s.reach(ctx, diags) {
		return
	}
	_, err := s.projects.read(ctx, "", id.ValueString())
	s.saw("project", id, err)
	switch {
	case err == nil, client.IsDenied(err):
	case client.IsNotFound(err):
		diags.AddAttributeError(path.Root("project_id"), "No such project",
			fmt.Sprintf("The account has no project with the ID %s. A project's slug is not its ID; the data source raff_projects has both.", id.ValueString()))
	default:
		s.report(ctx, diags, "check project_id", err)
	}
}

// unseen reports whether this run has not read the object of this kind yet. Terraform plans each object again before it applies it,
// and by then other writes have discarded the lists.
func (s *session) unseen(kind string, id types.String) bool {
	if !known(id) {
		return false
	}
	_, ok := s.seen.Load(kind + " " + id.ValueString())
	return !ok
}

// saw notes that the object was read, if err is nil.
func (s *session) saw(kind string, id types.String, err error) {
	if err == nil {
		s.seen.Store(kind+" "+id.ValueString(), true)
	}
}
