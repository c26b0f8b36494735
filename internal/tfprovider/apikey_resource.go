package tfprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
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
	"raff/api/client"
	"raff/internal/uuid"
)

var (
	_ resource.ResourceWithConfigure        = (*apiKeyResource)(nil)
	_ resource.ResourceWithConfigValidators = (*apiKeyResource)(nil)
	_ resource.ResourceWithModifyPlan       = (*apiKeyResource)(nil)
	_ resource.ResourceWithImportState      = (*apiKeyResource)(nil)
	_ resource.ResourceWithIdentity         = (*apiKeyResource)(nil)
)

// apiKeyResource is an API key of the account.
type apiKeyResource struct{ managed }

func newAPIKeyResource() resource.Resource { return &apiKeyResource{} }

type apiKeyModel struct {
	ID              types.String `tfsdk:"id"`
	Name            types.String `tfsdk:"name"`
	RoleID          types.String `tfsdk:"role_id"`
	RateLimitTier   types.String `tfsdk:"rate_limit_tier"`
	ExpiresAt       types.String `tfsdk:"expires_at"`
	IsActive        types.Bool   `tfsdk:"is_active"`
	Lifetime        types.String `tfsdk:"lifetime"`
	RotationTrigger types.String `tfsdk:"rotation_trigger"`
	RotateBefore    types.String `tfsdk:"rotate_before"`
	GraceSeconds    types.Int64  `tfsdk:"grace_seconds"`
	StoreSecret     types.Bool   `tfsdk:"store_secret"`
	KeyPrefix       types.String `tfsdk:"key_prefix"`
	Secret          types.String `tfsdk:"secret"`
	CreatedAt       types.String `tfsdk:"created_at"`
	AccountID       types.String `tfsdk:"account_id"`
	MemberID        types.String `tfsdk:"member_id"`
	ExternalIDs     types.Map    `tfsdk:"external_ids"`
}

func (r *apiKeyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_api_key"
}

func (r *apiKeyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		Version: stateVersion,
		MarkdownDescription: "An API key of the account. It is a separate principal with its own roles, independent of its creator.\n\n" +
			"The secret is stored in the state, because the server returns it only once: restrict access to the state to those who may have the key, or set `store_secret = false`. " +
			"For a key that is only needed during a run, use the ephemeral resource of the same name. " +
			"After an import the secret is null; change `rotation_trigger` to create a new one.\n\n" +
			"A plan that revokes, replaces, rotates or disables the provider's own API key is refused.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 128)},
				PlanModifiers:       []planmodifier.String{atPlan(nameRule(128))},
				MarkdownDescription: "Display name, 1 to 128 characters.",
			},
			"role_id": schema.StringAttribute{
				Optional:      true,
				Computed:      true,
				PlanModifiers: append([]planmodifier.String{atPlan(isUUID())}, stays...),
				MarkdownDescription: "ID of the account role of the key. The role can be changed in place: the key keeps its ID and its secret. " +
					"If omitted, the role is not managed here and can be assigned with `raff_member`. Do not manage the role of a key in both places.",
			},
			"rate_limit_tier": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       stays,
				Validators:          []validator.String{stringvalidator.OneOf(api.TierStandard, api.TierHigh)},
				MarkdownDescription: "`standard`, or `high`, which only the operator of the server can set.",
			},
			"expires_at": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{stringvalidator.ConflictsWith(path.MatchRoot("lifetime"))},
				PlanModifiers:       []planmodifier.String{atPlan(instantValidator{})},
				MarkdownDescription: "When the key expires, in RFC 3339. Different spellings of the same time are equal. Without `expires_at` and `lifetime`, the key never expires.",
			},
			"lifetime": schema.StringAttribute{
				Optional:      true,
				PlanModifiers: []planmodifier.String{atPlan(durationValidator{time.Minute})},
				MarkdownDescription: "How long a secret is valid after it was created: days such as `90d`, or hours and minutes such as `36h`. `expires_at` then shows when it expires. " +
					"A change applies to the next secret.",
			},
			"is_active": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Whether the key is enabled. If omitted, this is not managed.",
			},
			"rotation_trigger": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Any text. When it changes from one value to another, the key gets a new secret in place and the old one stops working immediately, or after `grace_seconds`. " +
					"Setting it for the first time does not rotate the secret.",
			},
			"grace_seconds": schema.Int64Attribute{
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(0, maxGrace)},
				MarkdownDescription: "How many seconds the old secret keeps working after a rotation, 0 to 604800 (seven days), so that users of the key have time to switch. " +
					"Default: 0. It never works beyond the key's expiry.",
			},
			"rotate_before": schema.StringAttribute{
				Optional:      true,
				PlanModifiers: []planmodifier.String{atPlan(durationValidator{time.Minute})},
				MarkdownDescription: "How long before the key expires a plan includes its rotation, such as `14d`: the key gets a new secret in place, and the old one stops working at apply, or after `grace_seconds`. " +
					"With `lifetime`, the new secret is valid for the same duration again; with a fixed `expires_at`, the rotation waits until that is set to a later time, and a warning says so.",
			},
			"store_secret": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "`false` discards the secret instead of storing it in the state: the user of the key creates a new one in the dashboard or with `raff api-key rotate`, " +
					"while the role, the lifetime and the expiry of the key are managed here. Default: `true`.",
			},
			"id":           schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "ID of the key."},
			"key_prefix":   schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "First characters of the secret, to identify the key."},
			"secret":       schema.StringAttribute{Computed: true, Sensitive: true, PlanModifiers: stays, MarkdownDescription: "The secret; null after an import, and with `store_secret = false`."},
			"created_at":   schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "When the key was created."},
			"account_id":   accountAttribute(),
			"external_ids": externalIDsAttribute("key"),
			"member_id": schema.StringAttribute{Computed: true, PlanModifiers: stays,
				MarkdownDescription: "ID of the key's account membership, for example for `raff_members_exclusive`; null for a key without an account role."},
		},
	}
}

