package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

var (
	_ datasource.DataSourceWithConfigure = (*apiKeyDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*apiKeysDataSource)(nil)
)

// apiKeyDataSource is one API key, by ID.
type apiKeyDataSource struct{ lookup }

func newAPIKeyDataSource() datasource.DataSource { return &apiKeyDataSource{} }

// apiKeyData is the model of an API key in the data sources.
type apiKeyData struct {
	ID              types.String    `tfsdk:"id"`
	Name            types.String    `tfsdk:"name"`
	KeyPrefix       types.String    `tfsdk:"key_prefix"`
	RoleID          types.String    `tfsdk:"role_id"`
	RoleName        types.String    `tfsdk:"role_name"`
	RateLimitTier   types.String    `tfsdk:"rate_limit_tier"`
	IsActive        types.Bool      `tfsdk:"is_active"`
	ExpiresAt       types.String    `tfsdk:"expires_at"`
	LastUsedAt      types.String    `tfsdk:"last_used_at"`
	CreatedBy       types.String    `tfsdk:"created_by"`
	CreatedAt       types.String    `tfsdk:"created_at"`
	ProjectAccesses []projectAccess `tfsdk:"project_accesses"`
	ExternalIDs     types.Map       `tfsdk:"external_ids"`
}

type projectAccess struct {
	ProjectID   types.String `tfsdk:"project_id"`
	ProjectName types.String `tfsdk:"project_name"`
	RoleID      types.String `tfsdk:"role_id"`
	RoleName    types.String `tfsdk:"role_name"`
}

// apiKeyAttributes describes apiKeyData.
func apiKeyAttributes() map[string]schema.Attribute {
	attributes := texts(map[string]string{
		"id":              "ID of the key.",
		"name":            "Display name.",
		"key_prefix":      "First characters of the secret.",
		"role_id":         "ID of the account role; null for a key without one.",
		"role_name":       "Name of that role.",
		"rate_limit_tier": "`standard` or `high`.",
		"expires_at":      "When the key expires; null means never.",
		"last_used_at":    "When the key was last used; null means never.",
		"created_by":      "ID of the user or API key that created it.",
		"created_at":      "When the key was created.",
	})
	attributes["external_ids"] = externalIDsData("key")
	attributes["is_active"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the key is enabled."}
	attributes["project_accesses"] = schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "The projects in which the key has a role.",
		NestedObject: schema.NestedAttributeObject{Attributes: texts(map[string]string{
			"project_id":   "ID of the project.",
			"project_name": "Name of the project.",
			"role_id":      "ID of the role in the project.",
			"role_name":    "Name of that role.",
		})},
	}
	return attributes
}

func (d *apiKeyDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_api_key"
}

func (d *apiKeyDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := apiKeyAttributes()
	attributes["id"] = schema.StringAttribute{Required: true, MarkdownDescription: "ID of the key."}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One API key of the account, by ID, without its secret. Fails if there is none.",
		Attributes:          attributes,
	}
}

func (d *apiKeyDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config apiKeyData
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	k, err := d.apiKeys.read(ctx, "", config.ID.ValueString())
	if err != nil {
		d.report(ctx, &resp.Diagnostics, "find the API key "+config.ID.ValueString(), err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, newAPIKeyData(k))...)
}

// apiKeysDataSource is every API key of the account.
type apiKeysDataSource struct{ lookup }

func newAPIKeysDataSource() datasource.DataSource { return &apiKeysDataSource{} }

type apiKeysModel struct {
	APIKeys []apiKeyData `tfsdk:"api_keys"`
}

func (d *apiKeysDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_api_keys"
}

func (d *apiKeysDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All API keys of the account, in order of creation, without their secrets. The list is always complete.",
		Attributes: map[string]schema.Attribute{
			"api_keys": schema.ListNestedAttribute{
				Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: apiKeyAttributes()},
				MarkdownDescription: "The keys.",
			},
		},
	}
}

func (d *apiKeysDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	m := apiKeysModel{APIKeys: []apiKeyData{}}
	for k, err := range d.client.APIKeys.All(ctx, client.ListAPIKeysOptions{}) {
		if err != nil {
			d.report(ctx, &resp.Diagnostics, "list the API keys", err)
			return
		}
		m.APIKeys = append(m.APIKeys, newAPIKeyData(&k))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

func newAPIKeyData(k *api.APIKey) apiKeyData {
	accesses := []projectAccess{}
	for _, a := range k.ProjectAccesses {
		accesses = append(accesses, projectAccess{
			types.StringValue(a.ProjectID), types.StringValue(a.ProjectName), types.StringValue(a.RoleID), types.StringValue(a.RoleName),
		})
	}
	return apiKeyData{
		ID:              types.StringValue(k.ID),
		Name:            types.StringValue(k.Name),
		KeyPrefix:       types.StringValue(k.KeyPrefix),
		RoleID:          types.StringPointerValue(k.RoleID),
		RoleName:        types.StringPointerValue(k.RoleName),
		RateLimitTier:   types.StringValue(k.RateLimitTier),
		IsActive:        types.BoolValue(k.IsActive),
		ExpiresAt:       timestamp(k.ExpiresAt),
		LastUsedAt:      timestamp(k.LastUsedAt),
		CreatedBy:       types.StringPointerValue(k.CreatedBy),
		CreatedAt:       timestamp(&k.CreatedAt),
		ProjectAccesses: accesses,
		ExternalIDs:     externalIDsOf(k.ExternalIDs),
	}
}
