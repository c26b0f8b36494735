// Package tfprovider is the Terraform provider for raff: members, roles, API keys and projects of one account as code.
// It uses the API only through the Go SDK.
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

const (
	defaultURL         = "http://127.0.0.1:8080"
	defaultOperatorURL = "http://127.0.0.1:8081"
)

// A key of the standard tier has 30 requests per second and bursts of 60. Staying below leaves room for other users of
// the key, and a large plan runs evenly instead of being refused and waiting.
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
	few     int // number of reads by ID before a list is read
	clock   func() time.Time
}

type providerModel struct {
	APIURL          types.String `tfsdk:"api_url"`
	APIKey          types.String `tfsdk:"api_key"`
	ProjectID       types.String `tfsdk:"project_id"`
	Retry           types.String `tfsdk:"retry_timeout"`
	OperatorURL     types.String `tfsdk:"operator_url"`
	OperatorKey     types.String `tfsdk:"operator_key"`
	OperatorCA      types.String `tfsdk:"operator_ca_file"`
	OperatorCert    types.String `tfsdk:"operator_cert_file"`
	OperatorCertKey types.String `tfsdk:"operator_cert_key_file"`
}

// New returns the provider factory. version is part of the User-Agent of every request.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &raffProvider{version: version, few: fewReads, clock: time.Now} }
}

func (p *raffProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "raff"
	resp.Version = p.version
}

func (p *raffProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages access to one raff account: members and their invitations, roles, API keys and projects. " +
			"The account is the one that the API key belongs to. With an operator key, the operator of a server can manage the accounts of the server. Every argument can also be set in the environment; arguments in the provider block take precedence.",
		Attributes: map[string]schema.Attribute{
			"api_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "URL of the raff server. Environment: `RAFF_API_URL`. Default: `" + defaultURL + "`.",
			},
			"api_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "API key of the account. Environment: `RAFF_API_KEY`, which keeps it out of the configuration.",
			},
			"operator_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "URL of the server's listener for the operator's API, for `raff_account` and `raff_accounts`. Environment: `RAFF_OPERATOR_URL`. Default: `" + defaultOperatorURL + "`.",
			},
			"operator_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Operator key (`rop_…`), for `raff_account` and `raff_accounts`. With it, `api_key` is only needed for the resources of an account. Environment: `RAFF_OPERATOR_KEY`.",
			},
			"operator_ca_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "File with the authorities (PEM) that issued the certificate of the operator's listener. Environment: `RAFF_OPERATOR_CA`. Default: those of the system.",
			},
			"operator_cert_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "File with a client certificate (PEM), for an operator's listener that requires one (`--operator-client-ca`). Environment: `RAFF_OPERATOR_CERT`.",
			},
			"operator_cert_key_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "File with the key of the client certificate. Environment: `RAFF_OPERATOR_CERT_KEY`.",
			},
			"project_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{isUUID()},
				MarkdownDescription: "Project ID sent with every request. Not needed for the resources of this provider. Environment: `RAFF_PROJECT_ID`.",
			},
			"retry_timeout": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long to retry a request if the server is unreachable, unavailable or refuses it because of the rate limit, such as `30s` or `5m`; `0s` disables retries. " +
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
		// The value comes from a resource that does not exist yet. New objects can be planned without the server; a read
		// reports if it needs the server.
		if req.ClientCapabilities.DeferralAllowed {
			resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
		}
		s := &session{clock: p.clock, retryFor: defaultRetryTimeout}
		p.operate(req, m, s, resp)
		share(resp, s)
		return
	}
	retryFor, err := parseDuration(setting(m.Retry, "RAFF_RETRY_TIMEOUT", defaultRetryTimeout.String()))
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("retry_timeout"), "Not a duration",
			"retry_timeout, or RAFF_RETRY_TIMEOUT in the environment, must be a duration such as 30s or 2m, or 0s for no retries.")
		return
	}
	key := setting(m.APIKey, "RAFF_API_KEY", "")
	if key == "" {
		s := &session{clock: p.clock, retryFor: retryFor, noKey: true}
		if p.operate(req, m, s, resp); s.operator == nil && !s.operatorUnknown {
			resp.Diagnostics.AddAttributeError(path.Root("api_key"), noKeySummary, noKeyDetail)
			return
		}
		share(resp, s)
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
		resp.Diagnostics.AddAttributeError(wrong, "Invalid provider configuration", err.Error())
		return
	}
	p.operate(req, m, s, resp)
	// A server that answers reports wrong settings here: once, at the argument, and not once per resource. A server that
	// does not answer may not be needed.
	if err := s.whoami.try(ctx); err != nil {
		if c, ok := s.causeOf(err); !ok || !c.away {
			s.refuseSetting(ctx, &resp.Diagnostics, err)
			return
		}
	}
	share(resp, s)
}

// operate connects the session with the operator's API, if an operator key is configured.
func (p *raffProvider) operate(req provider.ConfigureRequest, m providerModel, s *session, resp *provider.ConfigureResponse) {
	if s.operatorUnknown = m.OperatorURL.IsUnknown() || m.OperatorKey.IsUnknown() || m.OperatorCA.IsUnknown() || m.OperatorCert.IsUnknown() || m.OperatorCertKey.IsUnknown(); s.operatorUnknown {
		return
	}
	key := setting(m.OperatorKey, "RAFF_OPERATOR_KEY", "")
	if key == "" {
		return
	}
	s.operatorURL = setting(m.OperatorURL, "RAFF_OPERATOR_URL", defaultOperatorURL)
	opts, err := client.TLSFiles{
		CA: setting(m.OperatorCA, "RAFF_OPERATOR_CA", ""), Cert: setting(m.OperatorCert, "RAFF_OPERATOR_CERT", ""), Key: setting(m.OperatorCertKey, "RAFF_OPERATOR_CERT_KEY", ""),
	}.Options()
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("operator_ca_file"), "Invalid certificates for the operator's API", "Check operator_ca_file, operator_cert_file and operator_cert_key_file, "+
			"or RAFF_OPERATOR_CA, RAFF_OPERATOR_CERT and RAFF_OPERATOR_CERT_KEY: "+err.Error()+".")
		return
	}
	o, err := client.NewOperator(s.operatorURL, key, append(opts, client.WithUserAgent("terraform-provider-raff/"+p.version+" terraform/"+req.TerraformVersion),
		client.WithMiddleware(logRequests), client.WithRetryTimeout(s.retryFor), client.WithWarnings(func(message string) {
			resp.Diagnostics.AddAttributeWarning(path.Root("operator_url"), "The operator key is sent without encryption", message)
		}))...)
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("operator_url"), "Invalid provider configuration", err.Error())
		return
	}
	s.operator = o
}

// share passes the session to all resources and data sources.
func share(resp *provider.ConfigureResponse, s *session) {
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = s, s, s
	resp.ActionData, resp.ListResourceData = s, s
}

// setting is the value from the provider block, or else the environment, or else the default. An empty value counts as
// unset, because CI systems set variables without a value.
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
		newAccountResource,
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
		newAccountsDataSource,
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
