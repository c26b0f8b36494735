package team

import (
	"cmp"
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

// Cursor is the position after x in a list of external ids.
func (x *ExternalID) Cursor() Cursor {
	return Cursor{Name: strings.Join([]string{x.Kind, x.Value, x.Source}, "\x00")} // none of them contains a NUL
}

// ExternalIDAt returns the kind, value and source in a Cursor. A cursor of another list gives empty texts.
func ExternalIDAt(c Cursor) (kind, value, source string) {
	kind, rest, _ := strings.Cut(c.Name, "\x00")
	value, rest, _ = strings.Cut(rest, "\x00")
	source, _, _ = strings.Cut(rest, "\x00")
	return kind, value, source
}

// ExternalIDReader reads external ids.
type ExternalIDReader interface {
	// ExternalIDs returns them in order of kind, value and source. Their cursor is that of ExternalID.Cursor.
	ExternalIDs(ctx context.Context, f ExternalIDFilter) ([]ExternalID, Total, error)
	// ExternalIDsOf returns those of members, projects, roles and API keys, in order of source.
	ExternalIDsOf(ctx context.Context, accountID string, objectIDs []string) ([]ExternalID, error)
}

// ExternalIDTx writes external ids.
type ExternalIDTx interface {
	InsertExternalID(ctx context.Context, x ExternalID) (bool, error)
	DeleteExternalID(ctx context.Context, x ExternalID) error
	// Touch sets the time of the last change of an object. The scope of a member is its project or account.
	Touch(ctx context.Context, kind string, scopeID, id string, at time.Time) error
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
	if err := x.check(); err != nil {
		return err
	}
	return nil
}

// check validates the source and the id. ext is not a source, because ext:SOURCE:ID is how an external id is written.
func (x ExternalID) check() *Error {
	if !sourcePattern.MatchString(x.Source) || x.Source == "ext" {
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
		at, err := w.mayName(x)
		if err != nil {
			return err
		}
		if at.versioned && len(at.ids) >= MaxExternalIDs {
			return w.externalTaken(&x, RefusalManyExternalIDs.With(MaxExternalIDs))
		}
		if err := w.room(CountedExternalIDs); err != nil {
			return w.externalTaken(&x, err)
		}
		x.CreatedAt = w.at
		ok, err := w.InsertExternalID(ctx, x)
		if err != nil {
			return err
		}
		if !ok {
			return w.externalTaken(&x, RefusalExternalIDSet.With(x.Source))
		}
		w.made = x
		if err := w.touch(at, x); err != nil {
			return err
		}
		return w.record(at.to, event.ExternalIDSet{Kind: x.Kind, Source: x.Source, ID: x.Value})
	})
	return x, err
}

// externalTaken explains why an external id could not be stored, otherwise if no object has it; nil if the object already
// has it.
func (w *work) externalTaken(x *ExternalID, otherwise error) error {
	found, _, err := w.ExternalIDs(w.ctx, ExternalIDFilter{AccountID: x.AccountID, Kind: x.Kind, Source: x.Source, Value: x.Value})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return otherwise
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
		at, err := w.mayName(found[0])
		if err != nil {
			return err
		}
		if err := w.touch(at, found[0]); err != nil {
			return err
		}
		return w.unname(at.to, found[0])
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

// named is the object of an external id: the target of its events and, if the external ids are part of a version of the
// object, that version. System roles and the projects of resources have none.
type named struct {
	to        event.Target
	versioned bool
	scopeID   string
	updatedAt time.Time
	ids       []ExternalID
}

// mayName decides whether the caller may set or remove an external id, and returns its object. Services treat the holder of
// an external id as the object. Therefore, for a member or a key, the caller must hold every permission that the object
// holds.
func (w *work) mayName(x ExternalID) (n named, err error) {
	if err := w.s.Require(w.p, namer(x.Kind)); err != nil {
		return n, err
	}
	n.versioned = true
	switch x.Kind {
	case ExternalMember:
		m, err := w.MemberAnywhere(w.ctx, w.p.AccountID, x.ObjectID)
		if err != nil {
			return n, err
		}
		n.to = m.target()
		n.scopeID, n.updatedAt = cmp.Or(m.ProjectID, m.AccountID), m.UpdatedAt
		all, err := w.MembershipsOf(w.ctx, w.p.AccountID, m.CanonicalEmail)
		if err == nil {
			err = w.dominates(all...)
		}
		return w.withIDs(n, err)
	case ExternalAPIKey:
		k, err := w.APIKey(w.ctx, w.p.AccountID, x.ObjectID)
		if err == nil {
			err = w.dominates(k.Memberships...)
		}
		n.to, n.updatedAt = event.Target{TargetType: "api_key", TargetID: k.ID, TargetName: k.Name}, k.UpdatedAt
		return w.withIDs(n, err)
	case ExternalRole:
		r, err := w.Role(w.ctx, w.p.AccountID, x.ObjectID)
		n.to, n.updatedAt = event.Target{TargetType: "role", TargetID: r.ID, TargetName: r.Name}, r.UpdatedAt
		n.versioned = !r.IsSystem
		return w.withIDs(n, err)
	}
	pr, err := w.Project(w.ctx, w.p.AccountID, x.ObjectID)
	n.to, n.updatedAt = event.Target{TargetType: "project", TargetID: pr.ID, TargetName: pr.Name, ProjectID: pr.ID}, pr.UpdatedAt
	if n.versioned = x.Kind == ExternalProject; !n.versioned {
		return n, err
	}
	return w.withIDs(n, err)
}

// withIDs adds the external ids that the object has.
func (w *work) withIDs(n named, err error) (named, error) {
	if err == nil && w.p.account.HasExternalIDs {
		n.ids, err = w.ExternalIDsOf(w.ctx, w.p.AccountID, []string{n.to.TargetID})
	}
	return n, err
}

// touch gives an object a new version.
func (w *work) touch(n named, x ExternalID) error {
	if !n.versioned {
		return nil
	}
	return w.Touch(w.ctx, x.Kind, n.scopeID, x.ObjectID, w.since(n.updatedAt))
}

// ListExternalIDs lists the external ids of one kind.
func (s *Service) ListExternalIDs(ctx context.Context, p *Principal, f ExternalIDFilter) ([]ExternalID, Total, error) {
	f.AccountID = p.AccountID
	view := map[string][]string{
		ExternalMember: {permission.MembersView, permission.MembersManage}, ExternalRole: {permission.RolesView, permission.RolesManage},
		ExternalAPIKey: {permission.APIKeysView, permission.APIKeysManage},
	}[f.Kind]
	if view == nil {
		view = []string{permission.ProjectsView, permission.ProjectsManage}
	}
	if err := s.Require(p, view...); err != nil {
		return nil, Total{}, err
	}
	return s.store.ExternalIDs(ctx, f)
}
