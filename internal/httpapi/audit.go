package httpapi

import (
	"context"
	"io"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/rest"
)

func (s *server) listEvents(ctx context.Context, c *call) (any, error) {
	f, err := rest.EventFilter(&c.Call, defaultLimit)
	if err != nil {
		return nil, err
	}
	if c.Header.Get("Accept") == ndjson {
		return s.exportEvents(ctx, c, f)
	}
	rows, total, err := s.audit.List(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	return rest.CountedPage(f.Page, rows, total, rest.AuditEvent, rest.EventCursor), nil
}

const ndjson = "application/x-ndjson"

// exportEvents streams all matching events, one JSON object per line.
func (s *server) exportEvents(ctx context.Context, c *call, f audit.Filter) (any, error) {
	x, err := s.audit.Export(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	return rest.Long{ContentType: ndjson, Check: x.Check, Write: func(ctx context.Context, w io.Writer) error {
		var b []byte
		return x.Each(ctx, func(rows []event.Event) error {
			b = b[:0]
			for i := range rows {
				if b, err = encode(b, rest.AuditEvent(&rows[i])); err != nil {
					return err
				}
				b = append(b, '\n')
			}
			_, err := w.Write(b)
			return err
		})
	}}, nil
}
