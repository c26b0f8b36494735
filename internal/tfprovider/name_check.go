package tfprovider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
)

// checkRoleFree refuses during plan a slug or a name of another role. A role that is also in the state is about to be
// replaced or renamed.
func (r *roleResource) checkRoleFree(ctx context.Context, plan, state roleModel, diags *diag.Diagnostics) {
	if r.wrote.Load() || plan.Scope.IsUnknown() || !r.reach(ctx, diags) {
		return
	}
	roles, err := r.roles.get(ctx)
	if err != nil {
		return // without the permission to view roles, the error appears during apply
	}
	for _, o := range roles {
		if o.Scope != plan.Scope.ValueString() || o.ID == state.ID.ValueString() || r.handovers.isKept(o.ID) {
			continue
		}
		if d := roleTaken(o, plan); d != nil {
			diags.Append(d)
			return
		}
	}
}

// roleTaken reports that the role o has the planned slug or name; nil if it has neither.
func roleTaken(o api.Role, plan roleModel) diag.Diagnostic {
	detail := fmt.Sprintf("The account has this role as %s.", o.ID) + importBlock("raff_role", o.Scope+"/"+o.Slug) + "\n\n" + movedRole
	if o.IsSystem {
		detail = "It is a system role, which every account has. Choose another slug or name, or refer to the system role with the data source raff_role."
	}
	switch {
	case known(plan.Slug) && o.Slug == plan.Slug.ValueString():
		return diag.NewAttributeErrorDiagnostic(path.Root("slug"), fmt.Sprintf("A role with the slug %q already exists", o.Slug), detail)
	case known(plan.Name) && naming.Fold(o.Name) == naming.Fold(plan.Name.ValueString()):
		return diag.NewAttributeErrorDiagnostic(path.Root("name"), fmt.Sprintf("A role named %q already exists", o.Name), detail+"\n\n"+bothNames)
	}
	return nil
}

const movedRole = "If the resource was only renamed, add a moved block."

// bothNames explains how to replace a role that is in use.
const bothNames = "To replace a role that is in use, set lifecycle { create_before_destroy = true } and change name and slug together: " +
	"both roles exist for a moment, so they need different names and slugs."

// checkProjectFree is checkRoleFree for the name of a project.
func (r *projectResource) checkProjectFree(ctx context.Context, name types.String, id string, diags *diag.Diagnostics) {
	if r.wrote.Load() || !known(name) || !r.reach(ctx, diags) {
		return
	}
	projects, err := r.allProjects.get(ctx)
	if err != nil {
		return
	}
	for _, p := range projects {
		if p.ID != id && naming.Fold(p.Name) == naming.Fold(name.ValueString()) && !r.handovers.isKept(p.ID) {
			diags.Append(projectTaken(p))
			return
		}
	}
}

func projectTaken(p api.Project) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("name"), fmt.Sprintf("A project named %q already exists", p.Name),
		fmt.Sprintf("The account has this project as %s.", p.ID)+importBlock("raff_project", p.ID))
}

func readProjects(c *client.Client) func(context.Context) ([]api.Project, error) {
	return func(ctx context.Context) ([]api.Project, error) {
		return collect(c.Projects.All(ctx, client.ListProjectsOptions{}))
	}
}
