package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
)

var (
	_ datasource.DataSourceWithConfigure        = (*memberDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*memberDataSource)(nil)
)

// memberDataSource is one member of the account or of a project, by ID or email.
type memberDataSource struct {
	lookup
	inProject bool
}

func newMemberDataSource() datasource.DataSource { return &memberDataSource{} }

func newProjectMemberDataSource() datasource.DataSource { return &memberDataSource{inProject: true} }

// memberData is the model of a member in the data sources.
type memberData struct {
	ID                  types.String `tfsdk:"id"`
	Email               types.String `tfsdk:"email"`
	Name                types.String `tfsdk:"name"`
	PrincipalType       types.String `tfsdk:"principal_type"`
	UserID              types.String `tfsdk:"user_id"`
	APIKeyID            types.String `tfsdk:"api_key_id"`
	RoleID              types.String `tfsdk:"role_id"`
	RoleName            types.String `tfsdk:"role_name"`
	Status              types.String `tfsdk:"status"`
	IsOwner             types.Bool   `tfsdk:"is_owner"`
	ManagedBy           types.String `tfsdk:"managed_by"`
	InvitationID        types.String `tfsdk:"invitation_id"`
	InvitationState     types.String `tfsdk:"invitation_state"`
	InvitationExpiresAt types.String `tfsdk:"invitation_expires_at"`
	InvitedAt           types.String `tfsdk:"invited_at"`
	AcceptedAt          types.String `tfsdk:"accepted_at"`
	CreatedAt           types.String `tfsdk:"created_at"`
	ExternalIDs         types.Map    `tfsdk:"external_ids"`
}

// projectMemberData is what raff_project_member shows.
type projectMemberData struct {
	memberData
	ProjectID types.String `tfsdk:"project_id"`
	MemberID  types.String `tfsdk:"member_id"`
}

// memberAttributes describes memberData.
func memberAttributes() map[string]schema.Attribute {
	attributes := texts(map[string]string{
		"id":                    "ID of the membership.",
		"email":                 "Email of the member. An API key has the placeholder `<api_key_id>@api-key.invalid`.",
		"name":                  "Name of the person or the key; null while the invitation is open.",
		"principal_type":        "`user`, `api_key` or `invitation`.",
		"user_id":               "ID of the user; null while the invitation is open, and for API keys.",
		"api_key_id":            "ID of the API key; null for people.",
		"role_id":               "ID of the role.",
		"role_name":             "Name of the role.",
		"status":                "`pending`, `active` or `suspended`.",
		"managed_by":            "Who manages the membership: `api`, `dashboard`, `scim` or `sso`.",
		"invitation_id":         "ID of the invitation that is open, expired or declined.",
		"invitation_state":      "`none`, `queued`, `sent`, `failed`, `expired` or `declined`.",
		"invitation_expires_at": "When the invitation expires or expired.",
		"invited_at":            "When the person was invited; null for members who were added without an invitation.",
		"accepted_at":           "When the invitation was accepted.",
		"created_at":            "When the membership was created.",
	})
	attributes["external_ids"] = externalIDsData("member")
	attributes["is_owner"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether this member is the Owner of the account."}
	return attributes
}

// texts describes computed text attributes.
func texts(descriptions map[string]string) map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for name, d := range descriptions {
		attributes[name] = schema.StringAttribute{Computed: true, MarkdownDescription: d}
	}
	return attributes
}

func (d *memberDataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "raff_member"
	if d.inProject {
		resp.TypeName = "raff_project_member"
	}
}

// key is the argument for the member's ID.
func (d *memberDataSource) key() string {
	if d.inProject {
		return "member_id"
	}
	return "id"
}

func (d *memberDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := memberAttributes()
	resp.Schema = schema.Schema{
		MarkdownDescription: "One member of the account, by ID or email. Fails if there is none.",
		Attributes:          attributes,
	}
	if d.inProject {
		resp.Schema.MarkdownDescription = "One member of a project, by ID or email. Fails if there is none."
		attributes["id"] = schema.StringAttribute{Computed: true, MarkdownDescription: "`<project_id>/<member_id>`."}
		attributes["project_id"] = projectIDArgument()
	}
	attributes[d.key()] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "ID of the member. Conflicts with `email`.",
	}
	attributes["email"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "Email of the member, in any spelling. Conflicts with `" + d.key() + "`.",
	}
}

func projectIDArgument() schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: "ID of the project."}
}

func (d *memberDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot(d.key()), path.MatchRoot("email"))}
}

func (d *memberDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var project, id, email types.String
	if d.inProject {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("project_id"), &project)...)
	}
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(d.key()), &id)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("email"), &email)...)
	if resp.Diagnostics.HasError() || !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	ref := id.ValueString()
	if known(email) {
		ref = email.ValueString()
	}
	m, err := d.findMember(ctx, project.ValueString(), ref)
	if err != nil {
		d.report(ctx, &resp.Diagnostics, "find the member "+ref, err)
		return
	}
	found := newMemberData(*m)
	if known(email) { // the configured value must be kept, even if the server spells it differently
		found.Email = email
	}
	if !d.inProject {
		resp.Diagnostics.Append(resp.State.Set(ctx, found)...)
		return
	}
	found.ID = types.StringValue(project.ValueString() + "/" + m.ID)
	resp.Diagnostics.Append(resp.State.Set(ctx, projectMemberData{found, project, types.StringValue(m.ID)})...)
}

func newMemberData(m api.Member) memberData {
	return memberData{
		ID:                  types.StringValue(m.ID),
		Email:               types.StringValue(m.Email),
		Name:                optional(m.Name),
		PrincipalType:       types.StringValue(m.PrincipalType),
		UserID:              types.StringPointerValue(m.UserID),
		APIKeyID:            types.StringPointerValue(m.APIKeyID),
		RoleID:              types.StringValue(m.RoleID),
		RoleName:            types.StringValue(m.RoleName),
		Status:              types.StringValue(m.Status),
		IsOwner:             types.BoolValue(m.IsOwner),
		ManagedBy:           types.StringValue(m.ManagedBy),
		InvitationID:        types.StringPointerValue(m.InvitationID),
		InvitationState:     types.StringValue(m.InvitationState),
		InvitationExpiresAt: timestamp(m.InvitationExpiresAt),
		InvitedAt:           timestamp(m.InvitedAt),
		AcceptedAt:          timestamp(m.AcceptedAt),
		CreatedAt:           timestamp(&m.CreatedAt),
		ExternalIDs:         externalIDsOf(m.ExternalIDs),
	}
}
