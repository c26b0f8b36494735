// Package tfprovider is the Terraform provider raff: members, roles and API keys of one account as code. It speaks to
// a server only through the Go SDK.
package tfprovider

import (
	"context"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api/client"
)

const defaultRetryTimeout = 2 * time.Minute

const defaultURL = "http://127.0.0.1:8080"

// A key of the standard tier has 30 requests a second and bursts of 60. Staying below leaves room for whoever else
// uses the key, and a large plan runs evenly instead of being refused and waiting.
const (
	requestsPerSecond = 25
	requestBurst      = 40
)

var (
	_ provider.ProviderWithEphemeralResources = (*raffProvider)(nil)
	_ provider.ProviderWithListResources      = (*raffProvider)(nil)
	_ provider.ProviderWithFunctions          = (*raffProvider)(nil)
	_ provider.ProviderWithActions            = (*raffProvider)(nil)
)

type raffProvider struct {
	version string
	few     int // reads of a kind that go by id before a list is looked at
	clock   func() time.Time
}

type providerModel struct {
	APIURL    types.String `tfsdk:"api_url"`
	APIKey    types.String `tfsdk:"api_key"`
	ProjectID types.String `tfsdk:"project_id"`
	Retry     types.String `tfsdk:"retry_timeout"`
}

// New returns what makes the provider. version goes into the User-Agent of every request.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &raffProvider{version: version, few: fewReads, clock: time.Now} }
}

func (p *raffProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "raff"
	resp.Version = p.version
}

func (p *raffProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages who may do what in one raff account: members and their invitations, roles, API keys and projects. " +
			"The account is the one the API key belongs to. Every argument can come from the environment instead, and the block beats the environment.",
		Attributes: map[string]schema.Attribute{
			"api_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Address of the raff server. Environment: `RAFF_API_URL`. Default: `" + defaultURL + "`.",
			},
			"api_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "API key to work with. Environment: `RAFF_API_KEY`, which keeps it out of the configuration.",
			},
			"project_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{isUUID()},
				MarkdownDescription: "Project that requests are made for. Members, roles and API keys of the account do not need it. Environment: `RAFF_PROJECT_ID`.",
			},
			"retry_timeout": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long a request is sent again when the server cannot be reached, is not available or refuses it because there are too many, such as `30s` or `5m`; `0s` is never. " +
					"Environment: `RAFF_RETRY_TIMEOUT`. Default: `2m`.",
			},
		},
	}
}

func (p *raffProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.APIURL.IsUnknown() || m.APIKey.IsUnknown() || m.ProjectID.IsUnknown() || m.Retry.IsUnknown() {
		// The value comes from a resource that does not exist yet. What is only to be created can be planned without
		// the server; a read says so when it needs one.
		if req.ClientCapabilities.DeferralAllowed {
			resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
		}
		share(resp, &session{clock: p.clock, retryFor: defaultRetryTimeout})
		return
	}
	retryFor, err := parseDuration(setting(m.Retry, "RAFF_RETRY_TIMEOUT", defaultRetryTimeout.String()))
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("retry_timeout"), "Not a duration",
			"retry_timeout, or RAFF_RETRY_TIMEOUT in the environment, is a duration such as 30s or 2m, or 0s for no retries.")
		return
	}
	key := setting(m.APIKey, "RAFF_API_KEY", "")
	if key == "" {
		resp.Diagnostics.AddAttributeError(path.Root("api_key"), "No API key",
			"Set RAFF_API_KEY in the environment, or api_key in the provider block, to an API key of the account to manage.")
		return
	}
	opts := []client.Option{
		client.WithUserAgent("terraform-provider-raff/" + p.version + " terraform/" + req.TerraformVersion),
		client.WithRateLimit(requestsPerSecond, requestBurst),
		client.WithMiddleware(logRequests),
		client.WithWarnings(func(message string) {
			resp.Diagnostics.AddAttributeWarning(path.Root("api_url"), "The API key is sent without encryption", message)
		}),
	}
	if id := setting(m.ProjectID, "RAFF_PROJECT_ID", ""); id != "" {
		opts = append(opts, client.WithProjectID(id))
	}
	apiURL := setting(m.APIURL, "RAFF_API_URL", defaultURL)
	s, err := p.connect(apiURL, key, retryFor, opts...)
	if err != nil {
		wrong := path.Root("api_key")
		if _, err := client.New(apiURL, ""); err != nil {
			wrong = path.Root("api_url")
		}
		resp.Diagnostics.AddAttributeError(wrong, "The provider cannot be used as it is configured", err.Error())
		return
	}
	// Whose key this is has to be known before anything is changed. To ask at once tells what is wrong with the
	// settings in one place, at the argument that is wrong, and not once for every resource.
	me, err := s.whoami.get(ctx)
	if err != nil {
		s.refuseSetting(ctx, &resp.Diagnostics, err)
		return
	}
	s.accountID = me.Account.ID
	share(resp, s)
}

// share gives the session to everything the provider has.
func share(resp *provider.ConfigureResponse, s *session) {
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = s, s, s
	resp.ActionData, resp.ListResourceData = s, s
}

// setting is the value of the block, else of the environment, else the default. An empty value is as good as none:
// CI systems set variables they have no value for.
func setting(block types.String, env, otherwise string) string {
	if v := block.ValueString(); v != "" {
		return v
	}
	if v := os.Getenv(env); v != "" {
		return v
	}
	return otherwise
}

func (p *raffProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		newMemberResource,
		newRoleResource,
		newAPIKeyResource,
		newProjectResource,
		newProjectMemberResource,
		newExclusiveResource,
		newAccountSettingsResource,
	}
}

func (p *raffProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		newMemberDataSource,
		newMembersDataSource,
		newRoleDataSource,
		newRolesDataSource,
		newPermissionsDataSource,
		newAPIKeyDataSource,
		newAPIKeysDataSource,
		newProjectDataSource,
		newProjectsDataSource,
		newProjectMemberDataSource,
		newProjectMembersDataSource,
		newUserDataSource,
		newWhoamiDataSource,
	}
}

func (p *raffProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{newAPIKeyEphemeral}
}

func (p *raffProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{newMemberList, newRoleList, newAPIKeyList, newProjectList, newProjectMemberList}
}

func (p *raffProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newNormalizeEmail, newPermissionMatches}
}

func (p *raffProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{newResendAction}
}
