package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*permissionsDataSource)(nil)

// permissionsDataSource is the catalog of permissions.
type permissionsDataSource struct{ lookup }

func newPermissionsDataSource() datasource.DataSource { return &permissionsDataSource{} }

type permissionsModel struct {
	Scope       types.String     `tfsdk:"scope"`
	Names       []string         `tfsdk:"names"`
	Permissions []permissionData `tfsdk:"permissions"`
}

type permissionData struct {
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
	Scope       types.String `tfsdk:"scope"`
	Category    types.String `tfsdk:"category"`
	Removes     types.Bool   `tfsdk:"removes"`
}

func (d *permissionsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_permissions"
}

func (d *permissionsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := texts(map[string]string{
		"name":        "Name of the permission.",
		"description": "What it allows.",
		"scope":       "`account` or `project`.",
		"category":    "Category of the permission.",
	})
	attributes["removes"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the permission allows deleting something or removing access."}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The permissions for roles, in the order of the server's catalog.",
		Attributes: map[string]schema.Attribute{
			"scope": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{isScope()},
				MarkdownDescription: "Only permissions of this scope: `account` or `project`.",
			},
			"names": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The names only, for the `permissions` of a role.",
			},
			"permissions": schema.ListNestedAttribute{
				Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: attributes},
				MarkdownDescription: "The permissions.",
			},
		},
	}
}

func (d *permissionsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m permissionsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	catalog, err := d.session.permissions.get(ctx)
	if err != nil {
		d.report(ctx, &resp.Diagnostics, "list the permissions", err)
		return
	}
	m.Names, m.Permissions = []string{}, []permissionData{}
	for _, p := range catalog {
		if !m.Scope.IsNull() && m.Scope.ValueString() != p.Scope {
			continue
		}
		m.Names = append(m.Names, p.Name)
		m.Permissions = append(m.Permissions, permissionData{
			Name:        types.StringValue(p.Name),
			Description: types.StringValue(p.Description),
			Scope:       types.StringValue(p.Scope),
			Category:    types.StringValue(p.Category),
			Removes:     types.BoolValue(p.Removes),
		})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
