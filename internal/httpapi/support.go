package httpapi

import (
	"context"
	"time"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) getSupport(ctx context.Context, c *call) (any, error) {
	a, err := s.svc.SupportAccess(ctx, c.who)
	return rest.One(rest.SupportAccess(&a)), err
}

func (s *server) grantSupport(ctx context.Context, c *call) (any, error) {
	var b api.GrantSupportRequest
	if err := c.DecodeOptional(&b); err != nil {
		return nil, err
	}
	var n team.NewSupportGrant
	if b.Level != nil {
		if n.Level = team.SupportLevel(*b.Level); n.Level == "" {
			return nil, team.RefusalSupportLevel.With()
		}
	}
	if b.Reason != nil {
		n.Reason = *b.Reason
	}
	n.For = rest.Units(b.Hours, time.Hour)
	a, err := s.svc.GrantSupport(ctx, c.who, n)
	return rest.One(rest.SupportAccess(&a)), err
}

func (s *server) endSupport(ctx context.Context, c *call) (any, error) {
	return rest.Done("Support access ended. Requests of support are refused from now on."), s.svc.EndSupport(ctx, c.who)
}
