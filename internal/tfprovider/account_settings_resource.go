package tfprovider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
)

var (
	_ resource.ResourceWithConfigure   = (*accountSettingsResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*accountSettingsResource)(nil)
	_ resource.ResourceWithImportState = (*accountSettingsResource)(nil)
	_ resource.ResourceWithIdentity    = (*accountSettingsResource)(nil)
)

// accountSettingsResource is the settings of the API key's account. They always exist, so creating the resource adopts
// them and destroying it changes nothing.
type accountSettingsResource struct{ managed }

func newAccountSettingsResource() resource.Resource { return &accountSettingsResource{} }

type accountSettingsModel struct {
	ID                  types.String `tfsdk:"id"`
	Name                types.String `tfsdk:"name"`
	GrantPolicy         types.String `tfsdk:"grant_policy"`
	RequireSecondFactor types.Bool   `tfsdk:"require_second_factor"`
	Language            types.String `tfsdk:"language"`
	AuditRetentionDays  types.Int64  `tfsdk:"audit_retention_days"`
	CreatedAt           types.String `tfsdk:"created_at"`
}

func (r *accountSettingsResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account_settings"
}

func (r *accountSettingsResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	const inPerson = " An API key cannot change it. If the account has another value, the plan fails and says who can change it and where; if it has this value, the plan is empty."
	resp.Schema = schema.Schema{
		MarkdownDescription: "The settings of the account that the API key belongs to: its name, its language and two security settings. " +
			"Terraform can change the name and the language. `grant_policy` and `require_second_factor` can only be changed by people, on the Settings page of the dashboard; here they are checked, so that a plan fails if someone relaxes them.\n\n" +
			"Use it once per account. Creating it adopts the existing settings; destroying it changes nothing.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: append([]planmodifier.String{atPlan(nameRule(64))}, stays...),
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 64)},
				MarkdownDescription: "Name of the account, 1 to 64 characters. If omitted, the name is not managed.",
			},
			"grant_policy": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: stays,
				Validators: []validator.String{stringvalidator.OneOf(api.GrantPolicyDelegated, api.GrantPolicyStrict)},
				MarkdownDescription: "`delegated`: anyone who manages members can assign any role except Owner. `strict`: only someone who holds every permission of a role can assign it. Only the Owner can change it." +
					inPerson,
			},
			"require_second_factor": schema.BoolAttribute{
				Optional: true, Computed: true,
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Whether people need a second factor to access the account." + inPerson,
			},
			"language": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: stays,
				Validators:          []validator.String{stringvalidator.OneOf(api.LanguageAuto, "en", "de")},
				MarkdownDescription: "Language of the dashboard and of emails, for people who have not chosen one: `en`, `de`, or `auto`, which is the language of the browser on pages and English in emails. If omitted, the language is not managed.",
			},
			"audit_retention_days": schema.Int64Attribute{
				Computed: true, PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
				MarkdownDescription: "For how many days audit events are kept; null means forever. Only the operator of the server can change it.",
			},
			"id":         schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "ID of the account."},
			"created_at": schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "When the account was created."},
		},
	}
}

// settingsOf is the name of the settings in messages.
const settingsOf = "settings of the account"

// ModifyPlan refuses an API key of another account, and changes that the server only allows to a person.
func (r *accountSettingsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !r.connected() {
		return
	}
	ctx, end := r.hush(ctx, hushPlan, &resp.Diagnostics)
	defer end()
	if req.State.Raw.IsNull() {
		var account types.String
		r.planAccount(ctx, &account, &resp.Diagnostics)
		if known(account) {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), account)...)
		}
	} else {
		var home types.String
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &home)...)
		r.atHome(ctx, home.ValueString(), settingsOf, &resp.Diagnostics)
		defer func() { r.confirmHome(ctx, home.ValueString(), settingsOf, req, resp) }()
	}
	if req.Plan.Raw.IsNull() || resp.Diagnostics.HasError() {
		return
	}
	r.refusePersonal(ctx, req, resp)
}

