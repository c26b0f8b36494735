package tfprovider

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
)

var sourcePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`)

// externalIDsAttribute is external_ids of a resource. If it is omitted, the external ids are not managed.
func externalIDsAttribute(noun string) schema.MapAttribute {
	return schema.MapAttribute{
		Optional: true, Computed: true, ElementType: types.StringType,
		PlanModifiers: []planmodifier.Map{mapplanmodifier.UseStateForUnknown()},
		Validators: []validator.Map{
			mapvalidator.SizeAtMost(20), mapvalidator.NoNullValues(),
			mapvalidator.KeysAre(stringvalidator.RegexMatches(sourcePattern, "must be 1 to 64 characters of a-z, 0-9, _, . and -, and begin with a letter or digit")),
			mapvalidator.ValueStringsAre(stringvalidator.UTF8LengthBetween(1, 255)),
		},
		MarkdownDescription: "The ids of the " + noun + " in other systems, by the name of the system, such as `{ okta = \"00u1\" }`. They can be changed in place. " +
			"If omitted, they are not managed here and keep what was set elsewhere; `{}` removes all.",
	}
}

// externalIDsData is external_ids of a data source.
func externalIDsData(noun string) data.MapAttribute {
	return data.MapAttribute{
		Computed: true, ElementType: types.StringType,
		MarkdownDescription: "The ids of the " + noun + " in other systems, by the name of the system.",
	}
}

// externalIDsOf converts external ids; none are an empty map.
func externalIDsOf(from api.ExternalIDs) types.Map {
	all := make(map[string]attr.Value, len(from))
	for source, id := range from {
		all[source] = types.StringValue(id)
	}
	return types.MapValueMust(types.StringType, all)
}

// externalIDsIn converts planned external ids; nil if they are not planned.
func externalIDsIn(m types.Map) api.ExternalIDs {
	var ids api.ExternalIDs
	for source, v := range m.Elements() {
		if ids == nil {
			ids = api.ExternalIDs{}
		}
		if s, ok := v.(types.String); ok {
			ids[source] = s.ValueString()
		}
	}
	return ids
}

// externalIDChange returns the change from some external ids to the planned ones; nil if there is none.
func externalIDChange(plan types.Map, from api.ExternalIDs) *api.ExternalIDChange {
	if plan.IsNull() || plan.IsUnknown() {
		return nil
	}
	want, c := externalIDsIn(plan), api.ExternalIDChange{}
	for source, id := range want {
		if from[source] != id {
			c[source] = &id
		}
	}
	for source := range from {
		if _, kept := want[source]; !kept {
			c[source] = nil
		}
	}
	if len(c) == 0 {
		return nil
	}
	return &c
}
