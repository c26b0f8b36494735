package store

import (
	"context"
	"slices"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/store/engine"
	"raff/internal/team"
)

const eventColumns = `e.id, e.account_id, e.at, e.actor_type, e.actor_id, e.actor_name, e.action, e.target_type, e.target_id,
	e.target_name, e.project_id, e.delegated, e.request_id, e.address, e.user_agent, e.details, e.after_seal, e.mac, e.sequence`

func scanEvent(s scanner) (e event.Event, err error) { return scanEventAnd(s, &e) }

// scanOpenedEvent also reads the column openings of erased_events.
func scanOpenedEvent(s scanner) (e event.Event, err error) {
	return scanEventAnd(s, &e, (*text)(&e.Openings))
}

func scanEventAnd(s scanner, e *event.Event, more ...any) (event.Event, error) {
	var address blob
	err := s.Scan(append([]any{(*ident)(&e.ID), (*ident)(&e.AccountID), (*stamp)(&e.At), (*text)(&e.ActorType), (*ident)(&e.ActorID),
		(*text)(&e.ActorName), (*text)(&e.Action), (*text)(&e.TargetType), (*ident)(&e.TargetID), (*text)(&e.TargetName),
		(*ident)(&e.ProjectID), (*flag)(&e.Delegated), (*ident)(&e.RequestID), &address, (*text)(&e.UserAgent),
		(*text)(&e.Details), (*number)(&e.AfterSeal), (*blob)(&e.MAC), (*number)(&e.Sequence)}, more...)...)
	e.Address = addressOf(address)
	return *e, err
}

// Events reads the log in its order, or finds the events of a filter with event_slices.
func (r reader) Events(ctx context.Context, f audit.Filter) ([]event.Event, team.Total, error) {
	var c condition
	c.and("e.account_id = ?", uid(f.AccountID))
	var actors []string
	if f.ActorID != "" {
		actors = []string{f.ActorID}
		c.and("e.actor_id = ?", word(f.ActorID))
	}
	if f.Actor != "" {
		called, err := r.actorsCalled(ctx, f.AccountID, f.Actor)
		if err != nil || len(called) == 0 {
			return nil, team.Total{}, err
		}
		c.and("e.actor_id" + c.in(values[word](called)))
		if f.ActorID == "" {
			actors = called
		}
	}
	if f.Action != "" {
		c.and("e.action = ?", string(f.Action))
	}
	if len(f.Actions) > 0 {
		c.and("e.action" + c.in(values[string](f.Actions)))
	}
	if len(f.But) > 0 {
		c.and("e.action NOT" + c.in(values[string](f.But)))
	}
	if f.ProjectID != "" {
		c.and("e.project_id = ?", uid(f.ProjectID))
	}
	if f.TargetID != "" {
		c.and("e.target_id = ?", word(f.TargetID))
	}
	if !f.Since.IsZero() {
		c.and("e.at >= ?", f.Since)
	}
	if !f.Until.IsZero() {
		c.and("e.at < ?", f.Until)
	}
	sets, ok, err := r.eventSets(ctx, f, actors)
	if err != nil {
		return nil, team.Total{}, err
	}
	if !ok {
		l := listing{columns: eventColumns, from: "audit_events e", rows: "audit_events e", at: "e.at", id: "e.id", newest: true, capped: true}
		return list(ctx, r.q, l, &c, f.Page, scanEvent)
	}
	all := condition{args: slices.Clone(c.args)}
	all.sql.WriteString(c.sql.String())
	if f.After != nil {
		c.and("(e.at, e.id) < (?, ?)", f.After.At, uid(f.After.ID))
	}
	rows, err := r.walkEvents(f, c, sets).page(ctx, f.Page)
	if err != nil || f.SkipTotal {
		return rows, team.Total{}, err
	}
	total, err := totalOf(f.Page, len(rows), func(most int) (int, error) {
		whole := f
		whole.After = nil
		return r.walkEvents(whole, all, sets).total(ctx, most)
	})
	return rows, total, err
}

// maxCalled is how many people and API keys a text may match to filter events by it.
const maxCalled = 20

// actorsCalled returns the ids of the people and API keys whose name or email contains a text.
func (r reader) actorsCalled(ctx context.Context, accountID, text string) ([]string, error) {
	ids, err := many(ctx, r.q, engine.ScanID, `SELECT id FROM (SELECT k.id FROM api_keys k WHERE k.account_id = $1 AND k.name_key LIKE $2 ESCAPE '\'
		UNION ALL SELECT u.user_id FROM account_users u WHERE u.account_id = $1 AND `+called("u", "$3")+`) m LIMIT $4`,
		uid(accountID), containing(nameKey(text)), containing(team.Folded(text)), maxCalled+1)
	if err == nil && len(ids) > maxCalled {
		err = audit.RefusalManyActors.With(maxCalled)
	}
	return ids, err
}

var insertEvents = insertionOf(`INSERT INTO audit_events (id, account_id, at, actor_type, actor_id, actor_name, action,
	target_type, target_id, target_name, project_id, delegated, request_id, address, user_agent, details, after_seal, mac)`, 18, "")

func (t *tx) InsertEvent(ctx context.Context, e event.Event) error {
	if err := t.place(ctx, &e); err != nil {
		return err
	}
	return t.row(ctx, insertEvents,
		uid(e.ID), uid(e.AccountID), e.At, string(e.ActorType), word(e.ActorID), e.ActorName, string(e.Action), e.TargetType, word(e.TargetID), e.TargetName,
		uid(e.ProjectID), e.Delegated, word(e.RequestID), netAddress(e.Address).arg(), e.UserAgent, e.Details, e.AfterSeal, e.MAC)
}
