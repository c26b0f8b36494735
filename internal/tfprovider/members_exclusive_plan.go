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
)

// ModifyPlan names whom the plan removes. All it goes by is the note of the last refresh, so that it says the same when
// it is asked again during the apply, and also while the provider's key is not known.
func (r *exclusiveResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, state exclusiveModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if state.ID.IsNull() || !plan.ProjectID.Equal(state.ProjectID) {
		r.planCreate(ctx, &plan, &resp.Diagnostics)
	} else if !r.connected() || !r.elsewhere(ctx, state.home(), state.what(), &resp.Diagnostics) {
		r.planRemovals(ctx, &plan, state, readNote[[]present](ctx, req.Private, noteThere), &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// planCreate plans to remove nobody, and says whom the plan after this one will.
func (r *exclusiveResource) planCreate(ctx context.Context, plan *exclusiveModel, diags *diag.Diagnostics) {
	plan.Removes = removals(ctx, nil, diags)
	r.planAccount(ctx, &plan.AccountID, diags)
	if !r.connected() || plan.ProjectID.IsUnknown() || r.wrote.Load() {
		return
	}
	r.checkProject(ctx, plan.ProjectID, diags)
	if diags.HasError() {
		return
	}
	there, err := r.there(ctx, plan.ProjectID.ValueString())
	if err != nil {
		r.report(ctx, diags, "look who is there", err)
		return
	}
	r.checkMemberIDs(ctx, *plan, exclusiveModel{}, there, diags)
	strangers, certain := plan.strangers(there)
	if diags.HasError() || len(strangers) == 0 {
		return
	}
	summary, detail := people(len(strangers))+" will be removed by the apply after this one", ""
	if !certain {
		summary, detail = "Up to "+summary, " Some of member_ids are not known yet; those who turn out to be among them stay."
	}
	diags.AddWarning(summary, "This apply removes nobody: it notes who is there. These are there and not in member_ids, so the next plan will name them in removes."+detail+lines(strangers))
}

// planRemovals plans to remove those who were there and are not in the configuration.
func (r *exclusiveResource) planRemovals(ctx context.Context, plan *exclusiveModel, state exclusiveModel, there []present, diags *diag.Diagnostics) {
	r.checkMemberIDs(ctx, *plan, state, there, diags)
	strangers, certain := plan.strangers(there)
	switch {
	case len(strangers) == 0:
		plan.Removes = state.Removes
	case !certain:
		plan.Removes = types.ListUnknown(personType)
		diags.AddWarning(fmt.Sprintf("Up to %s will be removed", people(len(strangers))),
			"Some of member_ids are known only during the apply. All of these will be removed but for those whose ids turn out to be among them:"+lines(strangers))
	default:
		plan.Removes = removals(ctx, strangers, diags)
		plan.refuseMassRemoval(strangers, len(there), diags)
		r.checkMayRemove(ctx, *plan, diags)
		if !diags.HasError() {
			diags.AddWarning(people(len(strangers))+" will be removed", "They are there and not in member_ids:"+lines(strangers))
		}
	}
}

// checkMayRemove refuses at plan time what the key may not do. In projects roles differ, and the server decides.
func (r *exclusiveResource) checkMayRemove(ctx context.Context, plan exclusiveModel, diags *diag.Diagnostics) {
	if !r.connected() || !plan.ProjectID.IsNull() {
		return
	}
	me, err := r.whoami.get(ctx)
	const permission = "account.members.remove"
	if err == nil && !slices.Contains(me.Permissions, permission) && !slices.Contains(me.Permissions, "account.members.manage") {
		diags.AddError("The API key may not remove members", "The plan removes members, which needs the permission "+permission+"."+r.whoMay(ctx, permission))
	}
}

// checkMemberIDs refuses what is no id of a member there: taken for one, it would keep nobody, and everybody else would
// be removed. An id that was right once is let pass with a warning.
func (r *exclusiveResource) checkMemberIDs(ctx context.Context, plan, state exclusiveModel, there []present, diags *diag.Diagnostics) {
	before := map[string]bool{}
	eachText(state.MemberIDs, func(id string) { before[id] = true })
	var wrong, left []string
	eachText(plan.MemberIDs, func(id string) {
		switch why := r.wrongMemberID(ctx, plan, id, there, diags); {
		case why == "":
		case before[id]:
			left = append(left, id)
		default:
			wrong = append(wrong, fmt.Sprintf("%q %s", id, why))
		}
	})
	at := path.Root("member_ids")
	if len(wrong) > 0 {
		diags.AddAttributeError(at, "Not an id of a member", "member_ids has what is no member there:\n  - "+strings.Join(wrong, "\n  - ")+
			"\n\nGive the id of every raff_member (of every raff_project_member, with project_id), and of an API key the member_id of raff_api_key.")
	}
	if len(left) > 0 {
		diags.AddAttributeWarning(at, "Some of member_ids are not there any more", "They were removed elsewhere, and can be taken out of the configuration:\n  - "+strings.Join(left, "\n  - "))
	}
}

// wrongMemberID says why the id names no member there; empty if it does, or if nobody can be asked.
func (r *exclusiveResource) wrongMemberID(ctx context.Context, plan exclusiveModel, ref string, there []present, diags *diag.Diagnostics) string {
	project, id, inProject := strings.Cut(ref, "/")
	if !inProject {
		project, id = plan.ProjectID.ValueString(), ref
	}
	switch {
	case inProject && plan.ProjectID.IsNull():
		return "is the id of a project member, and this is about the account."
	case inProject && known(plan.ProjectID) && project != plan.ProjectID.ValueString():
		return "is the id of a member of another project."
	case slices.ContainsFunc(there, func(p present) bool { return p.ID == id }):
		return ""
	}
	if i := slices.IndexFunc(there, func(p present) bool { return p.IsKey && p.Email == id+keyDomain }); i >= 0 {
		return "is the id of an API key; the id of its membership is " + there[i].ID + "."
	}
	if i := slices.IndexFunc(there, func(p present) bool { return sameEmail(types.StringValue(p.Email), types.StringValue(id)) }); i >= 0 {
		return "is an address; the id of its membership is " + there[i].ID + "."
	}
	if !uuidPattern.MatchString(id) {
		return "is no id."
	}
	if !r.connected() || plan.ProjectID.IsUnknown() {
		return ""
	}
	_, err := r.membersIn(project).read(ctx, project, id) // one that was added since the last look
	switch {
	case client.IsNotFound(err):
		return "is the id of nobody there."
	case err != nil:
		r.report(ctx, diags, "check member_ids", err)
	}
	return ""
}