// refusePersonal refuses changes that the server only allows to a person.
func (r *accountSettingsResource) refusePersonal(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var config, state accountSettingsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() || !config.personal(state) || !r.reach(ctx, &resp.Diagnostics) {
		return
	}
	a, err := r.client.Account.Get(ctx)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "read the settings of the account", err)
		return
	}
	if want := config.GrantPolicy; known(want) && want.ValueString() != a.GrantPolicy {
		resp.Diagnostics.AddAttributeError(path.Root("grant_policy"), "The grant policy of the account is "+a.GrantPolicy, fmt.Sprintf(
			"The configuration says %s, and an API key cannot change it. Ask the Owner to change it in the dashboard (Settings, \"Who can assign roles\"), or set grant_policy = %q.",
			want.ValueString(), a.GrantPolicy))
	}
	if want := config.RequireSecondFactor; !want.IsNull() && !want.IsUnknown() && want.ValueBool() != a.RequireSecondFactor {
		is := map[bool]string{true: "requires a second factor", false: "does not require a second factor"}
		resp.Diagnostics.AddAttributeError(path.Root("require_second_factor"), "The account "+is[a.RequireSecondFactor], fmt.Sprintf(
			"The configuration says otherwise, and an API key cannot change it. Ask someone who can change the settings to do it in the dashboard (Settings, \"Second factor\"), or set require_second_factor = %t.",
			a.RequireSecondFactor))
	}
}

// personal reports whether the configuration has a setting for people that is not the one in the state.
func (m accountSettingsModel) personal(state accountSettingsModel) bool {
	return known(m.GrantPolicy) && !m.GrantPolicy.Equal(state.GrantPolicy) ||
		!m.RequireSecondFactor.IsNull() && !m.RequireSecondFactor.Equal(state.RequireSecondFactor)
}

func (r *accountSettingsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan accountSettingsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, plan.ID.ValueString(), settingsOf, &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	a, err := r.client.Account.Get(ctx)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "read the settings of the account", err)
		return
	}
	if a = r.bring(ctx, a, plan, &resp.Diagnostics); a == nil {
		return
	}
	plan.settle(a)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, plan.ID, &resp.Diagnostics)
}

// bring changes what differs from the plan. It returns nil after an error.
func (r *accountSettingsResource) bring(ctx context.Context, a *api.Account, plan accountSettingsModel, diags *diag.Diagnostics) *api.Account {
	var c api.UpdateAccountRequest
	if known(plan.Name) && plan.Name.ValueString() != a.Name {
		c.Name = plan.Name.ValueStringPointer()
	}
	if known(plan.GrantPolicy) && plan.GrantPolicy.ValueString() != a.GrantPolicy {
		c.GrantPolicy = plan.GrantPolicy.ValueStringPointer()
	}
	if f := plan.RequireSecondFactor; !f.IsNull() && !f.IsUnknown() && f.ValueBool() != a.RequireSecondFactor {
		c.RequireSecondFactor = f.ValueBoolPointer()
	}
	if known(plan.Language) && plan.Language.ValueString() != a.Language {
		c.Language = plan.Language.ValueStringPointer()
	}
	if c == (api.UpdateAccountRequest{}) {
		return a
	}
	changed, err := r.client.Account.Update(ctx, c)
	if err != nil {
		r.report(ctx, diags, "change the settings of the account", err)
		return nil
	}
	r.whoami.rename(changed.Name)
	return changed
}

