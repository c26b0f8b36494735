package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api/client"
)

var _ datasource.DataSourceWithConfigure = (*userDataSource)(nil)

// userDataSource is a person of the account, by email.
type userDataSource struct{ lookup }

func newUserDataSource() datasource.DataSource { return &userDataSource{} }

type userModel struct {
	ID    types.String `tfsdk:"id"`
	Email types.String `tfsdk:"email"`
	Name  types.String `tfsdk:"name"`
}

func (d *userDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

func (d *userDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A person of the account, by email: someone who is or was a member of the account or of one of its projects. " +
			"Their `id` is the `target_user_id` of `raff_member` and `raff_project_member`. Fails if there is no such person; people who were invited and have not accepted yet are not users.",
		Attributes: map[string]schema.Attribute{
			"email": schema.StringAttribute{
				Required: true, Validators: []validator.String{emailValidator{}},
				MarkdownDescription: "Email of the person, in any spelling.",
			},
			"id":   schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the user."},
			"name": schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the person."},
		},
	}
}

func (d *userDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m userModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	u, err := d.client.Users.Lookup(ctx, m.Email.ValueString())
	switch {
	case client.IsNotFound(err):
		resp.Diagnostics.AddAttributeError(path.Root("email"), "The account has no user with the email "+m.Email.ValueString(),
			"A person becomes a user when they accept an invitation. To invite someone, use raff_member with email.")
		return
	case err != nil:
		d.report(ctx, &resp.Diagnostics, "look up the user "+m.Email.ValueString(), err)
		return
	}
	m.ID, m.Name = types.StringValue(u.ID), types.StringValue(u.Name) // keep the spelling of the configuration
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
