package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) listExternalIDs(ctx context.Context, c *call) (any, error) {
	f := team.ExternalIDFilter{Kind: c.Query.Get("kind"), Source: c.Query.Get("source"), Value: c.Query.Get("id")}
	var err error
	if f.Page, err = c.PageByName(defaultLimit); err != nil {
		return nil, err
	}
	if f.ObjectID, err = c.UUID("object_id"); err != nil {
		return nil, err
	}
	if f.Kind == "" {
		return nil, rest.Invalid("kind", "required", "kind is required: member, project, role, api_key, or a resource type that the catalog declares.")
	}
	rows, total, err := s.svc.ListExternalIDs(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	return rest.CountedPage(f.Page, rows, total, externalID, func(x *team.ExternalID) team.Cursor { return x.Cursor() }), nil
}

func (s *server) setExternalID(ctx context.Context, c *call) (any, error) {
	var b api.SetExternalIDRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	var x team.ExternalID
	for _, f := range []struct {
		name string
		from *string
		to   *string
	}{{"kind", b.Kind, &x.Kind}, {"source", b.Source, &x.Source}, {"id", b.ID, &x.Value}, {"object_id", b.ObjectID, &x.ObjectID}} {
		v, err := rest.Required(f.name, f.from)
		if err != nil {
			return nil, err
		}
		*f.to = v
	}
	if _, err := rest.UUIDIn("object_id", x.ObjectID); err != nil {
		return nil, err
	}
	x, err := s.svc.SetExternalID(ctx, c.who, x)
	return rest.One(externalID(&x)), err
}

func (s *server) removeExternalID(ctx context.Context, c *call) (any, error) {
	x := team.ExternalID{Kind: c.Query.Get("kind"), Source: c.Query.Get("source"), Value: c.Query.Get("id")}
	return rest.Done("External id removed."), s.svc.RemoveExternalID(ctx, c.who, x)
}

// externalID converts an external id to its API form.
func externalID(x *team.ExternalID) api.ExternalID {
	return api.ExternalID{Kind: x.Kind, Source: x.Source, ID: x.Value, ObjectID: x.ObjectID, CreatedAt: rest.Stamp(x.CreatedAt)}
}
