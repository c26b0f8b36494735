package operatorapi

import (
	"context"

	"raff/internal/rest"
)

func (s *server) listEvents(ctx context.Context, c *call) (any, error) {
	f, err := rest.EventFilter(&c.Call, defaultLimit)
	if err != nil {
		return nil, err
	}
	rows, total, err := s.log.OperatorEvents(ctx, f)
	if err != nil {
		return nil, err
	}
	return rest.CountedPage(f.Page, rows, total, rest.AuditEvent, rest.EventCursor), nil
}
