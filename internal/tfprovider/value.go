package tfprovider

import (
	"context"
	"regexp"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/helpers/validatordiag"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/internal/uuid"
)

var slugPattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

func isUUID() validator.String { return uuidRule{} }

type uuidRule struct{}

func (uuidRule) Description(context.Context) string {
	return "must be an id such as 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b, in lower case"
}

func (v uuidRule) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v uuidRule) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if text := req.ConfigValue.ValueString(); known(req.ConfigValue) && !uuid.Valid(text) {
		resp.Diagnostics.Append(validatordiag.InvalidAttributeValueMatchDiagnostic(req.Path, v.Description(ctx), text))
	}
}

func isSlug() validator.String {
	return stringvalidator.RegexMatches(slugPattern, "must be 1 to 64 lower-case letters, digits and hyphens")
}

func isScope() validator.String { return stringvalidator.OneOf(api.ScopeAccount, api.ScopeProject) }

// timestamp formats a time like the API; nil is null.
func timestamp(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}

// optional is null for an empty string.
func optional(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// known reports whether v has a known value.
func known(v types.String) bool { return !v.IsNull() && !v.IsUnknown() }

// ifChanged is the new value if it differs, or else nil: a PATCH has only changed fields.
func ifChanged(plan, state types.String) *string {
	if plan.Equal(state) || plan.IsUnknown() {
		return nil
	}
	return plan.ValueStringPointer()
}

func stringsOf(ctx context.Context, set types.Set, diags *diag.Diagnostics) []string {
	var out []string
	diags.Append(set.ElementsAs(ctx, &out, false)...)
	return out
}

// keepPromise sets v to the planned value, if it was known.
func keepPromise[T interface{ IsUnknown() bool }](v *T, planned T) {
	if !planned.IsUnknown() {
		*v = planned
	}
}
