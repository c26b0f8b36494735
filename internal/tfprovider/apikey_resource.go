package tfprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/client"
)

var (
	_ resource.ResourceWithConfigure   = (*apiKeyResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*apiKeyResource)(nil)
	_ resource.ResourceWithImportState = (*apiKeyResource)(nil)
)

// apiKeyResource is an API key of the account.
type apiKeyResource struct{ *session }

func newAPIKeyResource() resource.Resource { return &apiKeyResource{} }

type apiKeyModel struct {
	ID              types.String `tfsdk:"id"`
	Name            types.String `tfsdk:"name"`
	RoleID          types.String `tfsdk:"role_id"`
	RateLimitTier   types.String `tfsdk:"rate_limit_tier"`
	ExpiresAt       types.String `tfsdk:"expires_at"`
	IsActive        types.Bool   `tfsdk:"is_active"`
	RotationTrigger types.String `tfsdk:"rotation_trigger"`
	KeyPrefix       types.String `tfsdk:"key_prefix"`
	Secret          types.String `tfsdk:"secret"`
	CreatedAt       types.String `tfsdk:"created_at"`
}

func (r *apiKeyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_api_key"
}

func (r *apiKeyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An API key of the account. It is a principal of its own, with its own roles, and not a copy of whoever made it.\n\n" +
			"The secret is in the state, because the server tells it only once: keep the state where only those can read it who may have the key. " +
			"After an import the secret is null; changing `rotation_trigger` makes a new one.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 128)},
				MarkdownDescription: "Name that people see, 1 to 128 characters.",
			},
			"role_id": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Validators: []validator.String{isUUID()},
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.UseStateForUnknown(),
					stringplanmodifier.RequiresReplaceIfConfigured(),
				},
				MarkdownDescription: "Id of the account role the key gets. Changing it replaces the key. Left out, the key's role is not managed here: " +
					"give it one with `raff_member`, whose role changes in place.",
			},
			"rate_limit_tier": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       stays,
				Validators:          []validator.String{stringvalidator.OneOf(api.TierStandard, api.TierHigh)},
				MarkdownDescription: "`standard`, or `high`, which only the operator of the server sets.",
			},
			"expires_at": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{instantValidator{}},
				MarkdownDescription: "When the key stops working, in RFC 3339. Two spellings of one moment are the same. Left out, it never expires.",
			},
			"is_active": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Whether the key works. Left out, it is whatever it is on the server.",
			},
			"rotation_trigger": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Any text. When it changes from one value to another, the key gets a new secret in place and the old one stops working at once. " +
					"Setting it for the first time only records it.",
			},
			"id":         schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "Id of the key."},
			"key_prefix": schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "First characters of the secret, to recognize the key by."},
			"secret":     schema.StringAttribute{Computed: true, Sensitive: true, PlanModifiers: stays, MarkdownDescription: "The secret; null after an import."},
			"created_at": schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "When the key was made."},
		},
	}
}

func (r *apiKeyResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.session = sessionOf(req.ProviderData)
}

// ModifyPlan keeps another spelling of the same moment from being a change, and shows a rotation.
func (r *apiKeyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, state apiKeyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.RoleID.Equal(state.RoleID) {
		r.checkRole(ctx, api.ScopeAccount, plan.RoleID, &resp.Diagnostics)
	}
	if sameInstant(plan.ExpiresAt, state.ExpiresAt) {
		plan.ExpiresAt = state.ExpiresAt
	}
	if plan.rotates(state) {
		plan.Secret, plan.KeyPrefix = types.StringUnknown(), types.StringUnknown()
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

func (r *apiKeyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan apiKeyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	in := api.CreateAPIKeyRequest{Name: plan.Name.ValueStringPointer(), ExpiresAt: plan.ExpiresAt.ValueStringPointer()}
	if known(plan.RoleID) {
		in.RoleID = plan.RoleID.ValueStringPointer()
	}
	if known(plan.RateLimitTier) {
		in.RateLimitTier = plan.RateLimitTier.ValueStringPointer()
	}
	k, err := r.client.APIKeys.Create(ctx, in)
	if errors.Is(err, client.ErrSecretLost) {
		k, err = r.client.APIKeys.Regenerate(ctx, k.ID, api.RegenerateAPIKeyRequest{})
	}
	if err != nil {
		r.reportRole(ctx, &resp.Diagnostics, api.ScopeAccount, "create the API key "+plan.Name.ValueString(), err)
		return
	}
	inactive := !plan.IsActive.IsUnknown() && !plan.IsActive.IsNull() && !plan.IsActive.ValueBool()
	plan.fill(&k.APIKey)
	plan.Secret = types.StringValue(k.Secret)
	// The secret exists nowhere else: it is in the state before anything else can fail.
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteAccount, k.AccountID)...)
	if !inactive {
		return
	}
	no := false
	off, err := r.client.APIKeys.Update(ctx, k.ID, api.UpdateAPIKeyRequest{IsActive: &no})
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "deactivate the API key "+plan.Name.ValueString(), err)
		return
	}
	plan.fill(off)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *apiKeyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state apiKeyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	k, err := r.apiKeys.read(ctx, "", state.ID.ValueString())
	if client.IsNotFound(err) {
		if r.gone(ctx, req.Private, "API key "+state.Name.ValueString(), &resp.Diagnostics) {
			resp.State.RemoveResource(ctx)
		}
		return
	}
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "read the API key "+state.Name.ValueString(), err)
		return
	}
	state.fill(k)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteAccount, k.AccountID)...)
}

