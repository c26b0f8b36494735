package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"raff/api"
	"raff/api/client"
)

var (
	_ datasource.DataSourceWithConfigure        = (*projectDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*projectDataSource)(nil)
	_ datasource.DataSourceWithConfigure        = (*projectsDataSource)(nil)
)

// projectDataSource is one project, by ID, slug or name.
type projectDataSource struct{ lookup }

func newProjectDataSource() datasource.DataSource { return &projectDataSource{} }

// projectAttributes describes projectModel.
func projectAttributes() map[string]schema.Attribute {
	attributes := texts(map[string]string{
		"id":             "ID of the project.",
		"name":           "Display name.",
		"slug":           "Slug, which never changes.",
		"description":    "Description.",
		"default_region": "Default region of resources in the project.",
		"created_at":     "When the project was created.",
		"account_id":     "ID of the account.",
	})
	attributes["external_ids"] = externalIDsData("project")
	attributes["is_default"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether this is the account's Default project."}
	return attributes
}

func (d *projectDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_project"
}

func (d *projectDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := projectAttributes()
	attributes["id"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "ID of the project. Set one of `id`, `slug` and `name`.",
	}
	for name, other := range map[string]string{"slug": "name", "name": "slug"} {
		attributes[name] = schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The " + name + " of the project. Conflicts with `id` and `" + other + "`.",
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One project of the account, by ID, slug or name. Fails if there is none.",
		Attributes:          attributes,
	}
}

func (d *projectDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("slug"), path.MatchRoot("name"))}
}

func (d *projectDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config projectModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	// Exactly one of the three is set: a slug never matches the name of a project.
	var p *api.Project
	var err error
	slug, name := config.Slug.ValueString(), config.Name.ValueString()
	ref := config.ID.ValueString() + slug + name
	switch {
	case slug != "":
		p, err = d.oneProject(ctx, "slug", slug, func(p api.Project) bool { return p.Slug == slug })
	case name != "":
		p, err = d.oneProject(ctx, "name", name, func(p api.Project) bool { return p.Name == name })
	default:
		p, err = d.findProject(ctx, ref)
	}
	if err != nil {
		d.report(ctx, &resp.Diagnostics, "find the project "+ref, err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, newProjectModel(p))...)
}

// projectsDataSource lists the projects that the API key can see.
type projectsDataSource struct{ lookup }

func newProjectsDataSource() datasource.DataSource { return &projectsDataSource{} }

type projectsModel struct {
	Projects []projectModel          `tfsdk:"projects"`
	BySlug   map[string]projectModel `tfsdk:"by_slug"`
}

func (d *projectsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_projects"
}

func (d *projectsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	projects := schema.NestedAttributeObject{Attributes: projectAttributes()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The projects of the account, in order of creation: all of them if the API key may see all projects, otherwise those in which it has a role. The list is always complete.",
		Attributes: map[string]schema.Attribute{
			"projects": schema.ListNestedAttribute{Computed: true, NestedObject: projects, MarkdownDescription: "The projects, in order."},
			"by_slug": schema.MapNestedAttribute{
				Computed: true, NestedObject: projects,
				MarkdownDescription: "The projects by slug, as in `data.raff_projects.all.by_slug[\"website\"].id`.",
			},
		},
	}
}

func (d *projectsDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.ready(ctx, &resp.Diagnostics) {
		return
	}
	m := projectsModel{Projects: []projectModel{}, BySlug: map[string]projectModel{}}
	for p, err := range d.client.Projects.All(ctx, client.ListProjectsOptions{}) {
		if err != nil {
			d.report(ctx, &resp.Diagnostics, "list the projects", err)
			return
		}
		row := newProjectModel(&p)
		m.Projects = append(m.Projects, row)
		m.BySlug[p.Slug] = row
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
