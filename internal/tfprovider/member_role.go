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

// A role is named by its id or by its slug. The state always has the id; it has the slug when the configuration names
// the role by it, and then the slug of the role the member really has, so that a change made elsewhere shows.

// exampleRole is a slug for messages and descriptions.
func (r *memberResource) exampleRole() string {
	if r.inProject {
		return "viewer"
	}
	return "member"
}

// seeRole takes over the role that the member has on the server.
func (m *membership) seeRole(from *api.Member) {
	m.RoleID = types.StringValue(from.RoleID)
	if known(m.Role) {
		m.Role = types.StringValue(from.Role)
	}
}

// planRole plans the id of the role that the configuration names, and refuses a role that cannot be given.
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

// roleIDOf is the id of the role with a slug. It is unknown when there is no such role yet: the same apply may create it,
// so that is a warning and no error.
func (s *session) roleIDOf(ctx context.Context, scope string, slug types.String, diags *diag.Diagnostics) types.String {
	if !known(slug) || !s.connected() {
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
		diags.AddAttributeWarning(at, fmt.Sprintf("There is no %s role with the slug %q yet", scope, slug.ValueString()),
			"It has to exist when this is applied: a raff_role of the same configuration can create it. Check the spelling otherwise."+s.slugs(ctx, scope))
		return types.StringUnknown()
	case isOwnerRole(*role):
		diags.AddAttributeError(at, "The Owner role is not handed out", "The Owner role moves only by a transfer of the ownership.")
	}
	return types.StringValue(role.ID)
}

// roleWithSlug is nil if the scope has no such role.
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

// slugs lists the slugs that can be given in a scope.
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
	return "\n\nThe slugs there are: " + strings.Join(fit, ", ") + "."
}

// settleRole makes the id of the role known, where the plan could not. It reports whether it is.
func (r *memberResource) settleRole(ctx context.Context, plan *membership, diags *diag.Diagnostics) bool {
	if !plan.RoleID.IsUnknown() {
		return true
	}
	id, ok := r.applyRole(ctx, "role", plan.Role.ValueString(), diags)
	plan.RoleID = types.StringValue(id)
	return ok
}

// applyRole is the id of the role with a slug, at a time when it has to exist.
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
