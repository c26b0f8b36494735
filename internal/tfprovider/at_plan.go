package tfprovider

import (
	"context"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"raff/internal/naming"
)

// atPlan checks the format of a value during plan, not during validation: terraform test gives the attributes of a
// mocked resource random values, and references to them must still validate. A mocked provider does not plan.
func atPlan(checks ...validator.String) planmodifier.String { return planCheck{checks: checks} }

// setAtPlan is atPlan for a set.
func setAtPlan(checks ...validator.Set) planmodifier.Set { return planCheck{setChecks: checks} }

type planCheck struct {
	checks    []validator.String
	setChecks []validator.Set
}

func (c planCheck) Description(ctx context.Context) string {
	var parts []string
	for _, v := range c.checks {
		parts = append(parts, v.Description(ctx))
	}
	for _, v := range c.setChecks {
		parts = append(parts, v.Description(ctx))
	}
	return strings.Join(parts, ", and ")
}

func (c planCheck) MarkdownDescription(ctx context.Context) string { return c.Description(ctx) }

func (c planCheck) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	for _, v := range c.checks {
		var out validator.StringResponse
		v.ValidateString(ctx, validator.StringRequest{Path: req.Path, PathExpression: req.PathExpression, Config: req.Config, ConfigValue: req.ConfigValue}, &out)
		resp.Diagnostics.Append(out.Diagnostics...)
	}
}

func (c planCheck) PlanModifySet(ctx context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	for _, v := range c.setChecks {
		var out validator.SetResponse
		v.ValidateSet(ctx, validator.SetRequest{Path: req.Path, PathExpression: req.PathExpression, Config: req.Config, ConfigValue: req.ConfigValue}, &out)
		resp.Diagnostics.Append(out.Diagnostics...)
	}
}

// nameRule is the server's rule for names of up to the given length: one line, no invisible characters, no leading or
// trailing space.
func nameRule(limit int) validator.String { return textRule{limit, naming.Check} }

// descriptionRule is the server's rule for descriptions.
func descriptionRule() validator.String { return textRule{500, naming.CheckText} }

type textRule struct {
	limit int
	check func(text string, limit int) (wrong string)
}

func (textRule) Description(context.Context) string {
	return "must be one line of visible characters, without line breaks, tabs and invisible characters, and not only spaces"
}

func (v textRule) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v textRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	text := req.ConfigValue.ValueString()
	wrong := v.check(text, v.limit)
	if wrong == "" {
		return
	}
	if strings.HasSuffix(text, "\n") {
		wrong += " A heredoc ends with a line break: use trimspace(), or a quoted string."
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Not plain text", req.Path.String()+" "+wrong)
}

// localPart is the server's rule for the part before the @.
var localPart = regexp.MustCompile(`^[^\s"(),:;<>@\[\]\\.]+(\.[^\s"(),:;<>@\[\]\\.]+)*$`)
