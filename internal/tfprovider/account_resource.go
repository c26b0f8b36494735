package tfprovider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
	"raff/internal/uuid"
)

var (
	_ resource.ResourceWithConfigure   = (*accountResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*accountResource)(nil)
	_ resource.ResourceWithImportState = (*accountResource)(nil)
	_ resource.ResourceWithIdentity    = (*accountResource)(nil)
)

// accountResource is an account of the server, managed by its operator.
type accountResource struct{ operated }

func newAccountResource() resource.Resource { return &accountResource{} }

func (r *accountResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account"
}

func (r *accountResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	number := func(least int64, what string) schema.Int64Attribute {
		return schema.Int64Attribute{Optional: true, Validators: []validator.Int64{int64validator.AtLeast(least)}, MarkdownDescription: "Maximum number of " + what + "; without it, only the quota of the server applies."}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An account of the server, for the operator of the platform. It needs `operator_key` in the provider block.\n\n" +
			"**Destroying it deletes the customer's account after a grace period** (`deletion_grace_days`). From then on, its API keys and sessions are refused. " +
			"During the grace period, the account can be exported, and restored with `raff operator account resume`. Afterwards all its data is removed, which cannot be undone. " +
			"Use `lifecycle { prevent_destroy = true }` to prevent that from happening by accident.\n\n" +
			"`api_key` and `owner_link` are known only if Terraform created the account, and are stored in the state.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.UTF8LengthBetween(1, 64)}, PlanModifiers: []planmodifier.String{atPlan(nameRule(64))},
				MarkdownDescription: "Name of the account, 1 to 64 characters. Can be changed in place. The account can change it as well.",
			},
			"owner_email": schema.StringAttribute{
				Required: true, Validators: []validator.String{emailValidator{}},
				MarkdownDescription: "Email of the person who becomes the Owner when the account is created. If you change it here, that person, who must be an active member, becomes the Owner, " +
					"and the former Owner an Admin. If the Owner transfers the ownership themselves, Terraform does not revert that: see `current_owner_email`.",
			},
			"limits": schema.SingleNestedAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Limits of the account. Lowering a limit removes nothing: it only prevents adding more. If omitted, the limits are not managed; `{}` removes all.",
				Attributes: map[string]schema.Attribute{
					"members": number(1, "people, including those who are invited"), "projects": number(1, "projects"),
					"api_keys": number(0, "API keys"), "roles": number(0, "custom roles"),
				},
			},
			"attributes": schema.MapAttribute{
				ElementType: types.StringType, Optional: true, Computed: true, PlanModifiers: []planmodifier.Map{mapplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Your own attributes of the account, such as its plan or its ID in another system. Attributes that are not listed here are removed. The account does not see them. If omitted, they are not managed.",
			},
			"branding": brandingAttribute(),
			"audit_retention_days": schema.Int64Attribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
				Validators:          []validator.Int64{int64validator.Any(int64validator.OneOf(0), int64validator.Between(30, 36500))},
				MarkdownDescription: "For how many days audit events are kept, from 30 on; `0` means forever. A shorter time takes effect 7 days after it was set. If omitted, it is not managed.",
			},
			"suspended": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Whether the account is suspended: its API keys and sessions are refused. If omitted, a suspension made elsewhere stays; `false` undoes it.",
			},
			"deletion_grace_days": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.Between(7, 365)},
				MarkdownDescription: "For how many days the account can be resumed after Terraform destroys it, 7 to 365. Default: 30.",
			},
			"id":                  schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "ID of the account."},
			"current_owner_email": schema.StringAttribute{Computed: true, MarkdownDescription: "Email of the person who owns the account now."},
			"default_project_id":  schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "ID of the Default project. Null after an import."},
			"api_key": schema.StringAttribute{
				Computed: true, Sensitive: true, PlanModifiers: stays,
				MarkdownDescription: "Secret of the API key with the Owner role that is created with the account, for example for another provider block. Null after an import.",
			},
			"owner_link": schema.StringAttribute{
				Computed: true, Sensitive: true, PlanModifiers: stays,
				MarkdownDescription: "Link that lets the Owner set a password, valid for 7 days. Null if they already have a password, and after an import.",
			},
			"created_at": schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "When the account was created."},
		},
	}
}

// ModifyPlan says what a destruction does, and keeps the current Owner of the state if the plan does not change it.
func (r *accountResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, state accountModel
	if req.State.Raw.IsNull() {
		return
	}
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.AddWarning(fmt.Sprintf("Destroying deletes the account %q", state.Name.ValueString()), fmt.Sprintf(
			"From then on, its API keys and sessions are refused. For %d days, it can be restored with raff operator account resume %s. "+
				"Afterwards all its data is removed, which cannot be undone.", state.grace(), state.ID.ValueString()))
		return
	}
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !resp.Diagnostics.HasError() && sameEmail(plan.OwnerEmail, state.OwnerEmail) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("current_owner_email"), state.CurrentOwnerEmail)...)
	}
}

