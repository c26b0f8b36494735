package tfprovider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/internal/nearest"
)

// checkPermissions refuses during plan names that are not in the catalog, or that belong to the other scope.
func (s *session) checkPermissions(ctx context.Context, scope types.String, names types.Set, diags *diag.Diagnostics) {
	if names.IsUnknown() || scope.IsUnknown() || !s.reach(ctx, diags) {
		return
	}
	catalog, err := s.permissions.get(ctx)
	if err != nil {
		s.report(ctx, diags, "check permissions", err)
		return
	}
	for _, v := range names.Elements() {
		name, ok := v.(types.String)
		if !ok || !known(name) {
			continue
		}
		if why := wrongPermission(catalog, scope.ValueString(), name.ValueString()); why != "" {
			diags.AddAttributeError(path.Root("permissions"), "No such permission", why)
		}
	}
}

// wrongPermission says why a role of the scope cannot have the permission; empty if it can.
func wrongPermission(catalog []api.Permission, scope, name string) string {
	var fit []string
	for _, builtIn := range []string{api.PermissionDecisionsEvaluate, api.PermissionDecisionsExplain} {
		catalog = append(slices.Clip(catalog), api.Permission{Name: builtIn, Scope: api.ScopeAccount})
	}
	for _, p := range catalog {
		switch {
		case p.Name == name && p.Scope == scope:
			return ""
		case p.Name == name:
			return fmt.Sprintf("%s is a %s permission, and this is a role of the %s scope.", name, p.Scope, scope)
		case p.Scope == scope:
			fit = append(fit, p.Name)
		}
	}
	meant, distance := nearest.Best(name, fit)
	if distance >= len(name) {
		return fmt.Sprintf("There is no %s permission %q. The data source raff_permissions lists them.", scope, name)
	}
	return fmt.Sprintf("There is no %s permission %q. Did you mean %q?", scope, name, meant)
}
