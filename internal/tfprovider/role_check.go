package tfprovider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

const ownerSlug = "owner"

// findRole finds a role by ID. A role that is not in the list of this run may have been created since.
func (s *session) findRole(ctx context.Context, id string) (*api.Role, error) {
	roles, err := s.roles.get(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(roles, func(r api.Role) bool { return r.ID == id }); i >= 0 {
		return &roles[i], nil
	}
	return s.client.Roles.Get(ctx, id)
}

func (s *session) roleBySlug(ctx context.Context, scope, slug string) (*api.Role, error) {
	roles, err := s.roles.get(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(roles, func(r api.Role) bool { return r.Scope == scope && r.Slug == slug }); i >= 0 {
		return &roles[i], nil
	}
	return nil, fmt.Errorf("the account has no %s role with the slug %q", scope, slug)
}

// checkRole refuses during plan a role that cannot be assigned in the scope, and lists those that can. Without the
// permission to view roles, the error appears during apply.
func (s *session) checkRole(ctx context.Context, scope string, id types.String, diags *diag.Diagnostics) {
	if !known(id) || !s.reach(ctx, diags) {
		return
	}
	refuse := func(summary, why string) {
		diags.AddAttributeError(path.Root("role_id"), summary, why+s.fittingRoles(ctx, scope))
	}
	role, err := s.findRole(ctx, id.ValueString())
	switch {
	case client.IsDenied(err):
	case client.IsNotFound(err):
		refuse("No such role", fmt.Sprintf("The account has no role with the ID %s.", id.ValueString()))
	case err != nil:
		s.report(ctx, diags, "check role_id", err)
	case role.Scope != scope && scope == api.ScopeAccount:
		refuse("Not an account role", fmt.Sprintf("%q is a %s role: it can be assigned in a project, not in the account.", role.Name, role.Scope))
	case role.Scope != scope:
		refuse("Not a project role", fmt.Sprintf("%q is an %s role: it can be assigned in the account, not in a project.", role.Name, role.Scope))
	case isOwnerRole(*role):
		refuse("The Owner role cannot be assigned", "The Owner role changes hands only by transferring ownership.")
	}
}

func isOwnerRole(r api.Role) bool { return r.IsSystem && r.Slug == ownerSlug }

func (s *session) fittingRoles(ctx context.Context, scope string) string {
	roles, err := s.roles.get(ctx)
	if err != nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n\nAvailable roles:")
	for _, r := range roles {
		if r.Scope == scope && !isOwnerRole(r) {
			fmt.Fprintf(&b, "\n  - %s  %s", r.ID, r.Name)
		}
	}
	return b.String()
}
