package tfprovider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/client"
)

var (
	_ resource.ResourceWithConfigure        = (*memberResource)(nil)
	_ resource.ResourceWithConfigValidators = (*memberResource)(nil)
	_ resource.ResourceWithModifyPlan       = (*memberResource)(nil)
	_ resource.ResourceWithImportState      = (*memberResource)(nil)
)

// memberResource is a membership of the account: a person, an invited address or an API key, with one role.
type memberResource struct{ *session }

func newMemberResource() resource.Resource { return &memberResource{} }

type memberModel struct {
	ID           types.String `tfsdk:"id"`
	Email        types.String `tfsdk:"email"`
	TargetUserID types.String `tfsdk:"target_user_id"`
	APIKeyID     types.String `tfsdk:"api_key_id"`
	RoleID       types.String `tfsdk:"role_id"`
	Status       types.String `tfsdk:"status"`
	OnExpired    types.String `tfsdk:"on_expired"`
	Adopt        types.Bool   `tfsdk:"adopt_existing"`

	RoleName            types.String `tfsdk:"role_name"`
	PrincipalEmail      types.String `tfsdk:"principal_email"`
	UserID              types.String `tfsdk:"user_id"`
	InvitationID        types.String `tfsdk:"invitation_id"`
	InvitationState     types.String `tfsdk:"invitation_state"`
	InvitationExpiresAt types.String `tfsdk:"invitation_expires_at"`
	AcceptedAt          types.String `tfsdk:"accepted_at"`
	CreatedAt           types.String `tfsdk:"created_at"`
}

func (r *memberResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_member"
}

func (r *memberResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A member of the account: somebody invited by email, a user, or an API key, with one account role.\n\n" +
			"The `id` never changes: not when the invitation is accepted, nor when the role or the status changes, nor when an expired invitation is sent again. " +
			"Give exactly one of `email`, `target_user_id` and `api_key_id`. Naming the same person or key another way changes nothing; naming another one replaces the member.",
		Attributes: map[string]schema.Attribute{
			"email": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{emailValidator{}},
				MarkdownDescription: "Address to invite. The member is pending until the person accepts, and the plan stays empty when they do. " +
					"Upper and lower case do not matter.",
			},
			"target_user_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{isUUID()},
				MarkdownDescription: "Id of a user who is or was in the account. They are a member at once, without an invitation.",
			},
			"api_key_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{isUUID()},
				MarkdownDescription: "Id of an API key of the account, to give it a role in the account.",
			},
			"role_id": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{isUUID()},
				MarkdownDescription: "Id of an account role. Changing it changes the role in place, also while the invitation is open.",
			},
			"status": schema.StringAttribute{
				Optional:      true,
				Computed:      true,
				PlanModifiers: stays,
				Validators:    []validator.String{stringvalidator.OneOf(api.StatusActive, api.StatusSuspended)},
				MarkdownDescription: "`active` or `suspended`. `active` is satisfied by a member who has not accepted yet, and undoes a suspension made elsewhere. " +
					"`suspended` on an open invitation holds it: its link is refused. Left out, the status is whatever it is on the server and is never changed.",
			},
			"on_expired": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(expiredResend, expiredWarn, expiredIgnore)},
				MarkdownDescription: "What to do about an invitation that ran out: `resend` (the default) plans an update that sends a new link for the same member, " +
					"`warn` says so at every plan, `ignore` says nothing.",
			},
			"adopt_existing": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Take over a member who is there already, instead of failing when this resource is created: the role and the status of the configuration are set on it. " +
					"Default: `false`.",
			},
			"id":                    computed("Id of the membership, for life."),
			"role_name":             computed("Name of the role."),
			"principal_email":       computed("Address of the member as the server knows it. An API key has `<api_key_id>@api-key.invalid`."),
			"user_id":               computed("Id of the user; null while the invitation is open, and for API keys."),
			"invitation_id":         computed("Id of the invitation that is open, expired or declined."),
			"invitation_state":      computed("How far the invitation is: `none`, `queued`, `sent`, `failed`, `expired` or `declined`."),
			"invitation_expires_at": computed("When the invitation runs out or ran out."),
			"accepted_at":           computed("When the invitation was accepted."),
			"created_at":            computed("When the membership was made."),
		},
	}
}