func (r *accountResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan accountModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.operatorReady(&resp.Diagnostics) {
		return
	}
	ctx, stop := r.finish(ctx)
	defer stop()
	made, err := r.operator.Accounts.Create(ctx, api.CreateAccountRequest{
		Name: plan.Name.ValueStringPointer(), OwnerEmail: plan.OwnerEmail.ValueStringPointer(), Limits: plan.newLimits(), Attributes: plan.attributeChange(accountModel{}),
		Branding: plan.brandingChange(accountModel{}),
	})
	if err != nil {
		r.reportOperator(&resp.Diagnostics, "create the account "+plan.Name.ValueString(), err)
		return
	}
	plan.DefaultProjectID, plan.APIKey, plan.OwnerLink = types.StringValue(made.DefaultProjectID), optional(made.APIKey), optional(made.OwnerLink)
	account := &made.OperatedAccount
	if days := plan.retentionChange(accountModel{}); days.Set {
		changed, err := r.operator.Accounts.Update(ctx, made.ID, api.UpdateOperatedAccountRequest{AuditRetentionDays: days})
		if err != nil {
			r.reportOperator(&resp.Diagnostics, "set the audit retention of the new account "+plan.Name.ValueString(), err)
		} else {
			account = changed
		}
	}
	if plan.Suspended.ValueBool() {
		suspended, err := r.operator.Accounts.Suspend(ctx, made.ID, "")
		if err != nil {
			r.reportOperator(&resp.Diagnostics, "suspend the new account "+plan.Name.ValueString(), err)
		} else {
			account = suspended
		}
	}
	plan.settle(account)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, plan.ID, &resp.Diagnostics)
	if made.APIKey == "" {
		resp.Diagnostics.AddWarning("The key of the new account is not known", "The account was created, but its API key and link were lost with the first response, and a repeated request does not get them again. "+
			"The Owner can request a password link on the sign-in page, or you can create one with: raff operator person password-link <email>.")
	}
}

func (r *accountResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state accountModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
	if r.operator == nil {
		return // its settings come from a resource that does not exist yet
	}
	account, err := r.operator.Accounts.Get(ctx, state.ID.ValueString())
	switch {
	case client.IsNotFound(err):
		resp.Diagnostics.AddWarning("Removed outside of Terraform", "The account "+state.Name.ValueString()+" no longer exists on the server, so it is removed from the state. "+
			"If it is still in the configuration, the plan creates another account.")
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		r.reportOperator(&resp.Diagnostics, "read the account "+state.Name.ValueString(), err)
		return
	case account.DeleteAt != nil:
		resp.Diagnostics.AddWarning(fmt.Sprintf("The account %q is being deleted", account.Name), fmt.Sprintf(
			"It was deleted outside of Terraform and can be resumed until %s: raff operator account resume %s", timestamp(account.DeleteAt).ValueString(), account.ID))
	}
	state.fill(account)
	if !known(state.OwnerEmail) { // after an import
		state.OwnerEmail = state.CurrentOwnerEmail
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *accountResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state accountModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.operatorReady(&resp.Diagnostics) {
		return
	}
	ctx, stop := r.finish(ctx)
	defer stop()
	account, err := r.bring(ctx, plan, state)
	if err != nil {
		r.reportOperator(&resp.Diagnostics, "change the account "+state.Name.ValueString(), err)
		return
	}
	for _, secret := range []*types.String{&plan.APIKey, &plan.OwnerLink, &plan.DefaultProjectID} {
		if secret.IsUnknown() { // after an import
			*secret = types.StringNull()
		}
	}
	plan.settle(account)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, plan.ID, &resp.Diagnostics)
}

// bring makes the account what the plan says, where that differs from the state.
func (r *accountResource) bring(ctx context.Context, plan, state accountModel) (*api.OperatedAccount, error) {
	id := state.ID.ValueString()
	change := api.UpdateOperatedAccountRequest{Name: ifChanged(plan.Name, state.Name), Limits: plan.limitChange(state), Attributes: plan.attributeChange(state), Branding: plan.brandingChange(state), AuditRetentionDays: plan.retentionChange(state)}
	if change.Name != nil || change.Limits != nil || change.Attributes != nil || change.Branding.Set || change.AuditRetentionDays.Set {
		if _, err := r.operator.Accounts.Update(ctx, id, change); err != nil {
			return nil, err
		}
	}
	if !sameEmail(plan.OwnerEmail, state.OwnerEmail) && !sameEmail(plan.OwnerEmail, state.CurrentOwnerEmail) {
		if _, err := r.operator.Accounts.ChangeOwner(ctx, id, api.ChangeOwnerRequest{Email: plan.OwnerEmail.ValueStringPointer()}); err != nil {
			return nil, err
		}
	}
	if s := plan.Suspended; !s.IsUnknown() && !s.Equal(state.Suspended) {
		var err error
		if s.ValueBool() {
			_, err = r.operator.Accounts.Suspend(ctx, id, "")
		} else {
			_, err = r.operator.Accounts.Resume(ctx, id)
		}
		if err != nil {
			return nil, err
		}
	}
	return r.operator.Accounts.Get(ctx, id)
}

// Delete starts the grace period. An account that is being deleted already keeps its own.
func (r *accountResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state accountModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.operatorReady(&resp.Diagnostics) {
		return
	}
	ctx, stop := r.finish(ctx)
	defer stop()
	account, err := r.operator.Accounts.Get(ctx, state.ID.ValueString())
	if err == nil && account.DeleteAt == nil {
		days := int(state.grace())
		_, err = r.operator.Accounts.Delete(ctx, state.ID.ValueString(), client.DeleteAccountOptions{GraceDays: &days})
	}
	if err != nil && !client.IsNotFound(err) {
		r.reportOperator(&resp.Diagnostics, "delete the account "+state.Name.ValueString(), err)
	}
}

// ImportState accepts the ID of the account.
func (r *accountResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := strings.ToLower(r.imported(ctx, req, &resp.Diagnostics))
	if !uuid.Valid(id) {
		resp.Diagnostics.AddError("Not the ID of an account", fmt.Sprintf("The import ID is %q. Import the ID of the account, which raff operator account list shows.", redacted(id)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	r.identify(ctx, resp.Identity, types.StringValue(id), &resp.Diagnostics)
}
