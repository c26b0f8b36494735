package team

import (
	"context"
	"regexp"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/naming"
	"raff/internal/permission"
)

// ExternalID is the id of a member, project, role or API key, or of a resource of a type that the catalog declares, in
// another system (the source). It identifies one object of its kind, and a member, project, role or API key has at most
// one for each source. It never changes, and is removed together with its object.
type ExternalID struct {
	AccountID string
	Kind      string // ExternalMember, …, or a declared type
	Source    string
	Value     string
	// ObjectID is the id of the object; for a resource, that of its project.
	ObjectID  string
	CreatedAt time.Time
}

// The kinds of objects with external ids, besides the types of resources that the catalog declares.
const (
	ExternalMember  = "member"
	ExternalProject = "project"
	ExternalRole    = "role"
	ExternalAPIKey  = "api_key"
)

// ExternalIDFilter selects external ids. Empty fields do not filter.
type ExternalIDFilter struct {
	AccountID, Kind, Source, Value, ObjectID string
	Page
}

// ExternalIDReader reads external ids.
type ExternalIDReader interface {
	// ExternalIDs returns them in order of kind, value and source.
	ExternalIDs(ctx context.Context, f ExternalIDFilter) ([]ExternalID, int, error)
	// ExternalIDsOf returns those of members, projects, roles and API keys, in order of source.
	ExternalIDsOf(ctx context.Context, accountID string, objectIDs []string) ([]ExternalID, error)
}

// ExternalIDTx writes external ids.
type ExternalIDTx interface {
	InsertExternalID(ctx context.Context, x ExternalID) (bool, error)
	DeleteExternalID(ctx context.Context, x ExternalID) error
}

// SplitExternalID splits ext:SOURCE:ID.
func SplitExternalID(text string) (source, id string, ok bool) {
	rest, ok := strings.CutPrefix(text, "ext:")
	if !ok {
		return "", "", false
	}
	source, id, ok = strings.Cut(rest, ":")
	return source, id, ok && sourcePattern.MatchString(source) && id != ""
}

var sourcePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`)

func (s *Service) checkExternalID(x ExternalID) error {
	switch x.Kind {
	case ExternalMember, ExternalProject, ExternalRole, ExternalAPIKey:
	default:
		if !s.catalog.Declares(x.Kind) {
			return RefusalUnknownKind.With()
		}
	}
	if !sourcePattern.MatchString(x.Source) {
		return RefusalInvalidSource.With()
	}
	if x.Value == "" {
		return RefusalNoExternalID.With()
	}
	if wrong := naming.CheckText(x.Value, 255); wrong != "" {
		return RefusalBadExternalID.With(wrong)
	}
	return nil
}

// SetExternalID gives an external id to an object. If the object already has exactly this one, it changes nothing.
func (s *Service) SetExternalID(ctx context.Context, p *Principal, x ExternalID) (ExternalID, error) {
	x.AccountID = p.AccountID
	if err := s.checkExternalID(x); err != nil {
		return x, err
	}
	err := s.write(ctx, p, Shared, func(w *work) error {
		to, err := w.mayName(x)
		if err != nil {
			return err
		}
		x.CreatedAt = w.at
		ok, err := w.InsertExternalID(ctx, x)
		if err != nil {
			return err
		}
		if !ok {
			return w.externalTaken(&x)
		}
		w.made = x
		return w.record(to, event.ExternalIDSet{Kind: x.Kind, Source: x.Source, ID: x.Value})
	})
	return x, err
}

// externalTaken explains why an external id could not be stored; nil if the object already has it.
func (w *work) externalTaken(x *ExternalID) error {
	found, _, err := w.ExternalIDs(w.ctx, ExternalIDFilter{AccountID: x.AccountID, Kind: x.Kind, Source: x.Source, Value: x.Value})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return RefusalExternalIDSet.With(x.Source)
	}
	if found[0].ObjectID == x.ObjectID {
		*x = found[0]
		w.made = *x
		return nil
	}
	return RefusalExternalIDTaken.With()
}

// RemoveExternalID removes an external id, which decisions then no longer accept.
func (s *Service) RemoveExternalID(ctx context.Context, p *Principal, x ExternalID) error {
	x.AccountID = p.AccountID
	if err := s.checkExternalID(x); err != nil {
		return err
	}
	return s.write(ctx, p, Exclusive, func(w *work) error {
		found, _, err := w.ExternalIDs(ctx, ExternalIDFilter{AccountID: x.AccountID, Kind: x.Kind, Source: x.Source, Value: x.Value})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			if err := w.s.Require(w.p, namer(x.Kind)); err != nil {
				return err
			}
			return ErrNotFound
		}
		to, err := w.mayName(found[0])
		if err != nil {
			return err
		}
		if err := w.DeleteExternalID(ctx, found[0]); err != nil {
			return err
		}
		return w.record(to, event.ExternalIDRemoved{Kind: x.Kind, Source: x.Source, ID: x.Value})
	})
}

// namer returns the permission to set and remove external ids of a kind. Resources belong to projects.
func namer(kind string) string {
	switch kind {
	case ExternalMember:
		return permission.MembersManage
	case ExternalRole:
		return permission.RolesManage
	case ExternalAPIKey:
		return permission.APIKeysManage
	}
	return permission.ProjectsManage
}

// mayName decides whether the caller may set or remove an external id, and returns the target of its event. Services
// treat the holder of an external id as the object. Therefore, for a member or a key, the caller must hold every permission
// that the object holds.
func (w *work) mayName(x ExternalID) (event.Target, error) {
	if err := w.s.Require(w.p, namer(x.Kind)); err != nil {
		return event.Target{}, err
	}
	switch x.Kind {
	case ExternalMember:
		m, err := w.MemberAnywhere(w.ctx, w.p.AccountID, x.ObjectID)
		if err != nil {
			return event.Target{}, err
		}
		all, err := w.MembershipsOf(w.ctx, w.p.AccountID, m.CanonicalEmail)
		if err == nil {
			err = w.dominates(all...)
		}
		return event.Target{TargetType: "member", TargetID: m.ID, TargetName: m.Email, ProjectID: m.ProjectID}, err
	case ExternalAPIKey:
		k, err := w.APIKey(w.ctx, w.p.AccountID, x.ObjectID)
		if err == nil {
			err = w.dominates(k.Memberships...)
		}
		return event.Target{TargetType: "api_key", TargetID: k.ID, TargetName: k.Name}, err
	case ExternalRole:
		r, err := w.Role(w.ctx, w.p.AccountID, x.ObjectID)
		return event.Target{TargetType: "role", TargetID: r.ID, TargetName: r.Name}, err
	}
	pr, err := w.Project(w.ctx, w.p.AccountID, x.ObjectID)
	return event.Target{TargetType: "project", TargetID: pr.ID, TargetName: pr.Name, ProjectID: pr.ID}, err
}

// ListExternalIDs lists the external ids of one kind.
func (s *Service) ListExternalIDs(ctx context.Context, p *Principal, f ExternalIDFilter) ([]ExternalID, int, error) {
	f.AccountID = p.AccountID
	view := map[string][]string{
		ExternalMember: {permission.MembersView, permission.MembersManage}, ExternalRole: {permission.RolesView, permission.RolesManage},
		ExternalAPIKey: {permission.APIKeysView, permission.APIKeysManage},
	}[f.Kind]
	if view == nil {
		view = []string{permission.ProjectsView, permission.ProjectsManage}
	}
	if err := s.Require(p, view...); err != nil {
		return nil, 0, err
	}
	return s.store.ExternalIDs(ctx, f)
}
