package tfprovider

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// listResource lists the existing objects of one resource type, whether or not a configuration has them: terraform
// query shows them and generates import blocks.
type listResource struct {
	managed
	typeName    string
	description string
	arguments   map[string]schema.Attribute
	items       func(ctx context.Context, s *session, argument func(name string) types.String) iter.Seq2[item, error]
}

// item is one existing object, with the state that it would have.
type item struct {
	id    types.String
	name  string // for people
	state any
}

// itemsOf converts rows to items, without those for which show returns false.
func itemsOf[T any](rows iter.Seq2[T, error], show func(T) (item, bool)) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(item{}, err)
				return
			}
			if it, ok := show(row); ok && !yield(it, nil) {
				return
			}
		}
	}
}

func (r *listResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.typeName
}

func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{MarkdownDescription: r.description, Attributes: r.arguments}
}

func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var diags diag.Diagnostics
	if !r.ready(ctx, &diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	argument := func(name string) (v types.String) {
		diags.Append(req.Config.GetAttribute(ctx, path.Root(name), &v)...)
		return v
	}
	items := r.items(ctx, r.session, argument)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(yield func(list.ListResult) bool) {
		n := int64(0)
		for it, err := range items {
			result := req.NewListResult(ctx)
			if err != nil {
				r.report(ctx, &result.Diagnostics, "list "+r.typeName, err)
				yield(result)
				return
			}
			result.DisplayName = it.name
			r.identify(ctx, result.Identity, it.id, &result.Diagnostics)
			if req.IncludeResource {
				result.Diagnostics.Append(result.Resource.Set(ctx, it.state)...)
			}
			if n++; !yield(result) || n == req.Limit {
				return
			}
		}
	}
}

func memberArguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"status": schema.StringAttribute{
			Optional:            true,
			Validators:          []validator.String{stringvalidator.OneOf(api.StatusPending, api.StatusActive, api.StatusSuspended)},
			MarkdownDescription: "Only members with this status: `pending`, `active` or `suspended`.",
		},
		"role_id": schema.StringAttribute{Optional: true, MarkdownDescription: "Only members with this role."},
		"principal_type": schema.StringAttribute{
			Optional:            true,
			Validators:          []validator.String{stringvalidator.OneOf(api.PrincipalUser, api.PrincipalAPIKey, api.PrincipalInvitation)},
			MarkdownDescription: "Only `user`, `api_key` or `invitation`.",
		},
	}
}

func membersToList(ctx context.Context, s *session, project types.String, argument func(string) types.String) iter.Seq2[item, error] {
	rows := s.allMembers(ctx, project.ValueString(), client.ListMembersOptions{
		Status:        argument("status").ValueString(),
		RoleID:        argument("role_id").ValueString(),
		PrincipalType: argument("principal_type").ValueString(),
	})
	return itemsOf(rows, func(m api.Member) (item, bool) {
		state := found(project, &m, false)
		it := item{state.ID, nameOr(m.Name, m.Email) + ", " + m.RoleName, state}
		if project.IsNull() {
			it.state = state.memberModel
		}
		return it, true
	})
}

func newMemberList() list.ListResource {
	return &listResource{
		typeName: "raff_member", arguments: memberArguments(),
		description: "Lists the members of the account, including the Owner and API keys.",
		items: func(ctx context.Context, s *session, argument func(string) types.String) iter.Seq2[item, error] {
			return membersToList(ctx, s, types.StringNull(), argument)
		},
	}
}

func newProjectMemberList() list.ListResource {
	arguments := memberArguments()
	arguments["project_id"] = schema.StringAttribute{Required: true, MarkdownDescription: "ID of the project."}
	return &listResource{
		typeName: "raff_project_member", arguments: arguments,
		description: "Lists the members of a project.",
		items: func(ctx context.Context, s *session, argument func(string) types.String) iter.Seq2[item, error] {
			return membersToList(ctx, s, argument("project_id"), argument)
		},
	}
}

func newRoleList() list.ListResource {
	return &listResource{
		typeName:    "raff_role",
		description: "Lists the custom roles of the account. System roles cannot be managed and are not listed.",
		arguments: map[string]schema.Attribute{
			"scope": schema.StringAttribute{Optional: true, Validators: []validator.String{isScope()}, MarkdownDescription: "Only roles of this scope: `account` or `project`."},
		},
		items: func(ctx context.Context, s *session, argument func(string) types.String) iter.Seq2[item, error] {
			rows := s.client.Roles.All(ctx, client.ListRolesOptions{Scope: argument("scope").ValueString()})
			return itemsOf(rows, func(role api.Role) (item, bool) {
				var state roleModel
				diags := state.fill(ctx, &role)
				return item{state.ID, role.Name, state}, !role.IsSystem && !diags.HasError()
			})
		},
	}
}

func newAPIKeyList() list.ListResource {
	return &listResource{
		typeName:    "raff_api_key",
		description: "Lists the API keys of the account. Secrets cannot be read again.",
		items: func(ctx context.Context, s *session, _ func(string) types.String) iter.Seq2[item, error] {
			return itemsOf(s.client.APIKeys.All(ctx, client.ListAPIKeysOptions{}), func(k api.APIKey) (item, bool) {
				var state apiKeyModel
				state.fill(&k)
				return item{state.ID, k.Name + " (" + k.KeyPrefix + "…)", state}, true
			})
		},
	}
}

func newProjectList() list.ListResource {
	return &listResource{
		typeName:    "raff_project",
		description: "Lists the projects of the account that the API key can see.",
		items: func(ctx context.Context, s *session, _ func(string) types.String) iter.Seq2[item, error] {
			return itemsOf(s.client.Projects.All(ctx, client.ListProjectsOptions{}), func(p api.Project) (item, bool) {
				state := newProjectModel(&p)
				return item{state.ID, p.Name, state}, true
			})
		},
	}
}
