package tfprovider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"raff/api/client"
)

// operated is embedded in resources of the operator of a server. They use the operator's API, with the operator_key of the
// provider block.
type operated struct{ managed }

// Configure sets the session, and refuses a provider block without an operator key.
func (o *operated) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	o.session = sessionOf(req.ProviderData)
	o.needsOperator(&resp.Diagnostics)
}

// operatorLookup is embedded in data sources of the operator.
type operatorLookup struct{ lookup }

// Configure sets the session, and refuses a provider block without an operator key.
func (l *operatorLookup) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	l.session = sessionOf(req.ProviderData)
	l.needsOperator(&resp.Diagnostics)
}

// needsOperator reports that the provider block has no operator key. During validation, there is no session yet.
func (s *session) needsOperator(diags *diag.Diagnostics) {
	if s != nil && s.operator == nil && !s.operatorUnknown {
		diags.AddError("No operator key", "Accounts are managed with the operator's API of the server. Set RAFF_OPERATOR_KEY in the environment, or operator_key in the provider "+
			"block, to a key with the scope write (raffd operator key create --scope write), and operator_url to the operator's listener.")
	}
}

// needsKey reports that the provider block has an operator key only.
func (s *session) needsKey(diags *diag.Diagnostics) {
	if s != nil && s.noKey {
		diags.AddError(noKeySummary, noKeyDetail)
	}
}

const (
	noKeySummary = "No API key"
	noKeyDetail  = "Set RAFF_API_KEY in the environment, or api_key in the provider block, to an API key of the account to manage."
)

// operatorReady reports whether the operator's API can be used; it adds an error if its settings are not known yet.
func (s *session) operatorReady(diags *diag.Diagnostics) bool {
	if s != nil && s.operator != nil {
		return true
	}
	diags.AddError("The provider's configuration is not known yet", "operator_url or operator_key comes from a resource that has not been applied, but this step needs the server. "+
		"Apply that resource first (terraform apply -target=…), or set the value in the environment.")
	return false
}

// reportOperator adds an error of the operator's API; doing completes "Could not …".
func (s *session) reportOperator(diags *diag.Diagnostics, doing string, err error) {
	summary := "Could not " + doing
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		diags.AddAttributeError(path.Root("operator_url"), summary, fmt.Sprintf("The operator's API at %s does not answer as expected: %s.\n\nCheck operator_url in the provider block, or "+
			"RAFF_OPERATOR_URL, and that the server runs with --operator-listen.", s.operatorURL, redacted(err.Error())))
		return
	}
	detail := e.Message
	if e.RequestID != "" {
		detail += fmt.Sprintf("\n\nStatus %d, request %s.", e.StatusCode, e.RequestID)
	}
	if client.IsUnauthenticated(err) || e.Code == "read_only_key" {
		detail += "\n\nCheck operator_key in the provider block, or RAFF_OPERATOR_KEY."
	}
	diags.AddError(summary, detail)
}
