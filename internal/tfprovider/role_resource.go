package tfprovider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
	"raff/internal/uuid"
)

var (
	_ resource.ResourceWithConfigure   = (*roleResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*roleResource)(nil)
	_ resource.ResourceWithImportState = (*roleResource)(nil)
	_ resource.ResourceWithIdentity    = (*roleResource)(nil)
)

// roleResource is a custom role.
type roleResource struct{ managed }

func newRoleResource() resource.Resource { return &roleResource{} }

type roleModel struct {
	ID                 types.String `tfsdk:"id"`
	Name               types.String `tfsdk:"name"`
	Slug               types.String `tfsdk:"slug"`
	Description        types.String `tfsdk:"description"`
	Scope              types.String `tfsdk:"scope"`
	Permissions        types.Set    `tfsdk:"permissions"`
	ReassignOnDeleteTo types.String `tfsdk:"reassign_on_delete_to"`
	CreatedAt          types.String `tfsdk:"created_at"`
	AccountID          types.String `tfsdk:"account_id"`
	ExternalIDs        types.Map    `tfsdk:"external_ids"`
}

// noun names the role in messages.
func (m roleModel) noun() string { return "role " + m.Name.ValueString() }

func (r *roleResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_role"
}

func (r *roleResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	replaces := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		Version: stateVersion,
		MarkdownDescription: "A custom role: a named set of permissions of one scope. Changing its permissions affects every holder, effective on the next request. " +
			"System roles are the same in every account and cannot be changed; look them up with the data source `raff_role`.\n\n" +
			"A role that is in use cannot be deleted. If a change replaces a role, use `lifecycle { create_before_destroy = true }`, so that members move to the new role before the old one is deleted, " +
			"or `reassign_on_delete_to`.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 64)},
				PlanModifiers:       []planmodifier.String{atPlan(nameRule(64))},
				MarkdownDescription: "Display name, 1 to 64 characters, unique in the scope.",
			},
			"slug": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       append(replaces, atPlan(isSlug())),
				MarkdownDescription: "Slug: lower-case letters, digits and hyphens. Changing it replaces the role.",
			},
			"description": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(""),
				Validators:          []validator.String{stringvalidator.UTF8LengthAtMost(500)},
				PlanModifiers:       []planmodifier.String{atPlan(descriptionRule())},
				MarkdownDescription: "Description, at most 500 characters.",
			},
			"scope": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaces,
				Validators:          []validator.String{isScope()},
				MarkdownDescription: "`account` for an account role, `project` for a project role. Changing it replaces the role.",
			},
			"permissions": schema.SetAttribute{
				Required:            true,
				ElementType:         types.StringType,
				PlanModifiers:       []planmodifier.Set{setAtPlan(setvalidator.SizeAtLeast(1))},
				MarkdownDescription: "Names of permissions of the role's scope; the data source `raff_permissions` lists them. An unknown name is refused during plan, with the closest match.",
			},
			"reassign_on_delete_to": schema.StringAttribute{
				Optional:            true,
				PlanModifiers:       []planmodifier.String{atPlan(isUUID())},
				MarkdownDescription: "ID of a role of the same scope that replaces this role for its holders when it is deleted. It must be applied before the deletion.",
			},
			"id":           schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "ID of the role."},
			"created_at":   schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "When the role was created."},
			"account_id":   accountAttribute(),
			"external_ids": externalIDsAttribute("role"),
		},
	}
}

// ModifyPlan refuses permissions that do not exist or belong to the other scope.
func (r *roleResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !r.connected() {
		return
	}
	ctx, end := r.hush(ctx, hushPlan, &resp.Diagnostics)
	defer end()
	if req.Plan.Raw.IsNull() {
		r.planDeletion(ctx, req, resp)
		return
	}
	var plan roleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.plannedRoles.Store(roleKey{plan.Scope.ValueString(), plan.Slug.ValueString()}, true)
	var state roleModel
	if req.State.Raw.IsNull() {
		r.planAccount(ctx, &plan.AccountID, &resp.Diagnostics)
		r.checkRoleFree(ctx, plan, state, &resp.Diagnostics)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	} else {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		r.handovers.keep(state.ID.ValueString())
		home := homeOf(ctx, state.AccountID, req.Private)
		if !r.atHome(ctx, home, state.noun(), &resp.Diagnostics) {
			return
		}
		defer func() { r.confirmHome(ctx, home, state.noun(), req, resp) }()
		if !plan.Name.Equal(state.Name) {
			r.checkRoleFree(ctx, plan, state, &resp.Diagnostics)
		} else if known(plan.Slug) && !plan.Slug.Equal(state.Slug) && plan.Scope.Equal(state.Scope) {
			resp.Diagnostics.AddAttributeWarning(path.Root("name"), fmt.Sprintf("The role %s is replaced and keeps its name", state.Name.ValueString()),
				"Names are unique, so the old role is deleted before the new one is created, which is refused while the role is in use. "+bothNames)
		}
		if plan.Permissions.Equal(state.Permissions) && plan.Scope.Equal(state.Scope) {
			return
		}
	}
	r.checkPermissions(ctx, plan.Scope, plan.Permissions, &resp.Diagnostics)
}

