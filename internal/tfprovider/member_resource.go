package tfprovider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
	"raff/internal/uuid"
)

var (
	_ resource.ResourceWithConfigure        = (*memberResource)(nil)
	_ resource.ResourceWithConfigValidators = (*memberResource)(nil)
	_ resource.ResourceWithModifyPlan       = (*memberResource)(nil)
	_ resource.ResourceWithImportState      = (*memberResource)(nil)
	_ resource.ResourceWithIdentity         = (*memberResource)(nil)
)

// memberResource is a membership of the account or of a project: a person, an invitation or an API key, with one role.
type memberResource struct {
	managed
	inProject bool
}

func newMemberResource() resource.Resource { return &memberResource{} }

func newProjectMemberResource() resource.Resource { return &memberResource{inProject: true} }

// memberModel is the model of raff_member, and the common part of raff_project_member.
type memberModel struct {
	ID           types.String `tfsdk:"id"`
	Email        types.String `tfsdk:"email"`
	TargetUserID types.String `tfsdk:"target_user_id"`
	APIKeyID     types.String `tfsdk:"api_key_id"`
	RoleID       types.String `tfsdk:"role_id"`
	Role         types.String `tfsdk:"role"`
	Status       types.String `tfsdk:"status"`
	OnExpired    types.String `tfsdk:"on_expired"`
	OnDeclined   types.String `tfsdk:"on_declined"`
	OnDestroy    types.String `tfsdk:"on_destroy"`
	DowngradeTo  types.String `tfsdk:"downgrade_role"`
	Adopt        types.Bool   `tfsdk:"adopt_existing"`

	RoleName            types.String `tfsdk:"role_name"`
	PrincipalEmail      types.String `tfsdk:"principal_email"`
	UserID              types.String `tfsdk:"user_id"`
	InvitationID        types.String `tfsdk:"invitation_id"`
	InvitationState     types.String `tfsdk:"invitation_state"`
	InvitationExpiresAt types.String `tfsdk:"invitation_expires_at"`
	ManagedBy           types.String `tfsdk:"managed_by"`
	InvitedAt           types.String `tfsdk:"invited_at"`
	AcceptedAt          types.String `tfsdk:"accepted_at"`
	CreatedAt           types.String `tfsdk:"created_at"`
	AccountID           types.String `tfsdk:"account_id"`
	ExternalIDs         types.Map    `tfsdk:"external_ids"`
}

// membership is the model of raff_project_member. For a member of the account, the attributes of projects are null.
type membership struct {
	memberModel
	ProjectID types.String `tfsdk:"project_id"`
	MemberID  types.String `tfsdk:"member_id"`
}

func (r *memberResource) typeName() string {
	if r.inProject {
		return "raff_project_member"
	}
	return "raff_member"
}

func (r *memberResource) roleScope() string {
	if r.inProject {
		return api.ScopeProject
	}
	return api.ScopeAccount
}

// load reads a plan, a state or a configuration.
func (r *memberResource) load(ctx context.Context, from interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}, m *membership) diag.Diagnostics {
	if r.inProject {
		return from.Get(ctx, m)
	}
	return from.Get(ctx, &m.memberModel)
}

// store writes a plan or a state.
func (r *memberResource) store(ctx context.Context, to interface {
	Set(ctx context.Context, value any) diag.Diagnostics
}, m membership) diag.Diagnostics {
	if r.inProject {
		return to.Set(ctx, m)
	}
	return to.Set(ctx, m.memberModel)
}

func (r *memberResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.typeName()
}

func (r *memberResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan membership
	resp.Diagnostics.Append(r.load(ctx, req.Plan, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, plan.AccountID.ValueString(), "member "+plan.principal(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	if !r.settleRole(ctx, &plan, &resp.Diagnostics) {
		return
	}
	m, inTheWay, err := r.enter(ctx, plan, &resp.Diagnostics)
	if inTheWay != "" {
		there, _ := r.now(ctx, plan.as(inTheWay)) // only for the message
		resp.Diagnostics.AddError(r.alreadyMember(plan, inTheWay, there))
		return
	}
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "add the member "+plan.principal(), err)
		return
	}
	// From here on the member exists; later steps may fail, but must not lose its ID.
	made := plan
	made.fill(m)
	resp.Diagnostics.Append(r.store(ctx, &resp.State, made)...)
	r.identify(ctx, resp.Identity, made.ID, &resp.Diagnostics)
	if r.inProject && known(plan.Email) {
		// The response to an invitation does not say whether the person was already in the account, and so is active.
		if m, err = r.now(ctx, made); err != nil {
			r.report(ctx, &resp.Diagnostics, "read the member "+plan.principal(), err)
			return
		}
	}
	if m, err = r.bring(ctx, m, plan); err != nil {
		r.report(ctx, &resp.Diagnostics, "set the status of the member "+plan.principal(), err)
		return
	}
	plan.settle(m)
	resp.Diagnostics.Append(r.store(ctx, &resp.State, plan)...)
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteOwner, m.IsOwner)...)
	see(ctx, resp.Private, m.UpdatedAt, &resp.Diagnostics)
}

