package client

import (
	"context"
	"iter"
	"net/http"

	"raff/api"
)

const (
	projectsPath = "/api/v1/projects"
	projectPath  = "/api/v1/projects/%s"
)

// ProjectService works on the projects the caller can see.
type ProjectService struct{ c *Client }

// ListProjectsOptions selects a part of the list.
type ListProjectsOptions struct {
	ListOptions
}

// List returns one page of projects, in order of creation.
func (s *ProjectService) List(ctx context.Context, o ListProjectsOptions) (*api.Page[api.Project], error) {
	return list[api.Project](ctx, s.c, projectsPath, o.query())
}

// All walks the projects to the end, a page at a time.
func (s *ProjectService) All(ctx context.Context, o ListProjectsOptions) iter.Seq2[api.Project, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.Project], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns one project.
func (s *ProjectService) Get(ctx context.Context, id string) (*api.Project, error) {
	return get[api.Project](ctx, s.c, projectPath, id)
}

// Create makes a project. Its slug is derived from the name and stays.
func (s *ProjectService) Create(ctx context.Context, in api.CreateProjectRequest, opts ...CallOption) (*api.Project, error) {
	return fetch[api.Project](ctx, s.c, request{method: http.MethodPost, path: projectsPath, body: in}, opts...)
}

// Update changes what in names and leaves the rest.
func (s *ProjectService) Update(ctx context.Context, id string, in api.UpdateProjectRequest, opts ...CallOption) (*api.Project, error) {
	return write[api.Project](ctx, s.c, http.MethodPut, in, opts, projectPath, id)
}

// Delete removes an empty project with its memberships. The Default project stays.
func (s *ProjectService) Delete(ctx context.Context, id string) (*api.Done, error) {
	return del(ctx, s.c, nil, projectPath, id)
}
