package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
)

var _ datasource.DataSourceWithConfigure = (*membersDataSource)(nil)

// membersDataSource lists the members of the account, or of a project, that match the filters.
type membersDataSource struct {
	lookup
	inProject bool
}

func newMembersDataSource() datasource.DataSource { return &membersDataSource{} }

func newProjectMembersDataSource() datasource.DataSource { return &membersDataSource{inProject: true} }

type projectMembersModel struct {
	membersModel
	ProjectID types.String `tfsdk:"project_id"`
}

type membersModel struct {
	Status        types.String `tfsdk:"status"`
	RoleID        types.String `tfsdk:"role_id"`
	EmailDomain   types.String `tfsdk:"email_domain"`
	PrincipalType types.String `tfsdk:"principal_type"`
	Members       []memberData `tfsdk:"members"`
}

func (d *membersDataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "raff_members"
	if d.inProject {
		resp.TypeName = "raff_project_members"
	}
}

func (d *membersDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All members of the account that match all filters, in order of creation. The list is always complete.",
		Attributes: map[string]schema.Attribute{
			"status": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.OneOf(api.StatusPending, api.StatusActive, api.StatusSuspended)},
				MarkdownDescription: "Only members with this status: `pending`, `active` or `suspended`.",
			},
			"role_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only members with this role.",
			},
			"email_domain": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only members whose email has exactly this domain, such as `example.com`.",
			},
			"principal_type": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.OneOf(api.PrincipalUser, api.PrincipalAPIKey, api.PrincipalInvitation)},
				MarkdownDescription: "Only `user`, `api_key` or `invitation`.",
			},
			"members": schema.ListNestedAttribute{
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: memberAttributes()},
				MarkdownDescription: "The members that match.",
			},
		},
	}
	if d.inProject {
		resp.Schema.MarkdownDescription = "All members of a project that match all filters, in order of creation. The list is always complete. " +
			"It does not include the Owner and API keys with the Owner role, unless they are members of the project."
		resp.Schema.Attributes["project_id"] = projectIDArgument()
	}
}

func (d *membersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m projectMembersModel
	if d.inProject {
		resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	} else {
		resp.Diagnostics.Append(req.Config.Get(ctx, &m.membersModel)...)
	}
	if resp.Diagnostics.HasError() || !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	all := d.allMembers(ctx, m.ProjectID.ValueString(), client.ListMembersOptions{
		Status:        m.Status.ValueString(),
		RoleID:        m.RoleID.ValueString(),
		PrincipalType: m.PrincipalType.ValueString(),
	})
	m.Members = []memberData{}
	for row, err := range all {
		if err != nil {
			d.report(ctx, &resp.Diagnostics, "list the members", err)
			return
		}
		if m.EmailDomain.IsNull() || inDomain(row.Email, m.EmailDomain.ValueString()) {
			m.Members = append(m.Members, newMemberData(row))
		}
	}
	if d.inProject {
		resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m.membersModel)...)
}

func inDomain(email, domain string) bool {
	_, d, _ := cutLast(email, "@")
	return naming.CanonicalDomain(d) == naming.CanonicalDomain(domain)
}
