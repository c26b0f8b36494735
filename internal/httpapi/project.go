package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) listProjects(ctx context.Context, c *call) (any, error) {
	var f team.ProjectFilter
	var err error
	if f.Page, err = c.Page(defaultProjects); err != nil {
		return nil, err
	}
	if f.ExternalID, err = c.ExternalID(); err != nil {
		return nil, err
	}
	rows, total, err := s.svc.FindProjects(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	if err := team.Identify(ctx, s.svc, c.who, rows); err != nil {
		return nil, err
	}
	return rest.CountedPage(f.Page, rows, total, project, projectCursor), nil
}

func projectCursor(p *team.Project) team.Cursor { return team.Cursor{At: p.CreatedAt, ID: p.ID} }

func (s *server) createProject(ctx context.Context, c *call) (any, error) {
	var b api.CreateProjectRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	n := team.NewProject{ExternalIDs: team.ExternalIDs(b.ExternalIDs)}
	var err error
	if n.Name, err = rest.Required("name", b.Name); err != nil {
		return nil, err
	}
	if b.Description != nil {
		n.Description = *b.Description
	}
	if b.DefaultRegion != nil {
		if n.DefaultRegion = *b.DefaultRegion; n.DefaultRegion == "" {
			return nil, rest.Invalid("default_region", "invalid_default_region", "default_region must not be empty. Leave it out to use the default.")
		}
	}
	p, err := s.svc.CreateProject(ctx, c.who, n)
	return rest.One(project(&p)), err
}

func (s *server) getProject(ctx context.Context, c *call) (any, error) {
	p, err := s.svc.GetProject(ctx, c.who, c.PathID("id"))
	if err == nil {
		err = team.IdentifyOne(ctx, s.svc, c.who, &p)
	}
	return rest.One(project(&p)), err
}

func (s *server) updateProject(ctx context.Context, c *call) (any, error) {
	var b api.UpdateProjectRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	change := team.ProjectChange{Name: b.Name, Description: b.Description, DefaultRegion: b.DefaultRegion, ExternalIDs: changeOf(b.ExternalIDs)}
	var err error
	if change.Base, err = c.base(b.UpdatedAt); err != nil {
		return nil, err
	}
	p, err := s.svc.UpdateProject(ctx, c.who, c.PathID("id"), change)
	return rest.One(project(&p)), err
}

func (s *server) deleteProject(ctx context.Context, c *call) (any, error) {
	base, err := c.base(nil)
	if err != nil {
		return nil, err
	}
	return rest.Done("Project deleted."), s.svc.DeleteProject(ctx, c.who, c.PathID("id"), base)
}

// project converts a project to its API form.
func project(p *team.Project) api.Project {
	return api.Project{
		ID: p.ID, AccountID: p.AccountID, Name: p.Name, Slug: p.Slug, Description: p.Description, DefaultRegion: p.DefaultRegion,
		IsDefault: p.IsDefault, IsActive: p.IsActive, CreatedBy: rest.Filled(p.CreatedBy), CreatedAt: rest.Stamp(p.CreatedAt), UpdatedAt: rest.Stamp(p.UpdatedAt),
		ExternalIDs: api.ExternalIDs(p.ExternalIDs),
	}
}
