package tfprovider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// person is a member, as far as a plan that removes it has to tell.
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

// strangers are those of the people whom the configuration neither names nor ignores. They are certain when everything
// it names is known by now.
func (m exclusiveModel) strangers(people []person) (strangers []person, certain bool) {
	stay, ignored := map[string]bool{}, map[string]bool{}
	certain = eachText(m.MemberIDs, func(id string) { stay[id[strings.LastIndex(id, "/")+1:]] = true })
	certain = eachText(m.IgnoreEmails, func(email string) { ignored[canonicalEmail(email)] = true }) && certain
	for _, p := range people {
		if !stay[p.ID] && !ignored[canonicalEmail(p.Email)] {
			strangers = append(strangers, p)
		}
	}
	return strangers, certain
}

// eachText calls f for each text of the set, and reports whether all of them were known.
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

// lines lists people, one to a line.
func lines(of []person) string {
	var b strings.Builder
	for _, p := range of {
		fmt.Fprintf(&b, "\n  - %s, %s, %s (%s)", nameOr(p.Name, p.Email), p.RoleName, p.Status, p.ID)
		if p.Name != "" {
			fmt.Fprintf(&b, ", %s", p.Email)
		}
	}
	return b.String()
}
