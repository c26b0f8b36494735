package team

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// Project is a part of an account with its own members.
type Project struct {
	ID            string
	AccountID     string
	Name          string
	Slug          string
	Description   string
	DefaultRegion string
	IsDefault     bool
	IsActive      bool
	CreatedBy     string
	CreatedAt     time.Time
	UpdatedAt     time.Time

	// ExternalIDs are only set by Identify, and in the result of a change. A store neither reads nor writes them.
	ExternalIDs ExternalIDs
}

// DefaultRegion is the region of projects. The API currently has no other.
const DefaultRegion = "us-east"

// NewProject describes a new project. Its slug is derived from the name and never changes.
type NewProject struct {
	Name, Description, DefaultRegion string
	ExternalIDs                      ExternalIDs
}

// ProjectChange changes the fields that are not nil.
type ProjectChange struct {
	Name, Description, DefaultRegion *string
	// ExternalIDs changes the external ids of the project.
	ExternalIDs ExternalIDChange
	// Base is the version that the change was made for.
	Base Base
}

// ListProjects lists all projects, or only those in which the caller has a role if they may not see all.
func (s *Service) ListProjects(ctx context.Context, p *Principal, page Page) ([]Project, Total, error) {
	return s.FindProjects(ctx, p, ProjectFilter{Page: page})
}

// FindProjects is ListProjects for those projects that match the filter.
func (s *Service) FindProjects(ctx context.Context, p *Principal, f ProjectFilter) ([]Project, Total, error) {
	f.AccountID = p.AccountID
	if s.Require(p, permission.ProjectsView, permission.ProjectsManage) != nil {
		f.VisibleToType, f.VisibleTo = p.Type, p.ID
	}
	return s.store.Projects(ctx, f)
}

// CountMembers returns the numbers of memberships, including pending ones, of those projects whose members the caller may
// see. The other projects have no entry.
func (s *Service) CountMembers(ctx context.Context, p *Principal, projects []Project) (map[string]int, error) {
	all, seen, err := s.projectsWith(ctx, p, permission.ProjectMembersView, permission.ProjectMembersManage)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, pr := range projects {
		if pr.AccountID == p.AccountID && (all || slices.Contains(seen, pr.ID)) {
			ids = append(ids, pr.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	counts, err := s.store.MemberCounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		counts[id] += 0 // also add an entry for a project without members
	}
	return counts, nil
}

// GetProject returns a project.
func (s *Service) GetProject(ctx context.Context, p *Principal, id string) (Project, error) {
	pr, err := s.store.Project(ctx, p.AccountID, id)
	if err != nil {
		return Project{}, err
	}
	refused := s.Require(p, permission.ProjectsView, permission.ProjectsManage)
	if refused == nil {
		return pr, nil
	}
	held, err := s.held(ctx, s.store, p, id)
	if err == nil && held.Empty() {
		err = refused
	}
	if err != nil {
		return Project{}, err
	}
	return pr, nil
}

// CheckProject returns an Invalid error if a project does not exist in the caller's account.
func (s *Service) CheckProject(ctx context.Context, p *Principal, id string) error {
	_, err := s.store.Project(ctx, p.AccountID, id)
	return NotFoundIs(err, RefusalUnknownProjectHeader.With())
}

// CreateProject creates a project.
func (s *Service) CreateProject(ctx context.Context, p *Principal, n NewProject) (Project, error) {
	if err := s.Require(p, permission.ProjectsCreate); err != nil {
		return Project{}, err
	}
	if n.DefaultRegion == "" {
		n.DefaultRegion = DefaultRegion
	}
	if err := checkProject(ProjectChange{Name: &n.Name, Description: &n.Description, DefaultRegion: &n.DefaultRegion, ExternalIDs: n.ExternalIDs.change()}); err != nil {
		return Project{}, err
	}
	var pr Project
	err := s.write(ctx, p, Shared, func(w *work) error {
		if err := s.Require(w.p, permission.ProjectsCreate); err != nil {
			return err
		}
		var err error
		if pr, err = w.newProject(n, false); err != nil {
			return err
		}
		_, err = w.identify(&pr, n.ExternalIDs.change())
		w.made = pr
		return err
	})
	return pr, err
}

func checkProject(c ProjectChange) error {
	if c.Name != nil {
		if err := CheckName(*c.Name, 64); err != nil {
			return err
		}
	}
	if c.Description != nil {
		if err := checkDescription(*c.Description, 500); err != nil {
			return err
		}
	}
	if c.DefaultRegion != nil && *c.DefaultRegion != DefaultRegion {
		return RefusalUnknownRegion.With(DefaultRegion)
	}
	return c.ExternalIDs.check()
}

// newProject inserts a project with the first free slug for its name: web, web-2, web-3, …
func (w *work) newProject(n NewProject, isDefault bool) (Project, error) {
	pr := Project{
		ID: w.s.newID(), AccountID: w.p.AccountID, Name: n.Name, Description: n.Description, DefaultRegion: n.DefaultRegion,
		IsDefault: isDefault, IsActive: true, CreatedBy: w.p.by(), CreatedAt: w.at, UpdatedAt: w.at,
	}
	if err := w.projectNameFree(pr); err != nil {
		return Project{}, err
	}
	if err := w.room(CountedProjects); err != nil {
		return Project{}, err
	}
	base := SlugOf(n.Name)
	var err error
	if pr.Slug, err = w.freeSlug(base); err != nil {
		return Project{}, err
	}
	for range 10 { // a concurrent change may take the slug before the insert
		ok, err := w.InsertProject(w.ctx, pr)
		if err != nil {
			return Project{}, err
		}
		if ok {
			return pr, w.recordProject(pr, event.ProjectCreated{})
		}
		if err := w.projectNameFree(pr); err != nil {
			return Project{}, err
		}
		pr.Slug = base + "-" + pr.ID[len(pr.ID)-6:]
	}
	return Project{}, nameTaken(pr.Name)
}

// freeSlug returns base if it is free, otherwise base-2, base-3 or a later one whose predecessor is taken. It first doubles
// the number and then bisects, so that many projects with the same slug need few queries.
func (w *work) freeSlug(base string) (string, error) {
	slug := func(n int) string {
		if n == 1 {
			return base
		}
		return base + "-" + strconv.Itoa(n)
	}
	low, high := 0, 1 // low is taken; high is free after the first loop
	for {
		taken, err := w.ProjectSlugTaken(w.ctx, w.p.AccountID, slug(high))
		if err != nil {
			return "", err
		}
		if !taken {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		middle := (low + high) / 2
		taken, err := w.ProjectSlugTaken(w.ctx, w.p.AccountID, slug(middle))
		if err != nil {
			return "", err
		}
		if taken {
			low = middle
		} else {
			high = middle
		}
	}
	return slug(high), nil
}

func (w *work) projectNameFree(pr Project) error {
	_, err := w.ProjectLike(w.ctx, pr)
	if err == nil {
		return nameTaken(pr.Name)
	}
	return NotFoundIs(err, nil)
}

func nameTaken(name string) error {
	e := RefusalProjectNameTaken.With(name)
	e.Field = "name"
	return e
}

// SlugOf returns the letters a-z and digits of a name, with single dashes between them.
func SlugOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "project"
}

// UpdateProject changes a project. Its slug never changes.
func (s *Service) UpdateProject(ctx context.Context, p *Principal, id string, c ProjectChange) (Project, error) {
	if err := s.Require(p, permission.ProjectsManage); err != nil {
		return Project{}, err
	}
	if c.Name == nil && c.Description == nil && c.DefaultRegion == nil && len(c.ExternalIDs) == 0 {
		return Project{}, RefusalNoProjectChange.With()
	}
	if err := checkProject(c); err != nil {
		return Project{}, err
	}
	var pr Project
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		var err error
		if pr, err = w.projectFor(id, permission.ProjectsManage); err != nil {
			return err
		}
		if err := c.Base.matches(pr.UpdatedAt); err != nil {
			return err
		}
		before := pr
		if err := w.changeProject(&pr, c); err != nil {
			return err
		}
		return w.reidentify(&pr, c.ExternalIDs, before.UpdatedAt, &pr.UpdatedAt)
	})
	return pr, err
}

