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

// ListEventsOptions select events. Empty fields do not filter.
type ListEventsOptions struct {
	Actor   string    // id of the user or API key that acted
	Action  string    // such as "member.added"
	Target  string    // id of the object that was changed
	Project string    // id of the project in which it happened
	Since   time.Time // at this time or later
	Until   time.Time // before this time
	ListOptions
}

func (o ListEventsOptions) query() url.Values {
	q := o.ListOptions.query()
	set(q, "actor", o.Actor)
	set(q, "action", o.Action)
	set(q, "target", o.Target)
	set(q, "project", o.Project)
	setTime(q, "since", o.Since)
	setTime(q, "until", o.Until)
	return q
}

// List returns one page of events, newest first.
func (s *AuditService) List(ctx context.Context, o ListEventsOptions) (*api.Page[api.AuditEvent], error) {
	return list[api.AuditEvent](ctx, s.c, auditPath, o.query())
}

// All iterates over all events from newest to oldest, fetching one page at a time. It does not include events that occur
// in the meantime.
func (s *AuditService) All(ctx context.Context, o ListEventsOptions) iter.Seq2[api.AuditEvent, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.AuditEvent], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}
