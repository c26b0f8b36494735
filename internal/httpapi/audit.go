package httpapi

import (
	"context"
	"encoding/json"
	"io"

	"raff/api"
	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/team"
)

func (s *server) listEvents(ctx context.Context, c *call) (any, error) {
	var f audit.Filter
	var err error
	if f.Page, err = c.page(defaultLimit); err != nil {
		return nil, err
	}
	if f.ActorID, err = c.uuid("actor"); err != nil {
		return nil, err
	}
	if f.TargetID, err = c.uuid("target"); err != nil {
		return nil, err
	}
	if f.Since, err = c.moment("since"); err != nil {
		return nil, err
	}
	if f.Until, err = c.moment("until"); err != nil {
		return nil, err
	}
	f.Action = event.Action(c.query.Get("action"))
	if c.Header.Get("Accept") == ndjson {
		return s.exportEvents(ctx, c, f)
	}
	rows, total, err := s.audit.List(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	return countedPage(f.Page, rows, total, auditEvent, eventCursor), nil
}

const ndjson = "application/x-ndjson"

// exportEvents streams all matching events, one JSON object per line.
func (s *server) exportEvents(ctx context.Context, c *call, f audit.Filter) (any, error) {
	x, err := s.audit.Export(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	return longAnswer{contentType: ndjson, check: x.Check, write: func(ctx context.Context, w io.Writer) error {
		var b []byte
		return x.Each(ctx, func(rows []event.Event) error {
			b = b[:0]
			for i := range rows {
				if b, err = encode(b, auditEvent(&rows[i])); err != nil {
					return err
				}
				b = append(b, '\n')
			}
			_, err := w.Write(b)
			return err
		})
	}}, nil
}

func eventCursor(e *event.Event) team.Cursor { return team.Cursor{At: e.At, ID: e.ID} }

// auditEvent is an audit event as the API writes it.
func auditEvent(e *event.Event) api.AuditEvent {
	w := api.AuditEvent{
		ID: e.ID, AccountID: e.AccountID, ActorType: string(e.ActorType), ActorID: e.ActorID, ActorName: e.ActorName, Action: string(e.Action),
		TargetType: e.TargetType, TargetID: e.TargetID, TargetName: e.TargetName, ProjectID: filled(e.ProjectID),
		Delegated: e.Delegated, RequestID: e.RequestID, Details: json.RawMessage(e.Details), CreatedAt: stamp(e.At),
	}
	if e.Sequence != 0 {
		w.Sequence = &e.Sequence
	}
	if e.Details == "" {
		w.Details = json.RawMessage("{}")
	}
	return w
}
