package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// identified is what every resource is recognized by: its id, which it keeps for life. Embedding it gives a resource
// an identity that import blocks can name and lists can tell.
type identified struct{}

// IdentitySchema is the id.
func (identified) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "The id of the resource."},
	}}
}

// identify sets the identity. A Terraform that knows no identities sends none and gets none.
func (identified) identify(ctx context.Context, to *tfsdk.ResourceIdentity, id types.String, diags *diag.Diagnostics) {
	if to != nil {
		diags.Append(to.SetAttribute(ctx, path.Root("id"), id)...)
	}
}

// imported is what an import names: the id, or the identity.
func (identified) imported(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics) string {
	if req.ID != "" || req.Identity == nil {
		return req.ID
	}
	var id types.String
	diags.Append(req.Identity.GetAttribute(ctx, path.Root("id"), &id)...)
	return id.ValueString()
}