func (r *apiKeyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state apiKeyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	id, doing := state.ID.ValueString(), "change the API key "+state.Name.ValueString()
	if plan.rotates(state) {
		k, err := r.client.APIKeys.Regenerate(ctx, id, api.RegenerateAPIKeyRequest{})
		if err != nil {
			r.report(ctx, &resp.Diagnostics, "make a new secret for the API key "+state.Name.ValueString(), err)
			return
		}
		// What is in the state from here on is the key with its new secret, whatever comes of the other changes. A new
		// secret also starts the key's lifetime anew, which the change below sets right.
		state.fill(&k.APIKey)
		state.Secret, state.RotationTrigger = types.StringValue(k.Secret), plan.RotationTrigger
		plan.Secret = state.Secret
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	k, err := r.change(ctx, id, plan.changes(state))
	if err != nil {
		r.report(ctx, &resp.Diagnostics, doing, err)
		return
	}
	plan.settle(k)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *apiKeyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state apiKeyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	_, err := r.client.APIKeys.Revoke(ctx, state.ID.ValueString())
	r.removed(ctx, req.Private, "revoke", "API key "+state.Name.ValueString(), err, &resp.Diagnostics)
}

// ImportState accepts the id of the key.
func (r *apiKeyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := strings.ToLower(req.ID)
	if !uuidPattern.MatchString(id) {
		resp.Diagnostics.AddError("Not an id of an API key", fmt.Sprintf("%q is not an id. Use the id of the key, not its secret or prefix.", redacted(req.ID)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

// redacted is what may be shown of something that could be a secret.
func redacted(s string) string {
	if len(s) > 13 {
		return s[:13] + "…"
	}
	return s
}

// rotates reports that the plan makes a new secret. The first trigger a key gets changes nothing: whoever imports a key
// and writes its trigger down must not break those who use it.
func (m apiKeyModel) rotates(state apiKeyModel) bool {
	return known(state.RotationTrigger) && !m.RotationTrigger.IsNull() && !m.RotationTrigger.Equal(state.RotationTrigger)
}

func (m apiKeyModel) changes(state apiKeyModel) api.UpdateAPIKeyRequest {
	c := api.UpdateAPIKeyRequest{
		Name:          ifChanged(m.Name, state.Name),
		RateLimitTier: ifChanged(m.RateLimitTier, state.RateLimitTier),
	}
	if !m.IsActive.IsUnknown() && !m.IsActive.Equal(state.IsActive) {
		c.IsActive = m.IsActive.ValueBoolPointer()
	}
	switch {
	case sameInstant(m.ExpiresAt, state.ExpiresAt):
	case m.ExpiresAt.IsNull():
		c.ExpiresAt = api.Null[string]()
	default:
		c.ExpiresAt = api.Some(m.ExpiresAt.ValueString())
	}
	return c
}

// change makes the change, if there is any, and returns the key as it is then.
func (r *apiKeyResource) change(ctx context.Context, id string, c api.UpdateAPIKeyRequest) (*api.APIKey, error) {
	if c == (api.UpdateAPIKeyRequest{}) {
		return r.client.APIKeys.Get(ctx, id)
	}
	return r.client.APIKeys.Update(ctx, id, c)
}

// fill takes over what the server says, which is never the secret.
func (m *apiKeyModel) fill(from *api.APIKey) {
	m.ID = types.StringValue(from.ID)
	m.Name = types.StringValue(from.Name)
	m.RoleID = types.StringPointerValue(from.RoleID)
	m.RateLimitTier = types.StringValue(from.RateLimitTier)
	m.ExpiresAt = keepInstant(m.ExpiresAt, from.ExpiresAt)
	m.IsActive = types.BoolValue(from.IsActive)
	m.KeyPrefix = types.StringValue(from.KeyPrefix)
	m.CreatedAt = timestamp(&from.CreatedAt)
}

// settle is fill for a plan: what it promised stays, though the key may have been changed elsewhere meanwhile. The next
// refresh takes over the rest.
func (m *apiKeyModel) settle(from *api.APIKey) {
	planned := *m
	m.fill(from)
	m.Name, m.ExpiresAt = planned.Name, planned.ExpiresAt
	keepPromise(&m.RoleID, planned.RoleID)
	keepPromise(&m.RateLimitTier, planned.RateLimitTier)
	keepPromise(&m.IsActive, planned.IsActive)
	keepPromise(&m.KeyPrefix, planned.KeyPrefix)
}
