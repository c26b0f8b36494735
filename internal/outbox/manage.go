package outbox

import (
	"context"
	"encoding/json"
	"time"

	"raff/internal/team"
)

// KeepFailed is how long an email that was given up stays in the list, with the reason.
const KeepFailed = 7 * 24 * time.Hour

// State says where an email is.
type State string

// The states of an email. A retrying one has failed at least once and is tried again; a failed one is not.
const (
	StateQueued   State = "queued"
	StateRetrying State = "retrying"
	StateFailed   State = "failed"
)

// Entry is an email in the outbox as the operator sees it. It has no link: links are created when an email is sent.
type Entry struct {
	team.Message
	// AccountName is empty for emails about how a person signs in.
	AccountName string
	// To is the address that the email goes to.
	To string
}

// State returns where the email is.
func (e *Entry) State() State {
	switch {
	case !e.FailedAt.IsZero():
		return StateFailed
	case e.Attempts > 0:
		return StateRetrying
	}
	return StateQueued
}

// Notice is what a notice is about; empty for other emails.
func (e *Entry) Notice() string {
	var n team.Notice
	if e.Kind == team.MessageNotice {
		_ = json.Unmarshal([]byte(e.Details), &n) // it was encoded by this program
	}
	return string(n.What)
}

// Filter selects emails. Empty fields do not filter.
type Filter struct {
	AccountID string
	State     State
	team.Page
}

// Refusals of the operator's changes.
var (
	RefusalSending = &team.Refusal{Kind: team.KindConflict, Code: "email_sending", Text: "This email is being sent right now. Try again in a moment."}
	RefusalTooOld  = &team.Refusal{Kind: team.KindConflict, Code: "email_too_old", Text: "This email is too old to be sent. The person has to request it again."}
)

// cancelled is the reason that the account sees for an email that the operator cancelled.
const cancelled = "The operator of the server cancelled this email."

// List lists what is in the outbox, newest first: what waits to be sent, and what was given up lately.
func (s *Service) List(ctx context.Context, f Filter) ([]Entry, team.Total, error) {
	return s.store.Messages(ctx, f)
}

// Retry makes an email due now. One that was given up is tried as often as a new one. also runs in the same transaction.
func (s *Service) Retry(ctx context.Context, id string, also func(Tx, Entry) error) (Entry, error) {
	return s.manage(ctx, id, func(tx Tx, c Carrier, e *Entry) error {
		if c.Overdue(e.Message) {
			return RefusalTooOld.With()
		}
		e.NextAt = s.now()
		if !e.FailedAt.IsZero() {
			e.Attempts, e.FailedAt = min(e.Attempts, 1), time.Time{} // it was counted against the limits of its recipient
		}
		if err := tx.UpdateMessage(ctx, e.Message); err != nil {
			return err
		}
		if e.Attempts > 0 {
			if err := c.Note(ctx, tx.Team(), e.Message, false); err != nil {
				return err
			}
		}
		return also(tx, *e)
	})
}

// Cancel removes an email, which is then never sent. also runs in the same transaction.
func (s *Service) Cancel(ctx context.Context, id string, also func(Tx, Entry) error) (Entry, error) {
	return s.manage(ctx, id, func(tx Tx, c Carrier, e *Entry) error {
		if err := tx.DeleteMessage(ctx, e.Message); err != nil {
			return err
		}
		if e.FailedAt.IsZero() {
			gone := e.Message
			gone.LastError, gone.NextAt = cancelled, time.Time{}
			if err := c.Note(ctx, tx.Team(), gone, false); err != nil {
				return err
			}
		}
		return also(tx, *e)
	})
}

// manage changes an email that no worker is sending.
func (s *Service) manage(ctx context.Context, id string, change func(Tx, Carrier, *Entry) error) (e Entry, err error) {
	if e, err = s.store.MessageEntry(ctx, id); err != nil {
		return e, err
	}
	carrier, known := s.carriers[e.Kind]
	if !known {
		return e, team.ErrNotFound
	}
	err = s.store.Update(ctx, e.AccountID, team.Exclusive, func(tx Tx) error {
		msg, leased, err := tx.HoldMessage(ctx, id)
		if err != nil {
			return err
		}
		if leased.After(s.now()) {
			return RefusalSending.With()
		}
		e.Message = msg
		return change(tx, carrier, &e)
	})
	return e, err
}
