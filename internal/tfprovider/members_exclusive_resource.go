package tfprovider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

var (
	_ resource.ResourceWithConfigure   = (*exclusiveResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*exclusiveResource)(nil)
	_ resource.ResourceWithImportState = (*exclusiveResource)(nil)
	_ resource.ResourceWithIdentity    = (*exclusiveResource)(nil)
)

// exclusiveResource removes everyone from the account, or from a project, whom the configuration does not list.
//
// Only members that the plan listed are removed. Creating the resource removes no one: Terraform repeats the plan of a
// create during apply, without stored data, so the list could differ from the reviewed plan. It only records the
// current members. From then on, each refresh records them, and the plan only uses that record, so it stays the same
// when Terraform repeats it during apply. The apply removes exactly the planned members; anyone who joined in between
// is in the next plan.
type exclusiveResource struct{ managed }

func newExclusiveResource() resource.Resource { return &exclusiveResource{} }

type exclusiveModel struct {
	ID               types.String `tfsdk:"id"`
	AccountID        types.String `tfsdk:"account_id"`
	ProjectID        types.String `tfsdk:"project_id"`
	MemberIDs        types.Set    `tfsdk:"member_ids"`
	IgnoreEmails     types.Set    `tfsdk:"ignore_emails"`
	IgnoreAPIKeys    types.Bool   `tfsdk:"ignore_api_keys"`
	MaxRemovals      types.Int64  `tfsdk:"max_removals"`
	AllowMassRemoval types.Bool   `tfsdk:"allow_mass_removal"`
	Removes          types.List   `tfsdk:"removes"`
}

// noteThere is the private data with the members at the last refresh.
const noteThere = "there"

// what names it in messages.
func (m exclusiveModel) what() string {
	if known(m.ProjectID) {
		return "list of members of the project " + m.ProjectID.ValueString()
	}
	return "list of members of the account"
}

// home is the account of the list.
func (m exclusiveModel) home() string {
	if !known(m.AccountID) && m.ProjectID.IsNull() {
		return m.ID.ValueString() // a state of an earlier version
	}
	return m.AccountID.ValueString()
}

func (r *exclusiveResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_members_exclusive"
}

func (r *exclusiveResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes the configuration authoritative for the members of the account, or of a project: a plan removes everyone it does not list, including members added manually.\n\n" +
			"The plan lists each of them, in `removes` and in a warning, and the apply removes only those. Members who join after the plan appear in the next one. " +
			"Creating the resource removes no one; it records the current members, and the next plan lists the members it removes. " +
			"The Owner, the provider's own API key and the emails in `ignore_emails` are never removed, and API keys only with `ignore_api_keys = false`. " +
			"A plan that would remove everyone, or more than `max_removals`, is refused. " +
			"Destroying this resource removes no one.\n\n" +
			"Use it once for the account, and once for each project to be managed. Open invitations count as members: if they are not listed, they are cancelled.",
		Attributes: map[string]schema.Attribute{
			"project_id": schema.StringAttribute{
				Optional:            true,
				PlanModifiers:       []planmodifier.String{atPlan(isUUID()), stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "ID of the project. If omitted, the resource manages the members of the account.",
			},
			"member_ids": schema.SetAttribute{
				Required:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "IDs of the members to keep: the `id` of every `raff_member`, or, with `project_id`, of every `raff_project_member` of the project.",
			},
			"ignore_emails": schema.SetAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				PlanModifiers:       []planmodifier.Set{setAtPlan(setvalidator.ValueStringsAre(emailValidator{}))},
				MarkdownDescription: "Emails to ignore, whether or not they are members, such as that of an external auditor.",
			},
			"ignore_api_keys": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to ignore API keys. With `false`, account roles of API keys are removed like those of people; " +
					"list the keys to keep with `raff_api_key.NAME.member_id`. Default: `true`.",
			},
			"max_removals": schema.Int64Attribute{
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
				MarkdownDescription: "Maximum number of members that one plan may remove. Default: 10, or 20 % of the members if that is more.",
			},
			"allow_mass_removal": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Allows a plan that removes more than `max_removals`, or everyone because `member_ids` is empty. Set it for one apply only. Default: `false`.",
			},
			"account_id": accountAttribute(),
			"removes": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "In a plan, the members it removes; in the state, the members removed by the last apply that removed any. Unknown in a plan while some of `member_ids` are unknown; the warning then lists all candidates.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":        schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the membership."},
					"email":     schema.StringAttribute{Computed: true, MarkdownDescription: "Address."},
					"name":      schema.StringAttribute{Computed: true, MarkdownDescription: "Name; empty while an invitation is open."},
					"role_name": schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the role."},
					"status":    schema.StringAttribute{Computed: true, MarkdownDescription: "`pending`, `active` or `suspended`."},
				}},
			},
			"id": schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: "ID of the account or of the project."},
		},
	}
}

