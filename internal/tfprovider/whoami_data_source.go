package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*whoamiDataSource)(nil)

// whoamiDataSource is the provider's own API key.
type whoamiDataSource struct{ lookup }

func newWhoamiDataSource() datasource.DataSource { return &whoamiDataSource{} }

type whoamiModel struct {
	ID            types.String    `tfsdk:"id"`
	Name          types.String    `tfsdk:"name"`
	PrincipalType types.String    `tfsdk:"principal_type"`
	MemberID      types.String    `tfsdk:"member_id"`
	AccountID     types.String    `tfsdk:"account_id"`
	AccountName   types.String    `tfsdk:"account_name"`
	RoleID        types.String    `tfsdk:"role_id"`
	RoleName      types.String    `tfsdk:"role_name"`
	IsOwner       types.Bool      `tfsdk:"is_owner"`
	Permissions   []string        `tfsdk:"permissions"`
	Projects      []whoamiProject `tfsdk:"projects"`
}

type whoamiProject struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	RoleName    types.String `tfsdk:"role_name"`
	Permissions []string     `tfsdk:"permissions"`
}

func (d *whoamiDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_whoami"
}

func (d *whoamiDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	names := schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of its permissions in the account."}
	attributes := texts(map[string]string{
		"id":             "ID of the API key.",
		"name":           "Name of the API key.",
		"principal_type": "`api_key`.",
		"member_id":      "ID of the key's account membership; null if it has none.",
		"account_id":     "ID of the account.",
		"account_name":   "Name of the account.",
		"role_id":        "ID of the account role; null if it has none.",
		"role_name":      "Name of that role.",
	})
	attributes["is_owner"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it has the Owner role."}
	attributes["permissions"] = names
	project := texts(map[string]string{"id": "ID of the project.", "name": "Name of the project.", "role_name": "Name of the role in the project."})
	names.MarkdownDescription = "Names of its permissions in the project."
	project["permissions"] = names
	attributes["projects"] = schema.ListNestedAttribute{
		Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: project},
		MarkdownDescription: "The projects in which it has a role. Empty for the Owner role, which grants access to every project.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The provider's own API key: its account, role and permissions. For conditions and checks before anything is changed.",
		Attributes:          attributes,
	}
}

func (d *whoamiDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	me, err := d.whoami.get(ctx)
	if err != nil {
		d.report(ctx, &resp.Diagnostics, "find out whose API key this is", err)
		return
	}
	m := whoamiModel{
		ID:            types.StringValue(me.Principal.ID),
		Name:          types.StringValue(me.Principal.Name),
		PrincipalType: types.StringValue(me.Principal.Type),
		MemberID:      types.StringPointerValue(me.Principal.MemberID),
		AccountID:     types.StringValue(me.Account.ID),
		AccountName:   types.StringValue(me.Account.Name),
		IsOwner:       types.BoolValue(me.Principal.IsOwner),
		Permissions:   me.Permissions,
		Projects:      []whoamiProject{},
	}
	if me.Role != nil {
		m.RoleID, m.RoleName = types.StringValue(me.Role.ID), types.StringValue(me.Role.Name)
	}
	for _, p := range me.Projects {
		m.Projects = append(m.Projects, whoamiProject{types.StringValue(p.ID), types.StringValue(p.Name), types.StringValue(p.Role), p.Permissions})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