// planDeletion refuses the key of another account.
func (r *roleResource) planDeletion(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state roleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.elsewhere(ctx, homeOf(ctx, state.AccountID, req.Private), state.noun(), &resp.Diagnostics)
}

func (r *roleResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan roleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	permissions := stringsOf(ctx, plan.Permissions, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, plan.AccountID.ValueString(), "role "+plan.Name.ValueString(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	role, err := r.client.Roles.Create(ctx, api.CreateRoleRequest{
		Name:        plan.Name.ValueStringPointer(),
		Slug:        plan.Slug.ValueStringPointer(),
		Description: plan.Description.ValueStringPointer(),
		Scope:       plan.Scope.ValueStringPointer(),
		Permissions: &permissions,
		ExternalIDs: externalIDsIn(plan.ExternalIDs),
	})
	r.roles.forget()
	if code := client.Code(err); code == "slug_taken" || code == "name_taken" {
		if d := r.takenBy(ctx, plan); d != nil {
			resp.Diagnostics.Append(d)
			return
		}
	}
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "create the role "+plan.Name.ValueString(), err)
		return
	}
	resp.Diagnostics.Append(plan.fill(ctx, role)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, plan.ID, &resp.Diagnostics)
	see(ctx, resp.Private, role.UpdatedAt, &resp.Diagnostics)
}

func (r *roleResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, end := r.hush(ctx, hushRead, &resp.Diagnostics)
	defer end()
	var state roleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics) // also if the object no longer exists
	if r.asleep(ctx, &resp.Diagnostics, state.noun()) {
		return
	}
	r.handovers.keep(state.ID.ValueString())
	role, err := r.findRole(ctx, state.ID.ValueString())
	if r.unread(ctx, req, resp, state.AccountID, state.noun(), err) {
		return
	}
	resp.Diagnostics.Append(state.fill(ctx, role)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	see(ctx, resp.Private, role.UpdatedAt, &resp.Diagnostics)
}

