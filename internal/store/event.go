package store

import (
	"context"
	"fmt"

	"raff/internal/audit"
	"raff/internal/event"
)

const eventColumns = `e.id, e.account_id, e.at, e.actor_type, e.actor_id, e.actor_name, e.action, e.target_type, e.target_id,
	e.target_name, e.project_id, e.delegated, e.request_id, e.details, e.after_seal, e.mac`

func scanEvent(s scanner) (e event.Event, err error) {
	err = s.Scan((*ident)(&e.ID), (*ident)(&e.AccountID), (*stamp)(&e.At), (*text)(&e.ActorType), (*ident)(&e.ActorID),
		(*text)(&e.ActorName), (*text)(&e.Action), (*text)(&e.TargetType), (*ident)(&e.TargetID), (*text)(&e.TargetName),
		(*ident)(&e.ProjectID), (*flag)(&e.Delegated), (*ident)(&e.RequestID), (*text)(&e.Details), (*number)(&e.AfterSeal), (*blob)(&e.MAC))
	return e, err
}

func (r reader) Events(ctx context.Context, f audit.Filter) ([]event.Event, int, error) {
	var c condition
	c.and("e.account_id = ?", uid(f.AccountID))
	if f.ActorID != "" {
		c.and("e.actor_id = ?", word(f.ActorID))
	}
	if f.Actor != "" {
		like := containing(nameKey(f.Actor))
		asWord := r.q.Dialect().WordOf
		c.and("e.actor_id IN (SELECT "+fmt.Sprintf(asWord, "k.id")+` FROM api_keys k WHERE k.account_id = ? AND k.name_key LIKE ? ESCAPE '\'
			UNION ALL SELECT `+fmt.Sprintf(asWord, "u.id")+` FROM account_users au JOIN users u ON u.id = au.user_id
			WHERE au.account_id = ? AND (u.name_key LIKE ? ESCAPE '\' OR u.email_canonical LIKE ? ESCAPE '\'))`,
			uid(f.AccountID), like, uid(f.AccountID), like, like)
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
	l := listing{columns: eventColumns, from: "audit_events e", rows: "audit_events e", at: "e.at", id: "e.id", newest: true}
	return page(ctx, r.q, l, &c, f.Page, scanEvent)
}

var insertEvents = insertionOf(`INSERT INTO audit_events (id, account_id, at, actor_type, actor_id, actor_name, action,
	target_type, target_id, target_name, project_id, delegated, request_id, details, after_seal, mac)`, 16, "")

func (t *tx) InsertEvent(ctx context.Context, e event.Event) error {
	if err := t.place(ctx, &e); err != nil {
		return err
	}
	return t.row(ctx, insertEvents,
		uid(e.ID), uid(e.AccountID), e.At, string(e.ActorType), word(e.ActorID), e.ActorName, string(e.Action), e.TargetType, word(e.TargetID), e.TargetName,
		uid(e.ProjectID), e.Delegated, word(e.RequestID), e.Details, e.AfterSeal, e.MAC)
}
