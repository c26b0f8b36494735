package team

import (
	"context"
	"time"

	"raff/internal/permission"
)

// Subject is the subject of a decision, as stored in the database. A store shares it between requests, so it must not be
// modified.
type Subject struct {
	Type PrincipalType // TypeUser or TypeAPIKey
	// ID is the id of the user or API key. It is empty for a person who has not accepted an invitation yet.
	ID    string
	Email string // canonical
	Name  string
	// Grants are those of the account; Project is not set.
	Grants Grants
	// Projects are the grants in projects, by project, if there are not more than MaxProjects of them.
	Projects map[string]Grant
	// Many says that there are more, which Reader.GrantIn reads one by one.
	Many bool
}

// MaxProjects is the maximum number of grants that are read, and kept, together.
const MaxProjects = 64

// Holder is a membership in a search: the identity of its subject, and the data that decide.
type Holder struct {
	Type     PrincipalType
	ID       string
	Email    string
	Name     string
	MemberID string // of this membership
	// ProjectID and ProjectName are only set if HolderFilter.RoleID is, for a membership of a project.
	ProjectID, ProjectName string
	// AccountMemberID is the membership of the account, if this is one of a project.
	AccountMemberID string
	Grants          Grants
	At              Cursor // the position in the list
}

// HolderFilter selects memberships for a search, in order of creation.
type HolderFilter struct {
	AccountID string
	ProjectID string // empty: of the account
	Type      PrincipalType
	// Owners selects only memberships of the account with the Owner role.
	Owners bool
	// RoleID selects the memberships with this role, of the account and of all projects, and of all types including
	// invitations. ProjectID and Type are then ignored.
	RoleID string
	After  *Cursor
	Limit  int
}

// Place is a resource: a project, or something that belongs to one.
type Place struct{ ProjectID, ProjectName, ID string }

// PlaceFilter selects resources of an account in order of their ids.
type PlaceFilter struct {
	AccountID string
	// Type is a type of resources that the catalog declares; empty selects projects.
	Type string
	// Subject selects resources in projects in which it has a membership; nil selects all.
	Subject *Subject
	After   string
	Limit   int
}

// PlaceGrant is a resource with the subject's grant there, which is zero if PlaceFilter.Subject is nil.
type PlaceGrant struct {
	Place
	Grant Grant
}

// DecisionReader has the reads of decisions and searches.
type DecisionReader interface {
	// Subject finds a user or an API key of an account by its id, the id of a membership, an email, an external id or
	// "ext:SOURCE:ID". It is nil if there is none, or if several have the external id.
	Subject(ctx context.Context, accountID string, t PrincipalType, id string) (*Subject, error)
	// GrantIn returns the grant of a subject in a project.
	GrantIn(ctx context.Context, s *Subject, accountID, projectID string) (Grant, error)
	// Place finds a project by its id, slug or external id, or a resource of a declared type by its external id. It is nil if
	// there is none, or if several have the external id.
	Place(ctx context.Context, accountID, resourceType, id string) (*Place, error)
	Holders(ctx context.Context, f HolderFilter) ([]Holder, error)
	Places(ctx context.Context, f PlaceFilter) ([]PlaceGrant, error)
	// Revision returns the position of the account's last event.
	Revision(ctx context.Context, accountID string) (Revision, error)
}

// Revision is a state of an account: its last event.
type Revision struct {
	At time.Time
	ID string
}

// grantsIn returns the grants that decide about a place: the account if projectID is empty, otherwise a project.
func (s *Service) subjectIn(ctx context.Context, accountID string, sub *Subject, projectID string) (Grants, error) {
	g := sub.Grants
	if projectID == "" {
		return g, nil
	}
	var err error
	if sub.Many {
		g.Project, err = s.store.GrantIn(ctx, sub, accountID, projectID)
	} else {
		g.Project = sub.Projects[projectID]
	}
	return g, err
}

// SubjectEmail implements permission.Facts for a subject without properties.
func (s *Subject) SubjectEmail() string { return s.Email }

// Property implements permission.Facts.
func (s *Subject) Property(permission.Part, string) permission.Value { return "" }
