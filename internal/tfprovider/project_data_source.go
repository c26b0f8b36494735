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

// projectDataSource is one project, found by id, slug or name.
type projectDataSource struct{ lookup }

func newProjectDataSource() datasource.DataSource { return &projectDataSource{} }

// projectAttributes describes projectModel.
func projectAttributes() map[string]schema.Attribute {
	attributes := texts(map[string]string{
		"id":             "Id of the project.",
		"name":           "Name that people see.",
		"slug":           "Name that programs use, for life.",
		"description":    "What the project is for.",
		"default_region": "Region for what is made in the project.",
		"created_at":     "When the project was made.",
		"account_id":     "Id of the account it is in.",
	})
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
		MarkdownDescription: "Id of the project. Give this, `slug` or `name`.",
	}
	for name, other := range map[string]string{"slug": "name", "name": "slug"} {
		attributes[name] = schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The " + name + " of the project. Give this, `id` or `" + other + "`.",
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One project of the account, by id, slug or name. It fails if there is none.",
		Attributes:          attributes,
	}
}

func (d *projectDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("slug"), path.MatchRoot("name"))}
}

func (d *projectDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config projectModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.ready(&resp.Diagnostics) {
		return
	}
	// One of the three is given, and counts as what it is: a slug never finds a project of that name.
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

// projectsDataSource is every project the key can see.
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
		MarkdownDescription: "The projects of the account, in order of creation: all of them for who may see all, otherwise those the API key has a role in. The list is complete, however long.",
		Attributes: map[string]schema.Attribute{
			"projects": schema.ListNestedAttribute{Computed: true, NestedObject: projects, MarkdownDescription: "The projects, in order."},
			"by_slug": schema.MapNestedAttribute{
				Computed: true, NestedObject: projects,
				MarkdownDescription: "The same projects by their slug, as in `data.raff_projects.all.by_slug[\"website\"].id`.",
			},
		},
	}
}

func (d *projectsDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.ready(&resp.Diagnostics) {
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
