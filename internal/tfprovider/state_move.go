package tfprovider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// stateVersion is the version of the states that resources write. Version 0 is the first version of this provider, and
// that of another publisher's provider with the same resources, whose state comes from terraform state
// replace-provider.
const stateVersion = 1

// values are the attributes of a state by name.
type values map[string]tftypes.Value

// earlier upgrades states of version 0. Unknown attributes are dropped, missing ones are null, and settle, if not nil,
// corrects what another provider wrote differently.
type earlier struct {
	typeName string
	settle   func(values)
}

// upgrader is for terraform state replace-provider, and for states of the first version of this provider.
func (e earlier) upgrader() map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: {
		StateUpgrader: func(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
			e.take(ctx, req.RawState, &resp.State, &resp.Diagnostics)
		},
	}}
}

// mover is for a moved block from a resource of another provider. Only a provider named raff is assumed to have the
// same resources.
func (e earlier) mover() []resource.StateMover {
	return []resource.StateMover{{
		StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
			if !strings.HasSuffix(req.SourceProviderAddress, "/raff") {
				return
			}
			if req.SourceTypeName != e.typeName {
				resp.Diagnostics.AddError("A "+req.SourceTypeName+" cannot become a "+e.typeName,
					"They are different objects on the server, so a moved block cannot turn one into the other. Nothing was changed. Remove the moved block, and add the "+e.typeName+
						" as a new resource. To keep the old object without managing it here, replace its resource with a removed block that has lifecycle { destroy = false }.")
				return
			}
			e.take(ctx, req.SourceRawState, &resp.TargetState, &resp.Diagnostics)
		},
	}}
}

func (e earlier) take(ctx context.Context, raw *tfprotov6.RawState, to *tfsdk.State, diags *diag.Diagnostics) {
	typ := to.Schema.Type().TerraformType(ctx)
	v, err := raw.UnmarshalWithOpts(typ, tfprotov6.UnmarshalOpts{ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true}})
	all := map[string]tftypes.Value{}
	if err == nil {
		err = v.As(&all)
	}
	if err != nil {
		diags.AddError("The state of "+e.typeName+" cannot be read",
			"It was written by another provider, or by a newer version of this one. Remove the resource from the state (terraform state rm ADDRESS) and import it. Details: "+err.Error())
		return
	}
	if e.settle != nil {
		e.settle(all)
	}
	to.Raw = tftypes.NewValue(typ, all)
}

// text is an attribute; "" if it is null.
func (v values) text(name string) string {
	var s string
	if it, ok := v[name]; ok && it.IsKnown() && !it.IsNull() && it.Type().Is(tftypes.String) {
		_ = it.As(&s) // it is a string
	}
	return s
}

func (v values) set(name string, to any) { v[name] = tftypes.NewValue(tftypes.String, to) }

// nullEmpty sets empty texts to null: providers based on the older SDK write "" for unset values.
func (v values) nullEmpty(names ...string) {
	for _, name := range names {
		if v.text(name) == "" {
			v.set(name, nil)
		}
	}
}

// fillNull sets null texts to "", where that is this provider's default.
func (v values) fillNull(names ...string) {
	for _, name := range names {
		if v.text(name) == "" {
			v.set(name, "")
		}
	}
}

// settleMember keeps only the argument that identifies the member in a configuration: other providers computed the
// email of every member.
func settleMember(v values) {
	v.nullEmpty("email", "target_user_id", "api_key_id", "user_id", "principal_email", "invitation_id")
	switch {
	case v.text("api_key_id") != "":
		v.set("email", nil)
		v.set("target_user_id", nil)
	case v.text("target_user_id") != "":
		v.set("email", nil)
	}
}

// settleProjectMember also adds the project to the ID.
func settleProjectMember(v values) {
	settleMember(v)
	if id, project := v.text("id"), v.text("project_id"); id != "" && project != "" && !strings.Contains(id, "/") {
		v.set("member_id", id)
		v.set("id", project+"/"+id)
	}
}

func (r *memberResource) earlier() earlier {
	if r.inProject {
		return earlier{r.typeName(), settleProjectMember}
	}
	return earlier{r.typeName(), settleMember}
}

// UpgradeState upgrades states of version 0.
func (r *memberResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return r.earlier().upgrader()
}

// MoveState converts states of another provider.
func (r *memberResource) MoveState(context.Context) []resource.StateMover { return r.earlier().mover() }

var (
	earlierRole    = earlier{"raff_role", func(v values) { v.fillNull("description") }}
	earlierAPIKey  = earlier{"raff_api_key", func(v values) { v.nullEmpty("expires_at", "role_id") }}
	earlierProject = earlier{"raff_project", func(v values) { v.fillNull("description") }}
)

// UpgradeState upgrades states of version 0.
func (r *roleResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return earlierRole.upgrader()
}

// MoveState converts states of another provider.
func (r *roleResource) MoveState(context.Context) []resource.StateMover { return earlierRole.mover() }

// UpgradeState upgrades states of version 0.
func (r *apiKeyResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return earlierAPIKey.upgrader()
}

// MoveState converts states of another provider.
func (r *apiKeyResource) MoveState(context.Context) []resource.StateMover {
	return earlierAPIKey.mover()
}

// UpgradeState upgrades states of version 0.
func (r *projectResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return earlierProject.upgrader()
}

// MoveState converts states of another provider.
func (r *projectResource) MoveState(context.Context) []resource.StateMover {
	return earlierProject.mover()
}