func (r *memberResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{resourcevalidator.ExactlyOneOf(
		path.MatchRoot("email"), path.MatchRoot("target_user_id"), path.MatchRoot("api_key_id"),
	)}
}

func (r *memberResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.session = sessionOf(req.ProviderData)
}

func (r *memberResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan memberModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	m, err := r.client.Members.Add(ctx, api.AddMemberRequest{
		Email:        plan.Email.ValueStringPointer(),
		TargetUserID: plan.TargetUserID.ValueStringPointer(),
		APIKeyID:     plan.APIKeyID.ValueStringPointer(),
		RoleID:       plan.RoleID.ValueStringPointer(),
	})
	if id := memberInTheWay(err); id != "" {
		if !plan.Adopt.ValueBool() {
			resp.Diagnostics.AddError(r.alreadyMember(ctx, plan, id))
			return
		}
		// Nothing was made, so nothing is in the state until the member is what the plan says: a failure on the way
		// would mark somebody else's member as tainted, and the next apply would remove it.
		m, err = r.adopt(ctx, plan, id)
	}
	if err != nil {
		report(&resp.Diagnostics, "add the member "+plan.principal(), err)
		return
	}
	// From here on the member exists; whatever follows may fail, but must not lose its id.
	made := plan
	made.fill(m)
	resp.Diagnostics.Append(resp.State.Set(ctx, made)...)
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteAccount, m.AccountID)...)
	if m, err = r.bring(ctx, m, plan); err != nil {
		report(&resp.Diagnostics, "set the status of the member "+plan.principal(), err)
		return
	}
	plan.settle(m)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *memberResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state memberModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	m, err := r.members.read(ctx, "", state.ID.ValueString())
	if client.IsNotFound(err) {
		if r.gone(ctx, req.Private, "The member "+state.principal(), &resp.Diagnostics) {
			resp.State.RemoveResource(ctx)
		}
		return
	}
	if err != nil {
		report(&resp.Diagnostics, "read the member "+state.principal(), err)
		return
	}
	state.fill(m)
	state.RoleID = types.StringValue(m.RoleID)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteAccount, m.AccountID)...)
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteOwner, m.IsOwner)...)
}

func (r *memberResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state memberModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	m, err := r.change(ctx, state.ID.ValueString(), plan.changes(state.RoleID.ValueString(), state.Status.ValueString()))
	if err == nil && plan.renews(state) {
		m, err = r.resend(ctx, m)
	}
	if client.IsNotFound(err) {
		resp.Diagnostics.AddError("The member "+state.principal()+" is gone",
			"It was removed after the plan was made. Run the plan again: it will add the member anew.")
		return
	}
	if err != nil {
		report(&resp.Diagnostics, "change the member "+state.principal(), err)
		return
	}
	plan.settle(m)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *memberResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state memberModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	done, err := r.client.Members.Remove(ctx, state.ID.ValueString())
	if client.IsNotFound(err) {
		return
	}
	if err != nil {
		report(&resp.Diagnostics, "remove the member "+state.principal(), err)
		return
	}
	if left := leftBehind(done); left != "" {
		resp.Diagnostics.AddWarning("What "+state.principal()+" made keeps working", left)
	}
}

// ImportState accepts the id of the member, an email address, user:<id> or api_key:<id>. The form decides which
// argument the state names the member by, so that the plan after it is empty.
func (r *memberResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(&resp.Diagnostics) {
		return
	}
	m, err := r.findMember(ctx, req.ID)
	if err != nil {
		report(&resp.Diagnostics, "import the member "+req.ID, err)
		return
	}
	state := memberModel{ID: types.StringValue(m.ID)}
	switch {
	case m.APIKeyID != nil:
		state.APIKeyID = types.StringPointerValue(m.APIKeyID)
	case strings.HasPrefix(req.ID, userPrefix):
		state.TargetUserID = types.StringPointerValue(m.UserID)
	default:
		state.Email = types.StringValue(m.Email)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}
