package tfprovider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api/client"
	"raff/internal/uuid"
)

// ModifyPlan plans who is removed. It only uses the members stored at the last refresh, so that the result is the same
// when Terraform repeats the plan during apply, and while the provider's API key is unknown.
func (r *exclusiveResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	ctx, end := r.hush(ctx, hushPlan, &resp.Diagnostics)
	defer end()
	var plan, state exclusiveModel
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if req.Plan.Raw.IsNull() {
		if r.connected() {
			r.elsewhere(ctx, state.home(), state.what(), &resp.Diagnostics)
		}
		return
	}
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if state.ID.IsNull() || !plan.ProjectID.Equal(state.ProjectID) {
		r.planCreate(ctx, &plan, &resp.Diagnostics)
	} else if r.atHome(ctx, state.home(), state.what(), &resp.Diagnostics) {
		defer func() { r.confirmHome(ctx, state.home(), state.what(), req, resp) }()
		r.planRemovals(ctx, &plan, state, readNote[[]present](ctx, req.Private, noteThere), &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// planCreate plans to remove no one, and warns about the members that the next plan will remove.
func (r *exclusiveResource) planCreate(ctx context.Context, plan *exclusiveModel, diags *diag.Diagnostics) {
	plan.Removes = removals(ctx, nil, diags)
	r.planAccount(ctx, &plan.AccountID, diags)
	if !r.reached() || plan.ProjectID.IsUnknown() || r.wrote.Load() {
		return
	}
	r.checkProject(ctx, plan.ProjectID, diags)
	if diags.HasError() {
		return
	}
	there, err := r.there(ctx, plan.ProjectID.ValueString())
	if err != nil {
		r.report(ctx, diags, "list the members", err)
		return
	}
	r.checkMemberIDs(ctx, *plan, exclusiveModel{}, there, diags)
	strangers, certain := plan.strangers(there)
	if diags.HasError() || len(strangers) == 0 {
		return
	}
	summary, detail := people(len(strangers))+" will be removed by the apply after this one", ""
	if !certain {
		summary, detail = "Up to "+summary, " Some of member_ids are not known yet; members that turn out to be among them stay."
	}
	diags.AddWarning(summary, "This apply removes no one; it only records the current members. These members are not in member_ids, so the next plan will list them in removes."+detail+lines(strangers))
}

// planRemovals plans to remove the recorded members that are not in the configuration.
func (r *exclusiveResource) planRemovals(ctx context.Context, plan *exclusiveModel, state exclusiveModel, there []present, diags *diag.Diagnostics) {
	r.checkMemberIDs(ctx, *plan, state, there, diags)
	strangers, certain := plan.strangers(there)
	switch {
	case len(strangers) == 0:
		plan.Removes = state.Removes
	case !certain:
		plan.Removes = types.ListUnknown(personType)
		diags.AddWarning(fmt.Sprintf("Up to %s will be removed", people(len(strangers))),
			"Some of member_ids are unknown until apply. These members will be removed unless their IDs turn out to be among them:"+lines(strangers))
	default:
		plan.Removes = removals(ctx, strangers, diags)
		plan.refuseMassRemoval(strangers, len(there), diags)
		r.checkMayRemove(ctx, *plan, diags)
		if !diags.HasError() {
			diags.AddWarning(people(len(strangers))+" will be removed", "They are not in member_ids:"+lines(strangers))
		}
	}
}

// checkMayRemove refuses during plan if the API key lacks the permission. In projects, roles differ, so the server decides.
func (r *exclusiveResource) checkMayRemove(ctx context.Context, plan exclusiveModel, diags *diag.Diagnostics) {
	if !plan.ProjectID.IsNull() || !r.reach(ctx, diags) {
		return
	}
	me := r.whoami.known.Load()
	const permission = "account.members.remove"
	if !slices.Contains(me.Permissions, permission) && !slices.Contains(me.Permissions, "account.members.manage") {
		diags.AddError("The API key may not remove members", "The plan removes members, which requires the permission "+permission+"."+r.whoMay(ctx, permission))
	}
}

// checkMemberIDs refuses an ID that is not the ID of a member: it would keep no one, so the intended member would be
// removed. An ID of a former member only gets a warning.
func (r *exclusiveResource) checkMemberIDs(ctx context.Context, plan, state exclusiveModel, there []present, diags *diag.Diagnostics) {
	before := map[string]bool{}
	eachText(state.MemberIDs, func(id string) { before[id] = true })
	var wrong, left []string
	eachText(plan.MemberIDs, func(id string) {
		switch why := r.wrongMemberID(ctx, plan, id, before[id], there, diags); {
		case why == "":
		case before[id]:
			left = append(left, id)
		default:
			wrong = append(wrong, fmt.Sprintf("%q %s", id, why))
		}
	})
	at := path.Root("member_ids")
	if len(wrong) > 0 {
		diags.AddAttributeError(at, "Not the ID of a member", "member_ids contains invalid IDs:\n  - "+strings.Join(wrong, "\n  - ")+
			"\n\nUse the id of every raff_member (or raff_project_member, with project_id), and for API keys the member_id of raff_api_key.")
	}
	if len(left) > 0 {
		diags.AddAttributeWarning(at, "Some of member_ids no longer exist", "They were removed elsewhere, and can be removed from the configuration:\n  - "+strings.Join(left, "\n  - "))
	}
}

// wrongMemberID says why the ID is not the ID of a member; empty if it is, or if that cannot be checked. before says that
// the state has it, and then a server that does not answer is no error.
func (r *exclusiveResource) wrongMemberID(ctx context.Context, plan exclusiveModel, ref string, before bool, there []present, diags *diag.Diagnostics) string {
	project, id, inProject := strings.Cut(ref, "/")
	if !inProject {
		project, id = plan.ProjectID.ValueString(), ref
	}
	switch {
	case inProject && plan.ProjectID.IsNull():
		return "is the ID of a project member, but this resource is about the account."
	case inProject && known(plan.ProjectID) && project != plan.ProjectID.ValueString():
		return "is the ID of a member of another project."
	case slices.ContainsFunc(there, func(p present) bool { return p.ID == id }):
		return ""
	}
	if i := slices.IndexFunc(there, func(p present) bool { return p.IsKey && p.Email == id+keyDomain }); i >= 0 {
		return "is the ID of an API key; the ID of its membership is " + there[i].ID + "."
	}
	if i := slices.IndexFunc(there, func(p present) bool { return sameEmail(types.StringValue(p.Email), types.StringValue(id)) }); i >= 0 {
		return "is an email; the ID of its membership is " + there[i].ID + "."
	}
	if !uuid.Valid(id) {
		return "is not an ID."
	}
	if plan.ProjectID.IsUnknown() || before && !r.reached() || !r.reach(ctx, diags) {
		return ""
	}
	_, err := r.membersIn(project).read(ctx, project, id) // a member that was added since the last read
	switch {
	case client.IsNotFound(err):
		return "does not match any member."
	case err != nil:
		r.report(ctx, diags, "check member_ids", err)
	}
	return ""
}
