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

// managed is embedded in every resource. It has the session of the run and implements the identity, which is the
// permanent ID of the resource, used by import blocks and lists.
type managed struct{ *session }

// Configure sets the session.
func (m *managed) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	m.session = sessionOf(req.ProviderData)
	m.needsKey(&resp.Diagnostics)
}

// IdentitySchema has the ID as the only attribute.
func (managed) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "The ID of the resource."},
	}}
}

// identify sets the identity, if this version of Terraform supports identities.
func (managed) identify(ctx context.Context, to *tfsdk.ResourceIdentity, id types.String, diags *diag.Diagnostics) {
	if to != nil {
		diags.Append(to.SetAttribute(ctx, path.Root("id"), id)...)
	}
}

// imported is the import ID, or the ID in the identity.
func (managed) imported(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics) string {
	if req.ID != "" || req.Identity == nil {
		return req.ID
	}
	var id types.String
	diags.Append(req.Identity.GetAttribute(ctx, path.Root("id"), &id)...)
	return id.ValueString()
}

// unread handles an error of a refresh; what is a noun with a name, such as "role Auditor".
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

// lookup is embedded in every data source. It has the session of the run.
type lookup struct{ *session }

// Configure sets the session.
func (l *lookup) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	l.session = sessionOf(req.ProviderData)
	l.needsKey(&resp.Diagnostics)
}
