package rest

import (
	"encoding/json"

	"raff/api"
	"raff/internal/event"
	"raff/internal/team"
)

// EventCursor is the position of an event in a list.
func EventCursor(e *event.Event) team.Cursor { return team.Cursor{At: e.At, ID: e.ID} }

// AuditEvent is an audit event as the API writes it.
func AuditEvent(e *event.Event) api.AuditEvent {
	w := api.AuditEvent{
		ID: e.ID, AccountID: e.AccountID, ActorType: string(e.ActorType), ActorID: e.ActorID, ActorName: e.ActorName, Action: string(e.Action),
		TargetType: e.TargetType, TargetID: e.TargetID, TargetName: e.TargetName, ProjectID: Filled(e.ProjectID),
		Delegated: e.Delegated, RequestID: e.RequestID, Details: json.RawMessage(e.Details), CreatedAt: Stamp(e.At),
	}
	if e.Sequence != 0 {
		w.Sequence = &e.Sequence
	}
	if e.Details == "" {
		w.Details = json.RawMessage("{}")
	}
	return w
}