func (r *memberResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, end := r.hush(ctx, hushRead, &resp.Diagnostics)
	defer end()
	var state membership
	resp.Diagnostics.Append(r.load(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics) // also if the object no longer exists
	if r.asleep(ctx, &resp.Diagnostics, "member "+state.principal()) {
		return
	}
	r.handovers.keep(state.memberID())
	project := state.ProjectID.ValueString()
	m, err := r.membersIn(project).read(ctx, project, state.memberID())
	if client.IsNotFound(err) && state.dropped() {
		return // removed by on_declined = "remove"
	}
	if r.unread(ctx, req, resp, state.AccountID, "member "+state.principal(), err) {
		return
	}
	state.fill(m)
	state.seeRole(m)
	resp.Diagnostics.Append(r.store(ctx, &resp.State, state)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics) // another provider may have written another ID
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteOwner, m.IsOwner)...)
	see(ctx, resp.Private, m.UpdatedAt, &resp.Diagnostics)
}

func (r *memberResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state membership
	resp.Diagnostics.Append(r.load(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(r.load(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, homeOf(ctx, state.AccountID, req.Private), "member "+state.principal(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.names(state) {
		resp.Diagnostics.AddAttributeError(plan.selector(), "This turned out to be another member", fmt.Sprintf(
			"The member was unknown when the change was planned. It is %s, but the state has %s. Nothing was changed. Run the plan again: it replaces the member.",
			plan.named(), state.principal()))
		return
	}
	if plan.drops(state) || state.dropped() {
		r.drop(ctx, plan, state, resp)
		return
	}
	if !r.settleRole(ctx, &plan, &resp.Diagnostics) {
		return
	}
	m, sure, err := r.amend(ctx, seen(ctx, req.Private), plan, state)
	if err == nil {
		tellOfKeys(state.principal(), m.KeysCreated, &resp.Diagnostics)
	}
	if err == nil && plan.renews(state) {
		m, err = r.resend(ctx, m, state)
	}
	if client.IsNotFound(err) {
		resp.Diagnostics.AddError("The member "+state.principal()+" no longer exists",
			"It was removed after the plan was made. Run the plan again to add the member again.")
		return
	}
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "change the member "+state.principal(), err)
		return
	}
	plan.settle(m)
	resp.Diagnostics.Append(r.store(ctx, &resp.State, plan)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
	seeIf(ctx, sure, resp.Private, m.UpdatedAt, &resp.Diagnostics)
}

func (r *memberResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state membership
	resp.Diagnostics.Append(r.load(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, homeOf(ctx, state.AccountID, req.Private), "member "+state.principal(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	if state.keptOnDestroy() {
		r.leave(ctx, state, resp)
		return
	}
	done, err := r.dismiss(ctx, state, &resp.Diagnostics)
	r.removed(ctx, "remove", "member "+state.principal(), err, &resp.Diagnostics)
	if err != nil || done == nil {
		return
	}
	tellOfLeft(state.principal(), done, &resp.Diagnostics)
	r.tellOfProjects(ctx, state.principal(), done.ProjectRoles, &resp.Diagnostics)
}

// ImportState accepts the ID of the member, an email, user:<id> or api_key:<id>; in a project, after <project_id>/. The
// form decides which argument identifies the member in the state, so that the next plan is empty.
func (r *memberResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(ctx, &resp.Diagnostics) {
		return
	}
	id := r.imported(ctx, req, &resp.Diagnostics)
	project, ref := types.StringNull(), id
	if r.inProject {
		before, after, ok := strings.Cut(id, "/")
		if before = strings.ToLower(before); !ok || !uuid.Valid(before) {
			resp.Diagnostics.AddError("Not a project member", fmt.Sprintf(
				"%q has no project. Use <project ID>/<member ID>, or an email, user:<user ID> or api_key:<API key ID> after the slash.", id))
			return
		}
		project, ref = types.StringValue(before), after
	}
	m, err := r.findMember(ctx, project.ValueString(), ref)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "import the member "+id, err)
		return
	}
	state := found(project, m, strings.HasPrefix(ref, userPrefix))
	r.planned(state, plannedCreate, "", &resp.Diagnostics) // destroying it at another address would remove the imported member
	resp.Diagnostics.Append(r.store(ctx, &resp.State, state)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
}

// found is the state of an existing member, with the argument that a configuration would use: the email, unless it is
// an API key or byUser prefers the user ID.
func found(project types.String, m *api.Member, byUser bool) membership {
	state := membership{ProjectID: project}
	switch {
	case m.APIKeyID != nil:
		state.APIKeyID = types.StringPointerValue(m.APIKeyID)
	case byUser:
		state.TargetUserID = types.StringPointerValue(m.UserID)
	default:
		state.Email = types.StringValue(m.Email)
	}
	state.fill(m)
	state.RoleID = types.StringValue(m.RoleID)
	if m.InvitationState == api.InvitationExpired {
		// A configuration generated from this state has the same value, and its plan is empty. A manual configuration without
		// on_expired plans to resend the invitation.
		state.OnExpired = types.StringValue(expiredWarn)
	}
	return state
}
