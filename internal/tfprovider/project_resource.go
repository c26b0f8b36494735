package tfprovider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
	"raff/internal/uuid"
)

var (
	_ resource.ResourceWithConfigure   = (*projectResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*projectResource)(nil)
	_ resource.ResourceWithImportState = (*projectResource)(nil)
	_ resource.ResourceWithIdentity    = (*projectResource)(nil)
)

// projectResource is a project of the account.
type projectResource struct{ managed }

func newProjectResource() resource.Resource { return &projectResource{} }

// projectModel is a project, as the resource and the data sources show it.
type projectModel struct {
	ID            types.String `tfsdk:"id"`
	Name          types.String `tfsdk:"name"`
	Slug          types.String `tfsdk:"slug"`
	Description   types.String `tfsdk:"description"`
	DefaultRegion types.String `tfsdk:"default_region"`
	IsDefault     types.Bool   `tfsdk:"is_default"`
	CreatedAt     types.String `tfsdk:"created_at"`
	AccountID     types.String `tfsdk:"account_id"`
	ExternalIDs   types.Map    `tfsdk:"external_ids"`
}

// noun names the project in messages.
func (m projectModel) noun() string { return "project " + m.Name.ValueString() }

func (r *projectResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_project"
}

func (r *projectResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		Version: stateVersion,
		MarkdownDescription: "A project of the account: a group of resources with its own members.\n\n" +
			"Every account has one Default project. It can be imported and renamed, but not deleted: a plan that would delete it is refused. " +
			"Deleting a project removes its memberships; the members stay in the account.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 64)},
				PlanModifiers:       []planmodifier.String{atPlan(nameRule(64))},
				MarkdownDescription: "Display name, 1 to 64 characters, unique in the account. Can be changed in place.",
			},
			"description": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(""),
				Validators:          []validator.String{stringvalidator.UTF8LengthAtMost(500)},
				PlanModifiers:       []planmodifier.String{atPlan(descriptionRule())},
				MarkdownDescription: "Description, at most 500 characters.",
			},
			"default_region": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       append([]planmodifier.String{atPlan(stringvalidator.OneOf("us-east"))}, stays...), // the only region in the contract
				MarkdownDescription: "Default region of resources in the project. If omitted, the server chooses.",
			},
			"is_default": schema.BoolAttribute{
				Computed:            true,
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Whether this is the account's Default project.",
			},
			"id":           schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "ID of the project."},
			"slug":         schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "Slug, derived from the first name. It never changes."},
			"created_at":   schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "When the project was created."},
			"account_id":   accountAttribute(),
			"external_ids": externalIDsAttribute("project"),
		},
	}
}

// ModifyPlan refuses to destroy the Default project, and the key of another account.
func (r *projectResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	ctx, end := r.hush(ctx, hushPlan, &resp.Diagnostics)
	defer end()
	if !req.Plan.Raw.IsNull() {
		r.planProject(ctx, req, resp)
		return
	}
	var state projectModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if r.connected() && r.elsewhere(ctx, homeOf(ctx, state.AccountID, req.Private), state.noun(), &resp.Diagnostics) {
		return
	}
	if state.IsDefault.ValueBool() {
		resp.Diagnostics.AddError("The Default project cannot be deleted", fmt.Sprintf(
			"%q is the Default project of the account, which every account has. It can only be renamed. "+
				"To stop managing it here without changing it: terraform state rm ADDRESS.", state.Name.ValueString()))
	}
}

// planProject plans a create or an update of a project.
func (r *projectResource) planProject(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan projectModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.connected() {
		return
	}
	var state projectModel
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		r.handovers.keep(state.ID.ValueString())
		home := homeOf(ctx, state.AccountID, req.Private)
		if !r.atHome(ctx, home, state.noun(), &resp.Diagnostics) {
			return
		}
		defer func() { r.confirmHome(ctx, home, state.noun(), req, resp) }()
	} else {
		r.planAccount(ctx, &plan.AccountID, &resp.Diagnostics)
	}
	if !plan.Name.Equal(state.Name) {
		r.checkProjectFree(ctx, plan.Name, state.ID.ValueString(), &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

func (r *projectResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan projectModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	in := api.CreateProjectRequest{Name: plan.Name.ValueStringPointer(), Description: plan.Description.ValueStringPointer(), ExternalIDs: externalIDsIn(plan.ExternalIDs)}
	if known(plan.DefaultRegion) {
		in.DefaultRegion = plan.DefaultRegion.ValueStringPointer()
	}
	ctx, stop := r.begin(ctx, plan.AccountID.ValueString(), "project "+plan.Name.ValueString(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	p, err := r.client.Projects.Create(ctx, in)
	if client.Code(err) == "name_taken" {
		resp.Diagnostics.Append(r.nameTaken(ctx, plan.Name.ValueString()))
		return
	}
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "create the project "+plan.Name.ValueString(), err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, newProjectModel(p))...)
	r.identify(ctx, resp.Identity, types.StringValue(p.ID), &resp.Diagnostics)
	see(ctx, resp.Private, p.UpdatedAt, &resp.Diagnostics)
}

// nameTaken reports the project that has the name, with its import block.
func (r *projectResource) nameTaken(ctx context.Context, name string) diag.Diagnostic {
	projects, err := r.allProjects.get(ctx)
	if i := slices.IndexFunc(projects, func(p api.Project) bool { return naming.Fold(p.Name) == naming.Fold(name) }); err == nil && i >= 0 {
		return projectTaken(projects[i])
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("name"), fmt.Sprintf("A project named %q already exists", name),
		"Choose another name, or import the project that has it.")
}

func (r *projectResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, end := r.hush(ctx, hushRead, &resp.Diagnostics)
	defer end()
	var state projectModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics) // also if the object no longer exists
	if r.asleep(ctx, &resp.Diagnostics, state.noun()) {
		return
	}
	r.handovers.keep(state.ID.ValueString())
	p, err := r.projects.read(ctx, "", state.ID.ValueString())
	if r.unread(ctx, req, resp, state.AccountID, state.noun(), err) {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, newProjectModel(p))...)
	see(ctx, resp.Private, p.UpdatedAt, &resp.Diagnostics)
}

