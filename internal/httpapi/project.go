package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/team"
)

func (s *server) listProjects(ctx context.Context, c *call) (any, error) {
	var f team.ProjectFilter
	var err error
	if f.Page, err = c.page(defaultProjects); err != nil {
		return nil, err
	}
	if f.ExternalID, err = c.externalID(); err != nil {
		return nil, err
	}
	rows, total, err := s.svc.FindProjects(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	if err := team.Identify(ctx, s.svc, c.who, rows); err != nil {
		return nil, err
	}
	return countedPage(f.Page, rows, total, project, projectCursor), nil
}

func projectCursor(p *team.Project) team.Cursor { return team.Cursor{At: p.CreatedAt, ID: p.ID} }

func (s *server) createProject(ctx context.Context, c *call) (any, error) {
	var b api.CreateProjectRequest
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	n := team.NewProject{ExternalIDs: team.ExternalIDs(b.ExternalIDs)}
	var err error
	if n.Name, err = required("name", b.Name); err != nil {
		return nil, err
	}
	if b.Description != nil {
		n.Description = *b.Description
	}
	if b.DefaultRegion != nil {
		if n.DefaultRegion = *b.DefaultRegion; n.DefaultRegion == "" {
			return nil, invalid("default_region", "invalid_default_region", "default_region must not be empty. Leave it out to use the default.")
		}
	}
	p, err := s.svc.CreateProject(ctx, c.who, n)
	return one(project(&p)), err
}

func (s *server) getProject(ctx context.Context, c *call) (any, error) {
	p, err := s.svc.GetProject(ctx, c.who, c.pathID("id"))
	if err == nil {
		err = team.IdentifyOne(ctx, s.svc, c.who, &p)
	}
	return one(project(&p)), err
}

func (s *server) updateProject(ctx context.Context, c *call) (any, error) {
	var b api.UpdateProjectRequest
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	change := team.ProjectChange{Name: b.Name, Description: b.Description, DefaultRegion: b.DefaultRegion, ExternalIDs: changeOf(b.ExternalIDs)}
	var err error
	if change.Base, err = c.base(b.UpdatedAt); err != nil {
		return nil, err
	}
	p, err := s.svc.UpdateProject(ctx, c.who, c.pathID("id"), change)
	return one(project(&p)), err
}

func (s *server) deleteProject(ctx context.Context, c *call) (any, error) {
	return done("Project deleted."), s.svc.DeleteProject(ctx, c.who, c.pathID("id"))
}

// project converts a project to its API form.
func project(p *team.Project) api.Project {
	return api.Project{
		ID: p.ID, AccountID: p.AccountID, Name: p.Name, Slug: p.Slug, Description: p.Description, DefaultRegion: p.DefaultRegion,
		IsDefault: p.IsDefault, IsActive: p.IsActive, CreatedBy: filled(p.CreatedBy), CreatedAt: stamp(p.CreatedAt), UpdatedAt: stamp(p.UpdatedAt),
		ExternalIDs: api.ExternalIDs(p.ExternalIDs),
	}
}
