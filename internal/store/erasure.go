package store

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"raff/internal/event"
	"raff/internal/operator"
	"raff/internal/store/engine"
	"raff/internal/team"
)

const erasureColumns = "id, person, user_id, subject, ordered_by, events, place_account, place_at, place_id, created_at, done_at"

func scanErasure(s scanner) (x operator.StoredErasure, err error) {
	err = s.Scan((*ident)(&x.ID), (*text)(&x.Person), (*ident)(&x.UserID), (*text)(&x.Subject), (*text)(&x.OrderedBy), (*number)(&x.Events),
		(*ident)(&x.Place.AccountID), (*stamp)(&x.Place.At), (*ident)(&x.Place.ID), (*stamp)(&x.CreatedAt), (*stamp)(&x.DoneAt))
	return x, err
}

func (r reader) Erasure(ctx context.Context, id string) (operator.StoredErasure, error) {
	return one(ctx, r.q, scanErasure, "SELECT "+erasureColumns+" FROM erasures WHERE id = $1", uid(id))
}

func (r reader) OpenErasures(ctx context.Context) ([]operator.StoredErasure, error) {
	return many(ctx, r.q, scanErasure, "SELECT "+erasureColumns+" FROM erasures WHERE done_at IS NULL ORDER BY id")
}

func (t *tx) InsertErasure(ctx context.Context, x operator.StoredErasure) error {
	return t.later(ctx, "INSERT INTO erasures ("+erasureColumns+") VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, NULL, $7, NULL)", //nolint:dupword // three columns that are empty
		uid(x.ID), x.Person, uid(x.UserID), x.Subject, x.OrderedBy, x.Events, x.CreatedAt)
}

// AdvanceErasure locks the erasure, so that two nodes do not change the same events.
func (t *tx) AdvanceErasure(ctx context.Context, id string, from, to event.Ref, events int) error {
	if err := t.change(ctx, "UPDATE erasures SET events = events + $2 WHERE id = $1 AND done_at IS NULL", uid(id), events); err != nil {
		return team.NotFoundIs(err, operator.ErrContinued) // another node finished it
	}
	x, err := t.Erasure(ctx, id)
	switch begins := from.ID == "" && x.Place.AccountID != from.AccountID; {
	case err != nil:
		return err
	case begins && x.Place.AccountID > from.AccountID, !begins && (x.Place.AccountID != from.AccountID || x.Place.ID != from.ID):
		return operator.ErrContinued
	}
	return t.later(ctx, "UPDATE erasures SET place_account = $2, place_at = $3, place_id = $4 WHERE id = $1", uid(id), uid(to.AccountID), to.At, uid(to.ID))
}

func (t *tx) FinishErasure(ctx context.Context, id string, at time.Time) error {
	return t.later(ctx, "UPDATE erasures SET subject = '', done_at = $2 WHERE id = $1 AND done_at IS NULL", uid(id), at)
}

func (r reader) AccountsOfPerson(ctx context.Context, userID, canonical string) ([]string, error) {
	ids, err := many(ctx, r.q, engine.ScanID, `SELECT account_id FROM memberships WHERE email_canonical = $1 UNION SELECT account_id FROM memberships WHERE user_id = $2`,
		canonical, uid(userID))
	slices.Sort(ids)
	return ids, err
}

func (r reader) KnownAccounts(ctx context.Context, userID string) ([]string, error) {
	return many(ctx, r.q, engine.ScanID, "SELECT account_id FROM account_users WHERE user_id = $1 ORDER BY account_id", uid(userID))
}

// RemovePerson removes rows in the order in which they refer to each other.
func (t *tx) RemovePerson(ctx context.Context, userID, canonical, pseudonym string) error {
	type row struct{ id, account string }
	scan := func(s scanner) (v row, err error) {
		err = s.Scan((*ident)(&v.id), (*ident)(&v.account))
		return v, err
	}
	invited, err := many(ctx, t.q, scan, "SELECT invitation_id, account_id FROM memberships WHERE (email_canonical = $1 OR user_id = $2) AND invitation_id IS NOT NULL",
		canonical, uid(userID))
	if err != nil {
		return err
	}
	for _, i := range invited { // with its tokens and its email
		if err := t.later(ctx, "DELETE FROM invitations WHERE account_id = $1 AND id = $2", uid(i.account), uid(i.id)); err != nil {
			return err
		}
	}
	if err := t.later(ctx, "DELETE FROM memberships WHERE email_canonical = $1 OR user_id = $2", canonical, uid(userID)); err != nil || userID == "" {
		return err
	}
	if err := t.forgetUsage(ctx, userID); err != nil {
		return err
	}
	if err := t.later(ctx, "UPDATE support_grants SET granted_by_name = $2 WHERE granted_by_type = 'user' AND granted_by = $1", word(userID), pseudonym); err != nil {
		return err
	}
	for _, of := range []string{"account_users WHERE user_id", "secret_holders WHERE holder_id"} {
		if err := t.later(ctx, "DELETE FROM "+of+" = $1", uid(userID)); err != nil {
			return err
		}
	}
	return t.removeUsers(ctx, []string{userID})
}