func (r *exclusiveResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan exclusiveModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := r.begin(ctx, plan.AccountID.ValueString(), plan.what(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	there, err := r.there(ctx, plan.ProjectID.ValueString())
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "list the members", err)
		return
	}
	plan.AccountID = types.StringValue(r.accountID())
	if plan.ID = plan.ProjectID; plan.ProjectID.IsNull() {
		plan.ID = plan.AccountID
	}
	plan.Removes = removals(ctx, nil, &resp.Diagnostics)
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteThere, there)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.identify(ctx, resp.Identity, plan.ID, &resp.Diagnostics)
}

func (r *exclusiveResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, end := r.hush(ctx, hushRead, &resp.Diagnostics)
	defer end()
	var state exclusiveModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
	if r.asleep(ctx, &resp.Diagnostics, state.what()) {
		return
	}
	if r.elsewhere(ctx, state.home(), state.what(), &resp.Diagnostics) {
		return
	}
	there, err := r.there(ctx, state.ProjectID.ValueString())
	if r.unread(ctx, req, resp, state.AccountID, state.what(), err) {
		return
	}
	state.AccountID = types.StringValue(r.accountID())
	if state.MemberIDs.IsNull() { // an import: all current members stay until the configuration says otherwise
		ids := []string{}
		for _, p := range there {
			if !p.Protected && !p.IsKey {
				ids = append(ids, p.ID)
			}
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
	if resp.Diagnostics.HasError() {
		return
	}
	interrupted := ctx
	ctx, stop := r.begin(ctx, state.home(), state.what(), &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	r.identify(ctx, resp.Identity, state.ID, &resp.Diagnostics)
	plan.AccountID = types.StringValue(r.accountID())
	var named []person
	if !plan.Removes.Equal(state.Removes) { // from an earlier apply
		resp.Diagnostics.Append(plan.Removes.ElementsAs(ctx, &named, false)...)
	}
	for i, p := range named {
		if interrupted.Err() != nil {
			resp.Diagnostics.AddError("Interrupted", fmt.Sprintf("%d of %s were removed. The next plan lists the others again.", i, people(len(named))))
			break
		}
		r.removePerson(ctx, plan.ProjectID.ValueString(), p, &resp.Diagnostics)
	}
	there, err := r.there(ctx, plan.ProjectID.ValueString())
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "list the remaining members", err)
		return
	}
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteThere, there)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

func (r *exclusiveResource) removePerson(ctx context.Context, projectID string, p person, diags *diag.Diagnostics) {
	var m membership
	m.ProjectID, m.MemberID, m.PrincipalEmail = optional(projectID), types.StringValue(p.ID), types.StringValue(p.Email)
	done, err := r.dismiss(ctx, m, diags)
	switch {
	case err == nil && done != nil:
		tellOfLeft(p.Email, done, diags)
	case err != nil && !client.IsNotFound(err): // already removed by someone else
		r.report(ctx, diags, "remove "+p.Email, err)
	}
}

// Delete removes no one; it only removes the resource from the state, and not with an API key of another account.
func (r *exclusiveResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state exclusiveModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if r.connected() {
		r.elsewhere(ctx, state.home(), state.what(), &resp.Diagnostics)
	}
}

// ImportState accepts the ID of the account, or of a project.
func (r *exclusiveResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(ctx, &resp.Diagnostics) {
		return
	}
	me, err := r.whoami.get(ctx)
	if err != nil {
		r.report(ctx, &resp.Diagnostics, "find out whose API key this is", err)
		return
	}
	id := types.StringValue(strings.ToLower(r.imported(ctx, req, &resp.Diagnostics)))
	state := exclusiveModel{
		ID: id, AccountID: types.StringValue(me.Account.ID), MemberIDs: types.SetNull(types.StringType), IgnoreEmails: types.SetNull(types.StringType), Removes: types.ListNull(personType),
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

// there lists the current members.
func (r *exclusiveResource) there(ctx context.Context, projectID string) ([]present, error) {
	me, err := r.whoami.get(ctx)
	if err != nil {
		return nil, err
	}
	found := []present{}
	for m, err := range r.allMembers(ctx, projectID, client.ListMembersOptions{}) {
		if err != nil {
			return nil, err
		}
		own := m.APIKeyID != nil && *m.APIKeyID == me.Principal.ID
		found = append(found, present{person: newPerson(m), IsKey: m.APIKeyID != nil, Protected: own || m.IsOwner})
	}
	return found, nil
}

func newPerson(m api.Member) person {
	return person{ID: m.ID, Email: m.Email, Name: m.Name, RoleName: m.RoleName, Status: m.Status}
}