func (r *apiKeyResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{rotationValidator{}}
}

func (r *apiKeyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan apiKeyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, plan.AccountID.ValueString(), "API key "+plan.Name.ValueString(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	plan.setExpiry(r.clock())
	in := api.CreateAPIKeyRequest{Name: plan.Name.ValueStringPointer(), ExpiresAt: plan.ExpiresAt.ValueStringPointer(), ExternalIDs: externalIDsIn(plan.ExternalIDs)}
	if known(plan.RoleID) {
		in.RoleID = plan.RoleID.ValueStringPointer()
	}
	if known(plan.RateLimitTier) {
		in.RateLimitTier = plan.RateLimitTier.ValueStringPointer()
	}
	k, err := r.client.APIKeys.Create(ctx, in)
	lost := errors.Is(err, client.ErrSecretLost) && plan.stores()
	if err != nil && !errors.Is(err, client.ErrSecretLost) {
		r.report(ctx, &resp.Diagnostics, "create the API key "+plan.Name.ValueString(), err)
		return
	}
	inactive := !plan.IsActive.IsUnknown() && !plan.IsActive.IsNull() && !plan.IsActive.ValueBool()
	plan.fill(&k.APIKey)
	plan.keep(k.Secret)
	// The secret exists nowhere else, so store it in the state before anything else can fail.
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, plan.ID, &resp.Diagnostics)
	if lost {
		if k, err = secretAgain(ctx, r.client, k.ID); err != nil {
			r.report(ctx, &resp.Diagnostics, "get the secret of the API key "+plan.Name.ValueString(), err)
			return
		}
		plan.KeyPrefix = types.StringValue(k.KeyPrefix)
		plan.keep(k.Secret)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
	if !inactive {
		return
	}
	no := false
	off, err := r.client.APIKeys.Update(ctx, k.ID, api.UpdateAPIKeyRequest{IsActive: &no})
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "disable the API key "+plan.Name.ValueString(), err)
		return
	}
	plan.fill(off)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *apiKeyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, end := r.hush(ctx, hushRead, &resp.Diagnostics)
	defer end()
	var state apiKeyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics) // also if the object no longer exists
	if r.asleep(ctx, &resp.Diagnostics, state.noun()) {
		return
	}
	k, err := r.apiKeys.read(ctx, "", state.ID.ValueString())
	if r.unread(ctx, req, resp, state.AccountID, state.noun(), err) {
		return
	}
	state.fill(k)
	if known(state.Secret) && !strings.HasPrefix(state.Secret.ValueString(), k.KeyPrefix) {
		state.Secret = types.StringNull()
		resp.Diagnostics.AddWarning("The secret of the API key "+state.Name.ValueString()+" was changed outside of Terraform",
			"The key has a new secret, which starts with "+k.KeyPrefix+" and cannot be read. The secret in the state is no longer valid and was removed. "+
				"To get a secret here again, change rotation_trigger, which creates a new one.")
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *apiKeyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state apiKeyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, homeOf(ctx, state.AccountID, req.Private), state.noun(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	id, doing := state.ID.ValueString(), "change the API key "+state.Name.ValueString()
	plan.setExpiry(r.clock())
	k, err := r.client.APIKeys.Get(ctx, id)
	if err == nil {
		err = r.clash(plan, state, k)
	}
	if err != nil {
		r.report(ctx, &resp.Diagnostics, doing, err)
		return
	}
	version := k.UpdatedAt
	if plan.KeyPrefix.IsUnknown() { // as planned, whatever the time is now
		k, err := r.rotate(ctx, version, plan, state)
		if errors.Is(err, client.ErrSecretLost) && plan.stores() {
			if k, err = secretAgain(ctx, r.client, id); err == nil {
				plan.warnOfGrace(&resp.Diagnostics)
			}
		}
		if err != nil && !errors.Is(err, client.ErrSecretLost) {
			r.report(ctx, &resp.Diagnostics, "create a new secret for the API key "+state.Name.ValueString(), err)
			return
		}
		// From here on the state has the key with its new secret, whether or not the other changes succeed. A new secret also
		// restarts the key's lifetime, which the change below corrects.
		state.fill(&k.APIKey)
		plan.keep(k.Secret)
		state.Secret, state.RotationTrigger = plan.Secret, plan.RotationTrigger
		version = k.UpdatedAt
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	if known(plan.RoleID) && !plan.RoleID.Equal(state.RoleID) {
		if err := r.giveRole(ctx, plan, state); err != nil {
			r.report(ctx, &resp.Diagnostics, "change the role of the API key "+state.Name.ValueString(), err)
			return
		}
	}
	k, err = r.change(ctx, version, plan, state)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, doing, err)
		return
	}
	plan.settle(k)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
}

