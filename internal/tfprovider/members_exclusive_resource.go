package tfprovider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
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
	_ resource.ResourceWithConfigure   = (*exclusiveResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*exclusiveResource)(nil)
	_ resource.ResourceWithImportState = (*exclusiveResource)(nil)
	_ resource.ResourceWithIdentity    = (*exclusiveResource)(nil)
)

// exclusiveResource removes everybody from the account, or from a project, whom the configuration does not name.
//
// Nobody is removed whom the plan did not name. A refresh notes who is there; the plan is made from that note alone, so
// it stays the same when Terraform makes it once more during the apply, whatever happened meanwhile; and the apply
// removes those in the plan and nobody else. Whoever joined in between is in the next plan.
type exclusiveResource struct{ managed }

func newExclusiveResource() resource.Resource { return &exclusiveResource{} }

type exclusiveModel struct {
	ID           types.String `tfsdk:"id"`
	ProjectID    types.String `tfsdk:"project_id"`
	MemberIDs    types.Set    `tfsdk:"member_ids"`
	IgnoreEmails types.Set    `tfsdk:"ignore_emails"`
	Removes      types.List   `tfsdk:"removes"`
}

// noteThere is who was there at the last look: everybody who could be removed.
const noteThere = "there"

func (r *exclusiveResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_members_exclusive"
}

func (r *exclusiveResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes a configuration the only word on who is in the account, or in a project: a plan removes everybody it does not name, also whom somebody added by hand.\n\n" +
			"The plan names each of them, in `removes` and in a warning, and the apply removes nobody else: who joins in between is in the next plan. " +
			"Never removed are the Owner, the API key the provider works with, and the addresses in `ignore_emails`. " +
			"Destroying this resource removes nobody; it only stops looking.\n\n" +
			"Use it once for the account, and once for each project that should be watched. Open invitations count as members: not named, they are cancelled.",
		Attributes: map[string]schema.Attribute{
			"project_id": schema.StringAttribute{
				Optional:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators:          []validator.String{isUUID()},
				MarkdownDescription: "Id of the project whose members are meant. Left out, those of the account are.",
			},
			"member_ids": schema.SetAttribute{
				Required:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Ids of those who stay: of every `raff_member`, or with `project_id` of every `raff_project_member` of the project.",
			},
			"ignore_emails": schema.SetAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				Validators:          []validator.Set{setvalidator.ValueStringsAre(emailValidator{})},
				MarkdownDescription: "Addresses that are left alone, whether they are there or not, such as that of an auditor who comes and goes.",
			},
			"removes": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "In a plan, whom it removes; after it, whom the last apply that removed anybody did. Not known in a plan while some of `member_ids` are not; the warning then names all who are in question.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":        schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the membership."},
					"email":     schema.StringAttribute{Computed: true, MarkdownDescription: "Address."},
					"name":      schema.StringAttribute{Computed: true, MarkdownDescription: "Name; empty while an invitation is open."},
					"role_name": schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the role."},
					"status":    schema.StringAttribute{Computed: true, MarkdownDescription: "`pending`, `active` or `suspended`."},
				}},
			},
			"id": schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "Id of the account or of the project."},
		},
	}
}