func (r *accountSettingsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, end := r.hush(ctx, hushRead, &resp.Diagnostics)
	defer end()
	var state accountSettingsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
	if r.asleep(ctx, &resp.Diagnostics, settingsOf) {
		return
	}
	a, err := r.client.Account.Get(ctx)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "read the settings of the account", err)
		return
	}
	if !r.sameAccount(ctx, state.ID.ValueString(), settingsOf, &resp.Diagnostics) {
		return
	}
	state.fill(a)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *accountSettingsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state accountSettingsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, state.ID.ValueString(), settingsOf, &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	a, err := r.client.Account.Get(ctx)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "read the settings of the account", err)
		return
	}
	if lines := plan.clash(state, a); len(lines) > 0 {
		(&changedMeanwhile{settingsOf, lines}).tell(&resp.Diagnostics)
		return
	}
	if a = r.bring(ctx, a, plan.since(state), &resp.Diagnostics); a == nil {
		return
	}
	plan.settle(a)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, plan.ID, &resp.Diagnostics)
}

// clash lists what the plan changes and someone else has changed.
func (m accountSettingsModel) clash(state accountSettingsModel, now *api.Account) []string {
	return slices.Concat(clash("name", state.Name, m.Name, types.StringValue(now.Name)),
		clash("grant_policy", state.GrantPolicy, m.GrantPolicy, types.StringValue(now.GrantPolicy)),
		clash("require_second_factor", state.RequireSecondFactor, m.RequireSecondFactor, types.BoolValue(now.RequireSecondFactor)),
		clash("language", state.Language, m.Language, types.StringValue(now.Language)))
}

// since is the difference between state and plan. Other settings may have been changed elsewhere and are left as they are.
func (m accountSettingsModel) since(state accountSettingsModel) accountSettingsModel {
	if m.Name.Equal(state.Name) {
		m.Name = types.StringNull()
	}
	if m.GrantPolicy.Equal(state.GrantPolicy) {
		m.GrantPolicy = types.StringNull()
	}
	if m.RequireSecondFactor.Equal(state.RequireSecondFactor) {
		m.RequireSecondFactor = types.BoolNull()
	}
	if m.Language.Equal(state.Language) {
		m.Language = types.StringNull()
	}
	return m
}

// Delete changes nothing: an account always has settings. An API key of another account does not remove them from the state.
func (r *accountSettingsResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var home types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &home)...)
	if r.connected() {
		r.elsewhere(ctx, home.ValueString(), settingsOf, &resp.Diagnostics)
	}
}

// ImportState accepts the ID of the account.
func (r *accountSettingsResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(ctx, &resp.Diagnostics) {
		return
	}
	id := strings.ToLower(r.imported(ctx, req, &resp.Diagnostics))
	me, err := r.whoami.get(ctx)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "find out whose API key this is", err)
		return
	}
	if id != me.Account.ID {
		resp.Diagnostics.AddError("Not the account of the API key", fmt.Sprintf(
			"The import ID is %q, but the API key belongs to the account %q with the ID %s. Import that ID.", redacted(id), me.Account.Name, me.Account.ID))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	r.identify(ctx, resp.Identity, types.StringValue(id), &resp.Diagnostics)
}

func (m *accountSettingsModel) fill(from *api.Account) {
	m.ID = types.StringValue(from.ID)
	m.Name = types.StringValue(from.Name)
	m.GrantPolicy = types.StringValue(from.GrantPolicy)
	m.RequireSecondFactor = types.BoolValue(from.RequireSecondFactor)
	m.Language = types.StringValue(from.Language)
	m.AuditRetentionDays = types.Int64Null()
	if from.AuditRetentionDays != nil {
		m.AuditRetentionDays = types.Int64Value(int64(*from.AuditRetentionDays))
	}
	m.CreatedAt = timestamp(&from.CreatedAt)
}

// settle is fill after an apply: planned values are kept, even if the settings were changed elsewhere in the meantime.
func (m *accountSettingsModel) settle(from *api.Account) {
	planned := *m
	m.fill(from)
	keepPromise(&m.Name, planned.Name)
	keepPromise(&m.GrantPolicy, planned.GrantPolicy)
	keepPromise(&m.RequireSecondFactor, planned.RequireSecondFactor)
	keepPromise(&m.Language, planned.Language)
	keepPromise(&m.AuditRetentionDays, planned.AuditRetentionDays)
	keepPromise(&m.CreatedAt, planned.CreatedAt)
}
