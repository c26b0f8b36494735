package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/team"
)

func (s *server) listExternalIDs(ctx context.Context, c *call) (any, error) {
	f := team.ExternalIDFilter{Kind: c.query.Get("kind"), Source: c.query.Get("source"), Value: c.query.Get("id")}
	var err error
	if f.Page, err = c.page(defaultLimit); err != nil {
		return nil, err
	}
	if f.ObjectID, err = c.uuid("object_id"); err != nil {
		return nil, err
	}
	if f.Kind == "" {
		return nil, invalid("kind", "required", "kind is required: member, project, role, api_key, or a resource type that the catalog declares.")
	}
	rows, total, err := s.svc.ListExternalIDs(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	return pageOf(f.Page, rows, total, externalID, nil), nil
}

func (s *server) setExternalID(ctx context.Context, c *call) (any, error) {
	var b api.SetExternalIDRequest
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	var x team.ExternalID
	for _, f := range []struct {
		name string
		from *string
		to   *string
	}{{"kind", b.Kind, &x.Kind}, {"source", b.Source, &x.Source}, {"id", b.ID, &x.Value}, {"object_id", b.ObjectID, &x.ObjectID}} {
		v, err := required(f.name, f.from)
		if err != nil {
			return nil, err
		}
		*f.to = v
	}
	if _, err := uuidIn("object_id", x.ObjectID); err != nil {
		return nil, err
	}
	x, err := s.svc.SetExternalID(ctx, c.who, x)
	return one(externalID(&x)), err
}

func (s *server) removeExternalID(ctx context.Context, c *call) (any, error) {
	x := team.ExternalID{Kind: c.query.Get("kind"), Source: c.query.Get("source"), Value: c.query.Get("id")}
	return done("External id removed."), s.svc.RemoveExternalID(ctx, c.who, x)
}

// externalID converts an external id to its API form.
func externalID(x *team.ExternalID) api.ExternalID {
	return api.ExternalID{Kind: x.Kind, Source: x.Source, ID: x.Value, ObjectID: x.ObjectID, CreatedAt: stamp(x.CreatedAt)}
}
