package client

import (
	"context"
	"iter"
	"net/url"
	"time"

	"raff/api"
)

const auditPath = "/api/v1/audit-events"

// AuditService reads the audit log.
type AuditService struct{ c *Client }

// ListEventsOptions selects events; what is empty does not filter.
type ListEventsOptions struct {
	Actor  string    // id of the user or API key that did it
	Action string    // such as "member.added"
	Target string    // id of the object it was done to
	Since  time.Time // at this time or later
	Until  time.Time // before this time
	ListOptions
}

func (o ListEventsOptions) query() url.Values {
	q := o.ListOptions.query()
	set(q, "actor", o.Actor)
	set(q, "action", o.Action)
	set(q, "target", o.Target)
	setTime(q, "since", o.Since)
	setTime(q, "until", o.Until)
	return q
}

// List returns one page of events, the newest first.
func (s *AuditService) List(ctx context.Context, o ListEventsOptions) (*api.Page[api.AuditEvent], error) {
	return list[api.AuditEvent](ctx, s.c, auditPath, o.query())
}

// All walks the log from the newest event to the oldest, a page at a time. Events that happen meanwhile are not in it.
func (s *AuditService) All(ctx context.Context, o ListEventsOptions) iter.Seq2[api.AuditEvent, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.AuditEvent], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}
