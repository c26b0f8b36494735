package rest

import (
	"encoding/json"

	"raff/api"
	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/team"
)

// EventFilter reads the query parameters of a list of events: a page of up to limit events by default, actor, target, since, until
// and action. A route that does not list one of them has refused it before.
func EventFilter(c *Call, limit int) (f audit.Filter, err error) {
	if f.Page, err = c.Page(limit); err != nil {
		return f, err
	}
	if f.ActorID, err = c.UUID("actor"); err != nil {
		return f, err
	}
	if f.TargetID, err = c.UUID("target"); err != nil {
		return f, err
	}
	if f.ProjectID, err = c.UUID("project"); err != nil {
		return f, err
	}
	if f.Since, err = c.Moment("since"); err != nil {
		return f, err
	}
	if f.Until, err = c.Moment("until"); err != nil {
		return f, err
	}
	f.Action = event.Action(c.Query.Get("action"))
	return f, nil
}

// EventCursor is the position of an event in a list.
func EventCursor(e *event.Event) team.Cursor { return team.Cursor{At: e.At, ID: e.ID} }

// AuditEvent is an audit event as the API writes it.
func AuditEvent(e *event.Event) api.AuditEvent {
	w := api.AuditEvent{
		ID: e.ID, AccountID: e.AccountID, ActorType: string(e.ActorType), ActorID: e.ActorID, ActorName: e.ActorName, Action: string(e.Action),
		TargetType: e.TargetType, TargetID: e.TargetID, TargetName: e.TargetName, ProjectID: Filled(e.ProjectID),
		Delegated: e.Delegated, RequestID: e.RequestID, Address: e.Address, UserAgent: e.UserAgent, Details: json.RawMessage(e.Details), CreatedAt: Stamp(e.At),
	}
	if o := e.OnBehalfOf(); o != nil {
		w.OnBehalfOf = &api.OnBehalfOf{Type: o.Type, ID: o.ID, Name: o.Name, GrantedBy: o.GrantedBy, SupportSessionID: o.SessionID}
	}
	if e.Sequence != 0 {
		w.Sequence = &e.Sequence
	}
	if e.Details == "" {
		w.Details = json.RawMessage("{}")
	}
	return w
}
