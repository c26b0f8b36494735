package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Terraform plans a replacement twice: first as a change of the existing member, and then as the creation of the new
// one, without a state but with the private data of the first plan, which says who is replaced.

// noteReplaced is the member that the first plan saw, for the second plan of a replacement.
const noteReplaced = "replaced"

type outgoing struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	UserID    string `json:"user_id,omitempty"`
	APIKeyID  string `json:"api_key_id,omitempty"`
	OnDestroy string `json:"on_destroy,omitempty"`
}

func replacedBy(state membership) outgoing {
	out := outgoing{
		ID: state.memberID(), Email: state.PrincipalEmail.ValueString(), UserID: state.UserID.ValueString(),
		APIKeyID: state.APIKeyID.ValueString(), OnDestroy: state.OnDestroy.ValueString(),
	}
	return out
}

// refuseKept refuses to replace a member by the same person if on_destroy keeps the old one. It is an error, because
// Terraform shows no warnings of this second plan.
func (r *memberResource) refuseKept(ctx context.Context, notes noteReader, plan membership, diags *diag.Diagnostics) {
	old := readNote[outgoing](ctx, notes, noteReplaced)
	if old.ID == "" || old.OnDestroy == "" || old.OnDestroy == destroyRemove || plan.Adopt.ValueBool() {
		return
	}
	was := membership{memberModel: memberModel{
		PrincipalEmail: types.StringValue(old.Email), UserID: types.StringValue(old.UserID), APIKeyID: types.StringValue(old.APIKeyID),
	}}
	if plan.names(was) {
		diags.AddError(old.Email+" cannot be replaced",
			"on_destroy = \""+old.OnDestroy+"\" keeps the member, and a person cannot be a member twice. Set on_destroy = \"remove\" and apply that first, or set adopt_existing = true.")
	}
}
