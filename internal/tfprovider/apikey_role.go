package tfprovider

import (
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// keyRoles records which resource of a plan manages the account role of an API key: raff_api_key with role_id, or
// raff_member. Two of them with different roles would change it back and forth with every apply.
type keyRoles struct {
	mu      sync.Mutex
	planned map[string]keyRole // by the ID of the key
}

type keyRole struct{ typeName, roleID string }

// plan records the planned role, and warns if the plan has another one from a resource of the other type.
func (k *keyRoles) plan(id, role types.String, typeName string, diags *diag.Diagnostics) {
	if !known(id) || !known(role) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.planned == nil {
		k.planned = map[string]keyRole{}
	}
	other, again := k.planned[id.ValueString()]
	k.planned[id.ValueString()] = keyRole{typeName, role.ValueString()}
	if again && other.typeName != typeName && other.roleID != role.ValueString() {
		diags.AddWarning("The role of an API key is managed in two places", fmt.Sprintf(
			"raff_api_key (role_id) and raff_member give the API key %s different roles, and every apply changes the role back. Remove role_id from raff_api_key, or remove the raff_member.", id.ValueString()))
	}
}
