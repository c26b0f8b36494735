package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"raff/internal/event"
	"raff/internal/spreadsheet"
)

// exportAudit sends the events as a file, newest first, one page at a time, so that it needs little memory.
func (p *pages) exportAudit(v *visit) (reply, error) {
	var a auditView
	f := a.filter(v.URL.Query(), p.svc.Now(), zoneOf(v.Context()))
	if err := v.can.ViewAudit(); err != nil {
		return reply{}, err
	}
	if wrong := a.unread(); wrong != "" {
		return reply{}, refusedDays.With(v.say(wrong))
	}
	out := reply{status: http.StatusOK, file: "audit-" + p.svc.Now().UTC().Format(time.DateOnly)}
	var write func(io.Writer) eventWriter
	switch v.URL.Query().Get("format") {
	case "csv":
		out.file, out.contentType, write = out.file+".csv", "text/csv; charset=utf-8", newCSVEvents
	default:
		out.file, out.contentType, write = out.file+".ndjson", "application/x-ndjson", newJSONEvents
	}
	x, err := p.audit.Export(v.Context(), v.who, f)
	if err != nil {
		return reply{}, err
	}
	out.check = x.Check
	out.write = func(ctx context.Context, w io.Writer) error {
		to := write(w)
		err := x.Each(ctx, func(rows []event.Event) error {
			for _, e := range rows {
				if err := to.event(e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return to.end()
	}
	return out, nil
}

// eventWriter writes events in one format.
type eventWriter interface {
	event(event.Event) error
	end() error
}

type jsonEvents struct{ *json.Encoder }

func newJSONEvents(w io.Writer) eventWriter {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return jsonEvents{e}
}

func (j jsonEvents) event(e event.Event) error {
	return j.Encode(struct {
		ID         string          `json:"id"`
		CreatedAt  time.Time       `json:"created_at"`
		ActorType  string          `json:"actor_type"`
		ActorID    string          `json:"actor_id"`
		ActorName  string          `json:"actor_name"`
		Action     string          `json:"action"`
		TargetType string          `json:"target_type"`
		TargetID   string          `json:"target_id"`
		TargetName string          `json:"target_name"`
		ProjectID  string          `json:"project_id,omitempty"`
		Delegated  bool            `json:"delegated"`
		RequestID  string          `json:"request_id"`
		Address    string          `json:"address,omitempty"`
		UserAgent  string          `json:"user_agent,omitempty"`
		Details    json.RawMessage `json:"details"`
	}{e.ID, e.At, string(e.ActorType), e.ActorID, e.ActorName, string(e.Action), e.TargetType, e.TargetID, e.TargetName, e.ProjectID,
		e.Delegated, e.RequestID, e.Address, e.UserAgent, json.RawMessage(e.Details)})
}

func (jsonEvents) end() error { return nil }

type csvEvents struct{ *csv.Writer }

func newCSVEvents(w io.Writer) eventWriter {
	c := csvEvents{csv.NewWriter(w)}
	_ = c.Write(spreadsheet.EventColumns) // Flush reports the error
	return c
}

func (c csvEvents) event(e event.Event) error {
	row := []string{e.At.UTC().Format(time.RFC3339Nano), string(e.ActorType), e.ActorID, e.ActorName, string(e.Action), e.TargetType, e.TargetID, e.TargetName,
		e.ProjectID, fmt.Sprint(e.Delegated), e.RequestID, e.Address, e.UserAgent, e.Details, e.ID}
	for i := range row {
		row[i] = spreadsheet.Guard(row[i])
	}
	return c.Write(row)
}

func (c csvEvents) end() error {
	c.Flush()
	return c.Error()
}
