package operatorapi

import (
	"context"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/rest"
)

func (s *server) erasePerson(ctx context.Context, c *call) (any, error) {
	var b api.ErasePersonRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	id, err := rest.UUIDOf("person_id", b.PersonID)
	if err != nil {
		return nil, err
	}
	if (id == "") == (b.Email == nil) {
		return nil, operator.RefusalOnePerson.With()
	}
	var x operator.Erasure
	if id != "" {
		x, err = s.svc.ErasePerson(ctx, c.who, id)
	} else {
		x, err = s.svc.EraseEmail(ctx, c.who, *b.Email)
	}
	out := erasure(&x)
	out.MembershipsRemoved = &x.Memberships
	return rest.One(out), err
}

func (s *server) getErasure(ctx context.Context, c *call) (any, error) {
	x, err := s.svc.Erasure(ctx, c.PathID("id"))
	return rest.One(erasure(&x)), err
}

func erasure(x *operator.Erasure) api.Erasure {
	out := api.Erasure{
		ID: x.ID, Pseudonym: x.Person, PersonID: rest.Filled(x.UserID), State: api.ErasureRunning, OrderedBy: x.OrderedBy, EventsErased: x.Events,
		CreatedAt: rest.Stamp(x.CreatedAt), DoneAt: rest.StampOf(x.DoneAt),
	}
	if !x.DoneAt.IsZero() {
		out.State = api.ErasureDone
	}
	return out
}
