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
)

var _ datasource.DataSourceWithConfigure = (*accountsDataSource)(nil)

// accountsDataSource lists the accounts of the server.
type accountsDataSource struct{ operatorLookup }

func newAccountsDataSource() datasource.DataSource { return &accountsDataSource{} }

type accountsModel struct {
	Query    types.String  `tfsdk:"query"`
	State    types.String  `tfsdk:"state"`
	Accounts []accountData `tfsdk:"accounts"`
}

type accountData struct {
	ID         types.String `tfsdk:"id"`
	Name       types.String `tfsdk:"name"`
	State      types.String `tfsdk:"state"`
	OwnerEmail types.String `tfsdk:"owner_email"`
	Limits     types.Object `tfsdk:"limits"`
	Attributes types.Map    `tfsdk:"attributes"`
	CreatedAt  types.String `tfsdk:"created_at"`
}

func (d *accountsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_accounts"
}

func (d *accountsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	states := []string{api.AccountActive, api.AccountSuspended, api.AccountDeleting, api.AccountRemoving}
	limit := schema.Int64Attribute{Computed: true, MarkdownDescription: "The limit; null if there is none."}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The accounts of the server, oldest first, for the operator of the platform. The list is always complete. It needs `operator_key` in the provider block; a key with the scope `read` is sufficient.",
		Attributes: map[string]schema.Attribute{
			"query": schema.StringAttribute{Optional: true, MarkdownDescription: "Only accounts with this text in the name or in the email of the Owner, or with this ID."},
			"state": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.OneOf(states...)},
				MarkdownDescription: "Only accounts in this state: `active`, `suspended`, `deleting` or `removing`.",
			},
			"accounts": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The accounts.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":          schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the account."},
					"name":        schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the account."},
					"state":       schema.StringAttribute{Computed: true, MarkdownDescription: "State of the account."},
					"owner_email": schema.StringAttribute{Computed: true, MarkdownDescription: "Email of the Owner."},
					"limits": schema.SingleNestedAttribute{
						Computed: true, MarkdownDescription: "Limits of the account.",
						Attributes: map[string]schema.Attribute{"members": limit, "projects": limit, "api_keys": limit, "roles": limit},
					},
					"attributes": schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The operator's attributes."},
					"created_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When the account was created."},
				}},
			},
		},
	}
}

func (d *accountsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m accountsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.operatorReady(&resp.Diagnostics) {
		return
	}
	all, err := collect(d.operator.Accounts.All(ctx, client.ListAccountsOptions{Query: m.Query.ValueString(), State: m.State.ValueString()}))
	if err != nil {
		d.reportOperator(&resp.Diagnostics, "list the accounts", err)
		return
	}
	m.Accounts = []accountData{}
	for _, a := range all {
		m.Accounts = append(m.Accounts, accountData{
			ID: types.StringValue(a.ID), Name: types.StringValue(a.Name), State: types.StringValue(a.State), OwnerEmail: types.StringValue(a.Owner.Email),
			Limits: limitsOf(a.Limits), Attributes: attributesOf(a.Attributes), CreatedAt: timestamp(&a.CreatedAt),
		})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
