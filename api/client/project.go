package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"raff/api"
)

const (
	projectsPath = "/api/v1/projects"
	projectPath  = "/api/v1/projects/%s"
)

// ProjectService manages the projects that the caller can see.
type ProjectService struct{ c *Client }

// ListProjectsOptions are the options of ProjectService.List and All.
type ListProjectsOptions struct {
	ExternalID string // only the project with this external id, SOURCE:ID
	ListOptions
}

func (o ListProjectsOptions) query() url.Values {
	q := o.ListOptions.query()
	set(q, "external_id", o.ExternalID)
	return q
}

// List returns one page of projects, in order of creation.
func (s *ProjectService) List(ctx context.Context, o ListProjectsOptions) (*api.Page[api.Project], error) {
	return list[api.Project](ctx, s.c, projectsPath, o.query())
}

// All iterates over all projects, fetching one page at a time.
func (s *ProjectService) All(ctx context.Context, o ListProjectsOptions) iter.Seq2[api.Project, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.Project], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns a project.
func (s *ProjectService) Get(ctx context.Context, id string) (*api.Project, error) {
	return get[api.Project](ctx, s.c, projectPath, id)
}

// Create creates a project. Its slug is derived from the name and never changes.
func (s *ProjectService) Create(ctx context.Context, in api.CreateProjectRequest, opts ...CallOption) (*api.Project, error) {
	return fetch[api.Project](ctx, s.c, request{method: http.MethodPost, path: projectsPath, body: in}, opts...)
}

// Update changes the fields of in that are not nil.
func (s *ProjectService) Update(ctx context.Context, id string, in api.UpdateProjectRequest, opts ...CallOption) (*api.Project, error) {
	return write[api.Project](ctx, s.c, http.MethodPut, in, opts, projectPath, id)
}

// Delete deletes an empty project with its memberships. The Default project cannot be deleted.
func (s *ProjectService) Delete(ctx context.Context, id string) (*api.Done, error) {
	return del(ctx, s.c, nil, projectPath, id)
}
