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

// A role is given by ID or slug. The state always has the ID. It has the slug if the configuration uses it, and then
// the slug of the member's actual role, so that a change made elsewhere shows.

// exampleRole is a slug for messages and descriptions.
func (r *memberResource) exampleRole() string {
	if r.inProject {
		return "viewer"
	}
	return "member"
}

// seeRole sets the role from the server.
func (m *membership) seeRole(from *api.Member) {
	m.RoleID = types.StringValue(from.RoleID)
	if known(m.Role) {
		m.Role = types.StringValue(from.Role)
	}
}

// planRole plans the ID of the configured role, and refuses a role that cannot be assigned.
func (r *memberResource) planRole(ctx context.Context, config, state membership, plan *membership, diags *diag.Diagnostics) {
	switch {
	case !config.RoleID.IsNull():
		if !plan.RoleID.Equal(state.RoleID) {
			r.checkRole(ctx, r.roleScope(), plan.RoleID, diags)
		}
	case known(config.Role) && config.Role.Equal(state.Role):
		plan.RoleID = state.RoleID
	default:
		plan.RoleID = r.roleIDOf(ctx, r.roleScope(), config.Role, diags)
	}
}

// roleIDOf is the ID of the role with the slug. It is unknown if there is no such role yet: the same apply may create
// it, so that is a warning, not an error.
func (s *session) roleIDOf(ctx context.Context, scope string, slug types.String, diags *diag.Diagnostics) types.String {
	if !known(slug) || !s.reach(ctx, diags) {
		return types.StringUnknown()
	}
	at := path.Root("role")
	role, err := s.roleWithSlug(ctx, scope, slug.ValueString())
	switch {
	case client.IsDenied(err):
		return types.StringUnknown()
	case err != nil:
		s.report(ctx, diags, "look up the role "+slug.ValueString(), err)
		return types.StringUnknown()
	case role == nil:
		if _, coming := s.plannedRoles.Load(roleKey{scope, slug.ValueString()}); coming {
			return types.StringUnknown()
		}
		diags.AddAttributeWarning(at, fmt.Sprintf("There is no %s role with the slug %q yet", scope, slug.ValueString()),
			"It must exist when this is applied: a raff_role in the same configuration can create it. Otherwise, check the spelling."+s.slugs(ctx, scope))
		return types.StringUnknown()
	case isOwnerRole(*role):
		diags.AddAttributeError(at, "The Owner role cannot be assigned", "The Owner role changes hands only by transferring ownership.")
	}
	return types.StringValue(role.ID)
}

// roleKey identifies a role within an account.
type roleKey struct{ scope, slug string }

// roleWithSlug returns nil if the scope has no such role.
func (s *session) roleWithSlug(ctx context.Context, scope, slug string) (*api.Role, error) {
	roles, err := s.roles.get(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(roles, func(r api.Role) bool { return r.Scope == scope && r.Slug == slug }); i >= 0 {
		return &roles[i], nil
	}
	return nil, nil
}

// slugs lists the slugs of the roles that can be assigned in a scope.
func (s *session) slugs(ctx context.Context, scope string) string {
	roles, err := s.roles.get(ctx)
	if err != nil {
		return ""
	}
	var fit []string
	for _, r := range roles {
		if r.Scope == scope && !isOwnerRole(r) {
			fit = append(fit, r.Slug)
		}
	}
	return "\n\nAvailable slugs: " + strings.Join(fit, ", ") + "."
}

// settleRole sets the ID of the role if it was unknown in the plan. It reports whether it succeeded.
func (r *memberResource) settleRole(ctx context.Context, plan *membership, diags *diag.Diagnostics) bool {
	if !plan.RoleID.IsUnknown() {
		return true
	}
	id, ok := r.applyRole(ctx, "role", plan.Role.ValueString(), diags)
	plan.RoleID = types.StringValue(id)
	return ok
}

// applyRole is the ID of the role with the slug during apply, when it must exist.
func (r *memberResource) applyRole(ctx context.Context, argument, slug string, diags *diag.Diagnostics) (id string, ok bool) {
	scope := r.roleScope()
	role, err := r.roleWithSlug(ctx, scope, slug)
	if err == nil && role == nil { // it may have been created since the list was read
		r.roles.forget()
		role, err = r.roleWithSlug(ctx, scope, slug)
	}
	switch {
	case err != nil:
		r.report(ctx, diags, "look up the role "+slug, err)
	case role == nil:
		diags.AddAttributeError(path.Root(argument), fmt.Sprintf("There is no %s role with the slug %q", scope, slug),
			"Check the spelling, or create the role first."+r.slugs(ctx, scope))
	default:
		return role.ID, true
	}
	return "", false
}