func (w *work) changeProject(pr *Project, c ProjectChange) error {
	before := *pr
	if c.Name != nil {
		pr.Name = *c.Name
	}
	if c.Description != nil {
		pr.Description = *c.Description
	}
	var changed event.ProjectUpdated
	if pr.Name != before.Name {
		changed.Name = event.Changed(before.Name, pr.Name)
	}
	if pr.Description != before.Description {
		changed.Description = event.Changed(before.Description, pr.Description)
	}
	if changed == (event.ProjectUpdated{}) {
		return nil
	}
	pr.UpdatedAt = w.since(before.UpdatedAt)
	ok, err := w.UpdateProject(w.ctx, *pr)
	if err != nil {
		return err
	}
	if !ok {
		return nameTaken(pr.Name)
	}
	return w.recordProject(*pr, changed)
}

func (g *guard) projectFor(id, permission string) (Project, error) {
	if err := g.s.Require(g.p, permission); err != nil {
		return Project{}, err
	}
	return g.Project(g.ctx, g.p.AccountID, id)
}

// DeleteProject deletes a project with its memberships and open invitations. The Default project cannot be deleted.
func (s *Service) DeleteProject(ctx context.Context, p *Principal, id string, base Base) error {
	return s.write(ctx, p, Exclusive, func(w *work) error {
		pr, err := w.projectFor(id, permission.ProjectsDelete)
		if err != nil {
			return err
		}
		if err := base.matches(pr.UpdatedAt); err != nil {
			return err
		}
		if err := pr.deletable(); err != nil {
			return err
		}
		members, n, err := w.Members(ctx, MemberFilter{AccountID: pr.AccountID, ProjectID: id, Page: Page{Limit: allHolders}})
		if err != nil {
			return err
		}
		for _, m := range members {
			if err := w.recordEnd(m, event.ActionProjectDeleted); err != nil {
				return err
			}
			if err := w.passOn(m); err != nil {
				return err
			}
		}
		if err := w.DeleteProject(ctx, id); err != nil {
			return err
		}
		return w.recordProject(pr, event.ProjectDeleted{MembershipsRemoved: n.N})
	})
}

func (p Project) deletable() error {
	if p.IsDefault {
		return RefusalDefaultProject.With()
	}
	return nil
}

func (w *work) recordProject(pr Project, p event.Payload) error {
	return w.record(event.Target{TargetType: "project", TargetID: pr.ID, TargetName: pr.Name, ProjectID: pr.ID}, p)
}
