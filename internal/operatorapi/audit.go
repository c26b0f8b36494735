package operatorapi

import (
	"context"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/rest"
)

func (s *server) listEvents(ctx context.Context, c *call) (any, error) {
	var f audit.Filter
	var err error
	if f.Page, err = c.Page(defaultLimit); err != nil {
		return nil, err
	}
	if f.TargetID, err = c.UUID("target"); err != nil {
		return nil, err
	}
	if f.Since, err = c.Moment("since"); err != nil {
		return nil, err
	}
	if f.Until, err = c.Moment("until"); err != nil {
		return nil, err
	}
	f.Action = event.Action(c.Query.Get("action"))
	rows, total, err := s.log.OperatorEvents(ctx, f)
	if err != nil {
		return nil, err
	}
	return rest.CountedPage(f.Page, rows, total, rest.AuditEvent, rest.EventCursor), nil
}
