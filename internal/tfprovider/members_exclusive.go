package tfprovider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/internal/naming"
)

// person is what a plan shows of a member that it removes.
type person struct {
	ID       string `tfsdk:"id" json:"id"`
	Email    string `tfsdk:"email" json:"email"`
	Name     string `tfsdk:"name" json:"name"`
	RoleName string `tfsdk:"role_name" json:"role_name"`
	Status   string `tfsdk:"status" json:"status"`
}

var personType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"id": types.StringType, "email": types.StringType, "name": types.StringType, "role_name": types.StringType, "status": types.StringType,
}}

// present is an existing member. The Owner and the provider's own API key are protected and never removed.
type present struct {
	person
	IsKey     bool `json:"is_key"`
	Protected bool `json:"protected"`
}

// strangers are the people whom the configuration neither lists nor ignores. certain is true if all listed IDs are
// known.
func (m exclusiveModel) strangers(people []present) (strangers []person, certain bool) {
	stay, ignored := map[string]bool{}, map[string]bool{}
	certain = eachText(m.MemberIDs, func(id string) { stay[bareID(id)] = true })
	certain = eachText(m.IgnoreEmails, func(email string) { ignored[naming.CanonicalEmail(email)] = true }) && certain
	certain = certain && !m.IgnoreAPIKeys.IsUnknown()
	for _, p := range people {
		if !p.Protected && !stay[p.ID] && !ignored[naming.CanonicalEmail(p.Email)] && !(p.IsKey && m.ignoresKeys()) {
			strangers = append(strangers, p.person)
		}
	}
	return strangers, certain
}

// ignoresKeys is true by default, because most API keys are managed with raff_api_key.
func (m exclusiveModel) ignoresKeys() bool {
	return m.IgnoreAPIKeys.IsNull() || m.IgnoreAPIKeys.ValueBool()
}

// bareID is the ID of the membership, without the project prefix that the ID of a raff_project_member has.
func bareID(id string) string { return id[strings.LastIndex(id, "/")+1:] }

// The default of max_removals: this number, or this share of the members, whichever is larger.
const (
	fewRemovals     = 10
	removalsPercent = 20
)

// refuseMassRemoval refuses to remove everyone, or more members at once than usual, which probably comes from an empty
// list or a wrong file.
func (m exclusiveModel) refuseMassRemoval(strangers []person, there int, diags *diag.Diagnostics) {
	if m.AllowMassRemoval.ValueBool() || m.AllowMassRemoval.IsUnknown() || m.MaxRemovals.IsUnknown() || len(strangers) == 0 {
		return
	}
	const how = "\n\nIf this is intended, set allow_mass_removal = true for this apply. No one is removed until then."
	if len(m.MemberIDs.Elements()) == 0 {
		diags.AddAttributeError(path.Root("member_ids"), "member_ids is empty, and everyone would be removed",
			fmt.Sprintf("An empty list usually comes from an empty file or from a filter that matches nothing. The plan would remove %s:", people(len(strangers)))+lines(strangers)+how)
		return
	}
	limit := max(fewRemovals, there*removalsPercent/100)
	if !m.MaxRemovals.IsNull() {
		limit = int(m.MaxRemovals.ValueInt64())
	}
	if len(strangers) > limit {
		diags.AddAttributeError(path.Root("max_removals"), fmt.Sprintf("%s would be removed at once", people(len(strangers))),
			fmt.Sprintf("The limit is %d (max_removals). These members are not in member_ids:", limit)+lines(strangers)+how)
	}
}

// eachText calls f for each known text of the set, and reports whether all of them are known.
func eachText(set types.Set, f func(string)) (all bool) {
	all = !set.IsUnknown()
	for _, v := range set.Elements() {
		if text, ok := v.(types.String); ok && known(text) {
			f(text.ValueString())
			continue
		}
		all = false
	}
	return all
}

func removals(ctx context.Context, people []person, diags *diag.Diagnostics) types.List {
	if people == nil {
		people = []person{}
	}
	list, more := types.ListValueFrom(ctx, personType, people)
	diags.Append(more...)
	return list
}

func people(n int) string {
	if n == 1 {
		return "1 member"
	}
	return fmt.Sprintf("%d members", n)
}

// lines lists the first people, one per line; removes in the plan has all of them.
func lines(of []person) string {
	const most = 50
	var b strings.Builder
	for i, p := range of {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(of)-most)
			break
		}
		fmt.Fprintf(&b, "\n  - %s, %s, %s (%s)", nameOr(p.Name, p.Email), p.RoleName, p.Status, p.ID)
		if p.Name != "" {
			fmt.Fprintf(&b, ", %s", p.Email)
		}
	}
	return b.String()
}
