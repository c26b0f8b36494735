package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api/client"
)

// managed is what every resource is made of: the session of the run, and an identity, which is the id that the resource
// keeps for life. Import blocks can name it and lists tell it.
type managed struct{ *session }

// Configure takes the session.
func (m *managed) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	m.session = sessionOf(req.ProviderData)
}

// IdentitySchema is the id.
func (managed) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "The id of the resource."},
	}}
}

// identify sets the identity. A Terraform that knows no identities sends none and gets none.
func (managed) identify(ctx context.Context, to *tfsdk.ResourceIdentity, id types.String, diags *diag.Diagnostics) {
	if to != nil {
		diags.Append(to.SetAttribute(ctx, path.Root("id"), id)...)
	}
}

// imported is what an import names: the id, or the identity.
func (managed) imported(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics) string {
	if req.ID != "" || req.Identity == nil {
		return req.ID
	}
	var id types.String
	diags.Append(req.Identity.GetAttribute(ctx, path.Root("id"), &id)...)
	return id.ValueString()
}

// unread ends a refresh that did not get what it asked for; what is a noun with a name, such as "role Auditor".
func (m managed) unread(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse, home types.String, what string, err error) bool {
	at := homeOf(ctx, home, req.Private)
	switch {
	case err == nil:
		return false
	case client.IsDenied(err) && m.elsewhere(ctx, at, what, &resp.Diagnostics):
	case !client.IsNotFound(err):
		m.report(ctx, &resp.Diagnostics, "read the "+what, err)
	default:
		var id types.String
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &id)...)
		if m.gone(ctx, at, id.ValueString(), what, &resp.Diagnostics) {
			resp.State.RemoveResource(ctx)
		}
	}
	return true
}

// lookup is what every data source is made of: the session of the run.
type lookup struct{ *session }

// Configure takes the session.
func (l *lookup) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	l.session = sessionOf(req.ProviderData)
}
