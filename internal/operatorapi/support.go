package operatorapi

import (
	"context"
	"time"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/rest"
)

func (s *server) getSupport(ctx context.Context, c *call) (any, error) {
	a, err := s.svc.Support(ctx, c.PathID("id"))
	return rest.One(rest.SupportAccess(&a)), err
}

func (s *server) openSupport(ctx context.Context, c *call) (any, error) {
	var b api.OpenSupportRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	var n operator.NewSupport
	var err error
	if n.Person, err = rest.Required("person", b.Person); err != nil {
		return nil, err
	}
	if n.Reason, err = rest.Required("reason", b.Reason); err != nil {
		return nil, err
	}
	n.For = rest.Units(b.Minutes, time.Minute)
	o, err := s.svc.OpenSupport(ctx, c.who, c.PathID("id"), n)
	return rest.One(api.OpenedSupportSession{
		ID: o.ID, AccountID: o.AccountID, Person: o.Person, Reason: o.Reason, Level: string(o.Level), OpenedAt: rest.Stamp(o.CreatedAt),
		ExpiresAt: rest.Stamp(o.ExpiresAt), Credential: o.Credential, Link: o.Link,
	}), err
}

func (s *server) endSupport(ctx context.Context, c *call) (any, error) {
	told, err := s.svc.EndSupport(ctx, c.who, c.PathID("id"), c.PathID("session_id"))
	return api.Done{Success: true, Message: "Ended the support session of " + told.Person + "."}, err
}