func (r *projectResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state projectModel
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
	p, sure, err := amend(ctx, seen(ctx, req.Private), r.amendment(plan, state))
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "change the project "+state.Name.ValueString(), err)
		return
	}
	plan.settle(p)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
	seeIf(ctx, sure, resp.Private, p.UpdatedAt, &resp.Diagnostics)
}

// amendment is the change from state to plan.
func (r *projectResource) amendment(plan, state projectModel) amendment[api.Project] {
	id := state.ID.ValueString()
	return amendment[api.Project]{
		what: "project " + state.Name.ValueString(),
		send: func(ctx context.Context, only client.CallOption) (*api.Project, error) {
			return r.client.Projects.Update(ctx, id, api.UpdateProjectRequest{
				Name:          ifChanged(plan.Name, state.Name),
				Description:   ifChanged(plan.Description, state.Description),
				DefaultRegion: ifChanged(plan.DefaultRegion, state.DefaultRegion),
				ExternalIDs:   externalIDChange(plan.ExternalIDs, externalIDsIn(state.ExternalIDs)),
			}, only)
		},
		read: func(ctx context.Context) (*api.Project, error) { return r.client.Projects.Get(ctx, id) },
		at:   func(now *api.Project) time.Time { return now.UpdatedAt },
		clash: func(now *api.Project) []string {
			return slices.Concat(clash("name", state.Name, plan.Name, types.StringValue(now.Name)),
				clash("description", state.Description, plan.Description, types.StringValue(now.Description)),
				clash("default_region", state.DefaultRegion, plan.DefaultRegion, types.StringValue(now.DefaultRegion)),
				clash("external_ids", state.ExternalIDs, plan.ExternalIDs, externalIDsOf(now.ExternalIDs)))
		},
	}
}

// settle sets the model from the server's response after an apply. Planned values are kept, even if the project was
// changed elsewhere in the meantime. The next refresh shows the rest.
func (m *projectModel) settle(from *api.Project) {
	planned := *m
	*m = newProjectModel(from)
	m.Name, m.Description = planned.Name, planned.Description
	keepPromise(&m.DefaultRegion, planned.DefaultRegion)
	keepPromise(&m.IsDefault, planned.IsDefault)
	keepPromise(&m.AccountID, planned.AccountID)
	keepPromise(&m.ExternalIDs, planned.ExternalIDs)
}

func (r *projectResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state projectModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, homeOf(ctx, state.AccountID, req.Private), state.noun(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := r.client.Projects.Delete(ctx, state.ID.ValueString())
	r.removed(ctx, "delete", state.noun(), err, &resp.Diagnostics)
}

// ImportState accepts the ID, the slug or the name of the project.
func (r *projectResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(ctx, &resp.Diagnostics) {
		return
	}
	ref := r.imported(ctx, req, &resp.Diagnostics)
	p, err := r.findProject(ctx, ref)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "import the project "+ref, err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, newProjectModel(p))...)
	r.identify(ctx, resp.Identity, types.StringValue(p.ID), &resp.Diagnostics)
}

// findProject finds a project by ID, slug or name. A text that is the slug of one project and the name of another is
// refused.
func (s *session) findProject(ctx context.Context, ref string) (*api.Project, error) {
	if id := strings.ToLower(ref); uuid.Valid(id) {
		p, err := s.projects.read(ctx, "", id)
		if client.IsNotFound(err) {
			return nil, fmt.Errorf("the account has no project with the ID %s that this API key can see", id)
		}
		return p, err
	}
	return s.oneProject(ctx, "slug or name", ref, func(p api.Project) bool { return p.Slug == ref || p.Name == ref })
}

// oneProject returns the only matching project; said and what are for the error.
func (s *session) oneProject(ctx context.Context, what, said string, fits func(api.Project) bool) (*api.Project, error) {
	var found *api.Project
	for p, err := range s.client.Projects.All(ctx, client.ListProjectsOptions{}) {
		if err != nil {
			return nil, err
		}
		if !fits(p) {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%q matches two projects: %s (name %q, slug %q) and %s (name %q, slug %q); use an ID",
				said, found.ID, found.Name, found.Slug, p.ID, p.Name, p.Slug)
		}
		found = &p
	}
	if found == nil {
		return nil, fmt.Errorf("the account has no project with the %s %q that this API key can see", what, said)
	}
	return found, nil
}

func newProjectModel(p *api.Project) projectModel {
	return projectModel{
		ID:            types.StringValue(p.ID),
		Name:          types.StringValue(p.Name),
		Slug:          types.StringValue(p.Slug),
		Description:   types.StringValue(p.Description),
		DefaultRegion: types.StringValue(p.DefaultRegion),
		IsDefault:     types.BoolValue(p.IsDefault),
		CreatedAt:     timestamp(&p.CreatedAt),
		AccountID:     types.StringValue(p.AccountID),
		ExternalIDs:   externalIDsOf(p.ExternalIDs),
	}
}
