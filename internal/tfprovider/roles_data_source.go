package tfprovider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*rolesDataSource)(nil)

// rolesDataSource lists the custom and system roles.
type rolesDataSource struct{ lookup }

func newRolesDataSource() datasource.DataSource { return &rolesDataSource{} }

type rolesModel struct {
	Scope  types.String        `tfsdk:"scope"`
	Roles  []roleData          `tfsdk:"roles"`
	BySlug map[string]roleData `tfsdk:"by_slug"`
}

func (d *rolesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_roles"
}

func (d *rolesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	roles := schema.NestedAttributeObject{Attributes: roleAttributes()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The system and custom roles: system roles first, then by name. The list is always complete. With the scope `account`, the first role is Admin.",
		Attributes: map[string]schema.Attribute{
			"scope": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{isScope()},
				MarkdownDescription: "Only roles of this scope: `account` or `project`.",
			},
			"roles": schema.ListNestedAttribute{Computed: true, NestedObject: roles, MarkdownDescription: "The roles, in order."},
			"by_slug": schema.MapNestedAttribute{
				Computed: true, NestedObject: roles,
				MarkdownDescription: "The roles by slug, as in `data.raff_roles.account.by_slug[\"member\"].id`. If both scopes are listed, a slug that is used in both has the key `<scope>/<slug>`.",
			},
		},
	}
}

func (d *rolesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m rolesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	all, err := d.session.roles.get(ctx)
	if err != nil {
		d.report(ctx, &resp.Diagnostics, "list the roles", err)
		return
	}
	m.Roles, m.BySlug = []roleData{}, map[string]roleData{}
	for _, r := range all {
		if m.Scope.IsNull() || m.Scope.ValueString() == r.Scope {
			m.Roles = append(m.Roles, newRoleData(r))
		}
	}
	uses := map[string]int{}
	for _, r := range m.Roles {
		uses[r.Slug.ValueString()]++
	}
	for _, r := range m.Roles {
		key := r.Slug.ValueString()
		if uses[key] > 1 {
			key = fmt.Sprintf("%s/%s", r.Scope.ValueString(), key)
		}
		m.BySlug[key] = r
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