func (r *apiKeyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state apiKeyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, homeOf(ctx, state.AccountID, req.Private), state.noun(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := r.client.APIKeys.Revoke(ctx, state.ID.ValueString())
	r.removed(ctx, "revoke", state.noun(), err, &resp.Diagnostics)
}

// ImportState accepts the ID of the key.
func (r *apiKeyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	ref := r.imported(ctx, req, &resp.Diagnostics)
	id := types.StringValue(strings.ToLower(ref))
	if !uuid.Valid(id.ValueString()) {
		resp.Diagnostics.AddError("Not the ID of an API key", fmt.Sprintf("%q is not an ID. Use the ID of the key, not its secret or prefix.", redacted(ref)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	r.identify(ctx, resp.Identity, id, &resp.Diagnostics)
}

// redacted is the part of a possible secret that may be shown.
func redacted(s string) string {
	if len(s) > 13 {
		return s[:13] + "…"
	}
	return s
}

// keep stores a new secret in the state, or discards it, as configured.
func (m *apiKeyModel) keep(secret string) {
	m.Secret = types.StringNull()
	if m.stores() {
		m.Secret = types.StringValue(secret)
	}
}

// setExpiry sets the expiry of the key if the plan left it unknown until apply.
func (m *apiKeyModel) setExpiry(now time.Time) {
	if m.ExpiresAt.IsUnknown() {
		ends := now.Add(durationOf(m.Lifetime)).Truncate(time.Second)
		m.ExpiresAt = timestamp(&ends)
	}
}

// maxGrace is the longest grace period that the server allows, in seconds.
const maxGrace = 604800

func (m apiKeyModel) regenerate() (in api.RegenerateAPIKeyRequest) {
	if !m.GraceSeconds.IsNull() && !m.GraceSeconds.IsUnknown() {
		seconds := int(m.GraceSeconds.ValueInt64())
		in.GraceSeconds = &seconds
	}
	return in
}

// giveRole assigns the key its account role, which is the role of its membership, whether or not it already has one.
func (r *apiKeyResource) giveRole(ctx context.Context, plan, state apiKeyModel) error {
	id, roleID := state.ID.ValueString(), plan.RoleID.ValueString()
	page, err := r.listMembers(ctx, "", client.ListMembersOptions{Email: id + "@api-key.invalid", ListOptions: client.ListOptions{Limit: 1}})
	switch {
	case err != nil:
	case len(page.Data) == 0:
		_, err = r.addMember(ctx, "", api.AddMemberRequest{APIKeyID: &id, RoleID: &roleID})
	default:
		member := page.Data[0].ID
		_, _, err = amend(ctx, time.Time{}, amendment[api.Member]{
			what: state.noun(),
			send: func(ctx context.Context, only client.CallOption) (*api.Member, error) {
				return r.updateMember(ctx, "", member, api.UpdateMemberRequest{RoleID: &roleID}, only)
			},
			read: func(ctx context.Context) (*api.Member, error) { return r.getMember(ctx, "", member) },
			at:   func(now *api.Member) time.Time { return now.UpdatedAt },
			clash: func(now *api.Member) []string {
				return r.clashOfRole(state.RoleID, plan.RoleID, "", now.RoleID, now.RoleName)
			},
		})
	}
	return err
}

func (m apiKeyModel) changes(state apiKeyModel) api.UpdateAPIKeyRequest {
	c := api.UpdateAPIKeyRequest{
		Name:          ifChanged(m.Name, state.Name),
		RateLimitTier: ifChanged(m.RateLimitTier, state.RateLimitTier),
		ExternalIDs:   externalIDChange(m.ExternalIDs, externalIDsIn(state.ExternalIDs)),
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

// fill sets the model from the server's response, which never has the secret.
func (m *apiKeyModel) fill(from *api.APIKey) {
	m.ID = types.StringValue(from.ID)
	m.Name = types.StringValue(from.Name)
	m.RoleID = types.StringPointerValue(from.RoleID)
	m.RateLimitTier = types.StringValue(from.RateLimitTier)
	m.ExpiresAt = keepInstant(m.ExpiresAt, from.ExpiresAt)
	m.IsActive = types.BoolValue(from.IsActive)
	m.KeyPrefix = types.StringValue(from.KeyPrefix)
	m.CreatedAt = timestamp(&from.CreatedAt)
	m.AccountID = types.StringValue(from.AccountID)
	m.MemberID = types.StringPointerValue(from.MemberID)
	m.ExternalIDs = externalIDsOf(from.ExternalIDs)
}

// settle is fill after an apply: planned values are kept, even if the key was changed elsewhere in the meantime. The
// next refresh shows the rest.
func (m *apiKeyModel) settle(from *api.APIKey) {
	planned := *m
	m.fill(from)
	m.Name, m.ExpiresAt = planned.Name, planned.ExpiresAt
	keepPromise(&m.RoleID, planned.RoleID)
	keepPromise(&m.RateLimitTier, planned.RateLimitTier)
	keepPromise(&m.IsActive, planned.IsActive)
	keepPromise(&m.KeyPrefix, planned.KeyPrefix)
	keepPromise(&m.AccountID, planned.AccountID)
	keepPromise(&m.MemberID, planned.MemberID)
	keepPromise(&m.ExternalIDs, planned.ExternalIDs)
}