// EraseTexts looks through tables whose rows live for a short time: queued emails, closed invitations and stored responses.
func (d *DB) EraseTexts(ctx context.Context, p operator.PersonTexts, person string) error {
	is := func(email string) bool {
		canonical, err := team.CanonicalEmail(email)
		return err == nil && slices.Contains(p.Emails, canonical)
	}
	for _, rows := range []personRows{
		{"SELECT account_id, subject_id, address, created_at FROM outbox WHERE address <> ''", "DELETE FROM outbox WHERE account_id = $1 AND subject_id = $2"},
		{"SELECT account_id, id, email, created_at FROM invitations WHERE closed", "DELETE FROM invitations WHERE account_id = $1 AND id = $2 AND closed"},
	} {
		if err := d.eraseRows(ctx, rows, p.Until, is); err != nil {
			return err
		}
	}
	return d.eraseResponses(ctx, p, person)
}

// personRows are rows that concern one person: how to read their key, of two columns, the email and the time, and how to remove one.
type personRows struct{ read, remove string }

// eraseRows removes the rows of a person that are not newer, each in a transaction of its own.
func (d *DB) eraseRows(ctx context.Context, rows personRows, until time.Time, is func(email string) bool) error {
	type row struct {
		account, id, email string
		at                 time.Time
	}
	found, err := many(ctx, d.q, func(s scanner) (v row, err error) {
		err = s.Scan((*ident)(&v.account), (*ident)(&v.id), (*text)(&v.email), (*stamp)(&v.at))
		return v, err
	}, rows.read)
	if err != nil {
		return err
	}
	for _, r := range found {
		if !is(r.email) || newer(r.at, until) {
			continue
		}
		err := d.write(ctx, nil, func(t *tx) error { return t.later(ctx, rows.remove, uid(r.account), uid(r.id)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// newer reports whether a row is from after a person was removed, and thus not about them.
func newer(at, until time.Time) bool { return !until.IsZero() && at.After(until) }

// eraseResponses replaces texts in the responses that are stored to be repeated.
func (d *DB) eraseResponses(ctx context.Context, p operator.PersonTexts, person string) error {
	type response struct {
		account, principal, key string
		body                    []byte
		at                      time.Time
	}
	stored, err := many(ctx, d.q, func(s scanner) (v response, err error) {
		err = s.Scan((*ident)(&v.account), (*ident)(&v.principal), (*text)(&v.key), (*blob)(&v.body), (*stamp)(&v.at))
		return v, err
	}, "SELECT account_id, principal, key, response, created_at FROM idempotency_keys WHERE response IS NOT NULL")
	if err != nil {
		return err
	}
	for _, r := range stored {
		if newer(r.at, p.Until) {
			continue
		}
		erased := eraseJSON(r.body, p, person)
		if bytes.Equal(erased, r.body) {
			continue
		}
		err := d.write(ctx, nil, func(t *tx) error {
			return t.later(ctx, "UPDATE idempotency_keys SET response = $4 WHERE account_id = $1 AND principal = $2 AND key = $3",
				uid(r.account), word(r.principal), r.key, erased)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseJSON replaces the emails and names of a person in a document, and the names that other systems have for them.
func eraseJSON(doc []byte, p operator.PersonTexts, person string) []byte {
	if !slices.ContainsFunc(p.Emails, func(email string) bool { return bytes.Contains(bytes.ToLower(doc), []byte(email)) }) {
		return doc
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return doc
	}
	v, found := eraseValue(v, p, person)
	if !found {
		return doc
	}
	out, err := json.Marshal(v)
	if err != nil {
		return doc
	}
	return out
}

// eraseValue replaces texts of a person in a value of JSON. found says that there was an email.
func eraseValue(v any, p operator.PersonTexts, person string) (erased any, found bool) {
	switch v := v.(type) {
	case string:
		if canonical, err := team.CanonicalEmail(v); err == nil && slices.Contains(p.Emails, canonical) {
			return person, true
		}
		if slices.Contains(p.Names, v) {
			return person, false
		}
	case []any:
		for i := range v {
			var one bool
			v[i], one = eraseValue(v[i], p, person)
			found = found || one
		}
	case map[string]any:
		theirs := false
		for name, value := range v {
			var one bool
			v[name], one = eraseValue(value, p, person)
			_, isText := value.(string)
			theirs, found = theirs || one && isText, found || one
		}
		if _, named := v["proposed_name"].(string); named && theirs {
			v["proposed_name"] = person
		}
		if _, known := v["external_ids"]; known && theirs {
			v["external_ids"] = map[string]any{}
		}
	}
	return v, found
}