func (r *roleResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state roleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	permissions := stringsOf(ctx, plan.Permissions, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, homeOf(ctx, state.AccountID, req.Private), state.noun(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	c := api.UpdateRoleRequest{
		Name:        ifChanged(plan.Name, state.Name),
		Description: ifChanged(plan.Description, state.Description),
		ExternalIDs: externalIDChange(plan.ExternalIDs, externalIDsIn(state.ExternalIDs)),
	}
	if !plan.Permissions.Equal(state.Permissions) {
		c.Permissions = &permissions
	}
	plan.AccountID = types.StringValue(r.accountID())
	if c != (api.UpdateRoleRequest{}) { // reassign_on_delete_to is not stored on the server
		role, sure, err := amend(ctx, seen(ctx, req.Private), r.amendment(plan, state, c))
		r.roles.forget()
		if err != nil {
			r.report(ctx, &resp.Diagnostics, "change the role "+state.Name.ValueString(), err)
			return
		}
		plan.settle(role)
		seeIf(ctx, sure, resp.Private, role.UpdatedAt, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
}

// amendment is the change from state to plan.
func (r *roleResource) amendment(plan, state roleModel, c api.UpdateRoleRequest) amendment[api.Role] {
	id := state.ID.ValueString()
	return amendment[api.Role]{
		what: "role " + state.Name.ValueString(),
		send: func(ctx context.Context, only client.CallOption) (*api.Role, error) {
			return r.client.Roles.Update(ctx, id, c, only)
		},
		read: func(ctx context.Context) (*api.Role, error) { return r.client.Roles.Get(ctx, id) },
		at:   func(now *api.Role) time.Time { return now.UpdatedAt },
		clash: func(now *api.Role) []string {
			return slices.Concat(clash("name", state.Name, plan.Name, types.StringValue(now.Name)),
				clash("description", state.Description, plan.Description, types.StringValue(now.Description)),
				clashOfSet(state.Permissions, plan.Permissions, now.Permissions),
				clash("external_ids", state.ExternalIDs, plan.ExternalIDs, externalIDsOf(now.ExternalIDs)))
		},
	}
}

// settle sets the computed values after an apply. Planned values are kept, even if the role was changed elsewhere in
// the meantime. The next refresh shows the rest.
func (m *roleModel) settle(from *api.Role) {
	m.ID, m.CreatedAt, m.AccountID = types.StringValue(from.ID), timestamp(&from.CreatedAt), types.StringPointerValue(from.AccountID)
	if m.ExternalIDs.IsUnknown() {
		m.ExternalIDs = externalIDsOf(from.ExternalIDs)
	}
}

func (r *roleResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state roleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, homeOf(ctx, state.AccountID, req.Private), state.noun(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := r.client.Roles.Delete(ctx, state.ID.ValueString(), client.DeleteRoleOptions{ReassignTo: state.ReassignOnDeleteTo.ValueString()})
	r.roles.forget()
	if to := state.ReassignOnDeleteTo.ValueString(); err == nil && to != "" {
		r.reassigned.Store(state.ID.ValueString(), to)
	}
	if e, ok := errors.AsType[*client.Error](err); ok && e.Code == "role_in_use" {
		resp.Diagnostics.AddError("The role "+state.Name.ValueString()+" is still in use", r.explain(ctx, e)+
			"\n\nTo delete it, assign its holders another role first, or set reassign_on_delete_to to the ID of the replacement role and apply that first. "+bothNames)
		return
	}
	r.removed(ctx, "delete", state.noun(), err, &resp.Diagnostics)
}

// takenBy reports the conflicting role; nil if none is visible.
func (r *roleResource) takenBy(ctx context.Context, plan roleModel) diag.Diagnostic {
	roles, err := r.roles.get(ctx)
	if err != nil {
		return nil
	}
	for _, o := range roles {
		if o.Scope != plan.Scope.ValueString() {
			continue
		}
		if d := roleTaken(o, plan); d != nil {
			return d
		}
	}
	return nil
}

// ImportState accepts the ID of the role or <scope>/<slug>.
func (r *roleResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(ctx, &resp.Diagnostics) {
		return
	}
	ref := r.imported(ctx, req, &resp.Diagnostics)
	role, err := r.importRole(ctx, ref)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "import the role "+ref, err)
		return
	}
	if role.IsSystem {
		resp.Diagnostics.AddError("The role "+role.Name+" cannot be managed",
			"It is a system role, which every account has. Use the data source raff_role to refer to it.")
		return
	}
	var state roleModel
	resp.Diagnostics.Append(state.fill(ctx, role)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
}

func (r *roleResource) importRole(ctx context.Context, ref string) (*api.Role, error) {
	if scope, slug, ok := strings.Cut(ref, "/"); ok {
		return r.roleBySlug(ctx, scope, slug)
	}
	id := strings.ToLower(ref)
	if !uuid.Valid(id) {
		return nil, fmt.Errorf("%q is not the ID of a role. Use the role's ID, or scope and slug such as account/auditor", ref)
	}
	role, err := r.client.Roles.Get(ctx, id)
	if client.IsNotFound(err) {
		return nil, fmt.Errorf("the account has no role with the ID %s", id)
	}
	return role, err
}

func (m *roleModel) fill(ctx context.Context, from *api.Role) (diags diag.Diagnostics) {
	m.ID = types.StringValue(from.ID)
	m.Name = types.StringValue(from.Name)
	m.Slug = types.StringValue(from.Slug)
	m.Description = types.StringValue(from.Description)
	m.Scope = types.StringValue(from.Scope)
	m.Permissions, diags = types.SetValueFrom(ctx, types.StringType, from.Permissions)
	m.CreatedAt = timestamp(&from.CreatedAt)
	m.AccountID = types.StringPointerValue(from.AccountID)
	m.ExternalIDs = externalIDsOf(from.ExternalIDs)
	return diags
}
