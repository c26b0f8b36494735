package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
)

var (
	_ datasource.DataSourceWithConfigure        = (*roleDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*roleDataSource)(nil)
)

// roleDataSource is one role, including system roles.
type roleDataSource struct{ lookup }

func newRoleDataSource() datasource.DataSource { return &roleDataSource{} }

// roleData is the model of a role in the data sources.
type roleData struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Slug        types.String `tfsdk:"slug"`
	Description types.String `tfsdk:"description"`
	Scope       types.String `tfsdk:"scope"`
	Permissions []string     `tfsdk:"permissions"`
	IsSystem    types.Bool   `tfsdk:"is_system"`
	CreatedAt   types.String `tfsdk:"created_at"`
	ExternalIDs types.Map    `tfsdk:"external_ids"`
}

// roleAttributes describes roleData.
func roleAttributes() map[string]schema.Attribute {
	attributes := texts(map[string]string{
		"id":          "ID of the role.",
		"name":        "Display name.",
		"slug":        "Slug.",
		"description": "Description.",
		"scope":       "`account` or `project`.",
		"created_at":  "When the role was created.",
	})
	attributes["permissions"] = schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of the permissions it grants."}
	attributes["external_ids"] = externalIDsData("role")
	attributes["is_system"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether this is a system role, which every account has and which cannot be changed."}
	return attributes
}

func (d *roleDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_role"
}

func (d *roleDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := roleAttributes()
	attributes["id"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "ID of the role. Conflicts with `slug` and `scope`.",
	}
	attributes["slug"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "Slug of the role, such as `admin`, together with `scope`.",
	}
	attributes["scope"] = schema.StringAttribute{
		Optional: true, Computed: true, Validators: []validator.String{isScope()},
		MarkdownDescription: "`account` or `project`, together with `slug`.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One custom or system role, by ID, or by slug and scope. Fails if there is none.",
		Attributes:          attributes,
	}
}

func (d *roleDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("slug")),
		datasourcevalidator.RequiredTogether(path.MatchRoot("slug"), path.MatchRoot("scope")),
	}
}

func (d *roleDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var id, slug, scope types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("id"), &id)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("slug"), &slug)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("scope"), &scope)...)
	if resp.Diagnostics.HasError() || !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	var role *api.Role
	var err error
	if known(id) {
		role, err = d.findRole(ctx, id.ValueString())
	} else {
		role, err = d.roleBySlug(ctx, scope.ValueString(), slug.ValueString())
	}
	if err != nil {
		d.report(ctx, &resp.Diagnostics, "find the role", err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, newRoleData(*role))...)
}

func newRoleData(r api.Role) roleData {
	return roleData{
		ID:          types.StringValue(r.ID),
		Name:        types.StringValue(r.Name),
		Slug:        types.StringValue(r.Slug),
		Description: types.StringValue(r.Description),
		Scope:       types.StringValue(r.Scope),
		Permissions: r.Permissions,
		IsSystem:    types.BoolValue(r.IsSystem),
		CreatedAt:   timestamp(&r.CreatedAt),
		ExternalIDs: externalIDsOf(r.ExternalIDs),
	}
}
