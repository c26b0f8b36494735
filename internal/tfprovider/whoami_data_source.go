package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*whoamiDataSource)(nil)

// whoamiDataSource is the API key the provider works with.
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
	names := schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of the permissions it holds in the account."}
	attributes := texts(map[string]string{
		"id":             "Id of the API key.",
		"name":           "Name of the API key.",
		"principal_type": "`api_key`.",
		"member_id":      "Id of the key's membership in the account; null without one.",
		"account_id":     "Id of the account.",
		"account_name":   "Name of the account.",
		"role_id":        "Id of the role in the account; null without one.",
		"role_name":      "Name of that role.",
	})
	attributes["is_owner"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it has the Owner role."}
	attributes["permissions"] = names
	project := texts(map[string]string{"id": "Id of the project.", "name": "Name of the project.", "role_name": "Name of the role in the project."})
	names.MarkdownDescription = "Names of the permissions it holds in the project."
	project["permissions"] = names
	attributes["projects"] = schema.ListNestedAttribute{
		Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: project},
		MarkdownDescription: "The projects it has a role in. The Owner role reaches every project and lists none.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The API key the provider works with: its account, its role and what it may do. For conditions and checks before anything is changed.",
		Attributes:          attributes,
	}
}

func (d *whoamiDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.ready(&resp.Diagnostics) {
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