// ModifyPlan names whom the plan removes.
func (r *exclusiveResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || !r.connected() {
		return
	}
	var plan, state exclusiveModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() || plan.ProjectID.IsUnknown() {
		return
	}
	there := readNote[[]person](ctx, req.Private, noteThere)
	if state.ID.IsNull() || !plan.ProjectID.Equal(state.ProjectID) {
		var err error
		if there, err = r.there(ctx, plan.ProjectID.ValueString()); err != nil {
			r.report(ctx, &resp.Diagnostics, "look who is there", err)
			return
		}
	}
	strangers, certain := plan.strangers(there)
	switch {
	case len(strangers) == 0 && state.ID.IsNull():
		plan.Removes = removals(ctx, nil, &resp.Diagnostics)
	case len(strangers) == 0:
		plan.Removes = state.Removes
	case !certain:
		plan.Removes = types.ListUnknown(personType)
		resp.Diagnostics.AddWarning(fmt.Sprintf("Up to %s will be removed", people(len(strangers))),
			"Some of member_ids are known only during the apply. All of these will be removed but for those whose ids turn out to be among them:"+lines(strangers))
	default:
		plan.Removes = removals(ctx, strangers, &resp.Diagnostics)
		resp.Diagnostics.AddWarning(people(len(strangers))+" will be removed", "They are there and not in member_ids:"+lines(strangers))
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

func (r *exclusiveResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan exclusiveModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	plan.ID = plan.ProjectID
	if plan.ProjectID.IsNull() {
		me, err := r.whoami.get(ctx)
		if err != nil {
			r.report(ctx, &resp.Diagnostics, "find out whose API key this is", err)
			return
		}
		plan.ID = types.StringValue(me.Account.ID)
	}
	if r.remove(ctx, plan, plan.Removes, resp.Private, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		r.identify(ctx, resp.Identity, plan.ID, &resp.Diagnostics)
	}
}

func (r *exclusiveResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state exclusiveModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
	there, err := r.there(ctx, state.ProjectID.ValueString())
	what := "account"
	if known(state.ProjectID) {
		what = "project " + state.ProjectID.ValueString()
	}
	if r.unread(ctx, req, resp, what, err) {
		return
	}
	if state.MemberIDs.IsNull() { // an import: all who are there may stay until the configuration says otherwise
		ids := []string{}
		for _, p := range there {
			ids = append(ids, p.ID)
		}
		set, diags := types.SetValueFrom(ctx, types.StringType, ids)
		resp.Diagnostics.Append(diags...)
		state.MemberIDs, state.Removes = set, removals(ctx, nil, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteThere, there)...)
}

func (r *exclusiveResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state exclusiveModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
	removes := plan.Removes
	if removes.Equal(state.Removes) { // those of an earlier apply
		removes = removals(ctx, nil, &resp.Diagnostics)
	}
	if r.remove(ctx, plan, removes, resp.Private, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

// remove removes those in the plan, and notes who is left. It reports whether all went well.
func (r *exclusiveResource) remove(ctx context.Context, plan exclusiveModel, removes types.List, notes noteWriter, diags *diag.Diagnostics) bool {
	var named []person
	diags.Append(removes.ElementsAs(ctx, &named, false)...)
	for _, p := range named {
		done, err := r.removeMember(ctx, plan.ProjectID.ValueString(), p.ID)
		switch {
		case err == nil:
			if left := leftBehind(done); left != "" {
				diags.AddWarning("What "+p.Email+" made keeps working", left)
			}
		case !client.IsNotFound(err): // gone is gone, whoever did it
			r.report(ctx, diags, "remove "+p.Email, err)
		}
	}
	if diags.HasError() {
		return false
	}
	there, err := r.there(ctx, plan.ProjectID.ValueString())
	if err != nil {
		r.report(ctx, diags, "look who is left", err)
		return false
	}
	diags.Append(writeNote(ctx, notes, noteThere, there)...)
	return !diags.HasError()
}

// Delete removes nobody: the resource is not in the way any more, and that is all.
func (r *exclusiveResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

// ImportState accepts the id of the account, or of a project.
func (r *exclusiveResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(&resp.Diagnostics) {
		return
	}
	me, err := r.whoami.get(ctx)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "find out whose API key this is", err)
		return
	}
	id := types.StringValue(strings.ToLower(r.imported(ctx, req, &resp.Diagnostics)))
	state := exclusiveModel{
		ID: id, MemberIDs: types.SetNull(types.StringType), IgnoreEmails: types.SetNull(types.StringType), Removes: types.ListNull(personType),
	}
	if id.ValueString() != me.Account.ID {
		p, err := r.findProject(ctx, id.ValueString())
		if err != nil {
			r.report(ctx, &resp.Diagnostics, "import the members of "+id.ValueString(), err)
			return
		}
		state.ID = types.StringValue(p.ID)
		state.ProjectID = state.ID
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
}

// there is everybody who could be removed: all but the Owner and the key the provider works with.
func (r *exclusiveResource) there(ctx context.Context, projectID string) ([]person, error) {
	me, err := r.whoami.get(ctx)
	if err != nil {
		return nil, err
	}
	found := []person{}
	for m, err := range r.allMembers(ctx, projectID, client.ListMembersOptions{}) {
		if err != nil {
			return nil, err
		}
		if own := m.APIKeyID != nil && *m.APIKeyID == me.Principal.ID; !own && !m.IsOwner {
			found = append(found, newPerson(m))
		}
	}
	return found, nil
}

func newPerson(m api.Member) person {
	return person{ID: m.ID, Email: m.Email, Name: m.Name, RoleName: m.RoleName, Status: m.Status}
}
