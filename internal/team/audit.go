package team

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ActionSignedIn and ActionSignedOut are those that fill an audit log most.
const (
	ActionSignedIn  = "user.signed_in"
	ActionSignedOut = "user.signed_out"
)

// known are the actions that events tell of; nothing else can be recorded.
var known = map[string]bool{
	"account.created": true, ActionCatalogApplied: true, ActionEventsMissing: true, ActionLogAdopted: true, "account.updated": true, "account.ownership_transferred": true,
	"api_key.created": true, "api_key.regenerated": true, "api_key.revoked": true, "api_key.updated": true,
	"invitation.accepted": true, "invitation.cancelled": true, "invitation.created": true, "invitation.declined": true,
	"invitation.link_fetched": true, ActionInvitationRemoved: true, "invitation.resent": true,
	"member.added": true, "member.removed": true, "member.updated": true,
	"project.created": true, "project.deleted": true, "project.updated": true,
	"role.created": true, "role.deleted": true, "role.updated": true,
	"user.password_changed": true, "user.password_link_made": true, "user.password_removed": true, "user.password_set": true,
	"user.recovery_codes_made": true, "user.second_factor_added": true, "user.second_factor_removed": true,
	"user.second_factors_reset": true, "user.account_switched": true, ActionSecondFactorRefused: true, ActionCodesStopped: true, "user.session_ended": true, "user.sessions_ended": true,
	ActionSignedIn: true, ActionSignedOut: true, ActionSignInFailed: true, "user.sign_in_reset": true,
}

// ActionSignInFailed and ActionSecondFactorRefused are what strangers bring about; each is told once in a while, with how
// often it happened.
const (
	ActionSignInFailed        = "user.sign_in_failed"
	ActionSecondFactorRefused = "user.second_factor_refused"
)

// ActionInvitationRemoved is what the server itself does to invitations that nobody answered.
const ActionInvitationRemoved = "invitation.removed"

// ActionCodesStopped says that so many wrong codes of an authenticator app were given for a person that none is taken any
// more.
const ActionCodesStopped = "user.codes_stopped"

const (
	// ActionEventsMissing is what a server records that misses events it had written.
	ActionEventsMissing = "audit_log.events_missing"
	// ActionLogAdopted is what the operator did who began to seal a log with a key.
	ActionLogAdopted = "audit_log.adopted"
)

// Actions are all actions that an event can tell of, in order.
func Actions() []string { return slices.Sorted(maps.Keys(known)) }

// ListEvents lists the audit log, newest first.
func (s *Service) ListEvents(ctx context.Context, p *Principal, f EventFilter) ([]Event, int, error) {
	f.AccountID = p.AccountID
	if err := s.require(p, AuditView); err != nil {
		return nil, 0, err
	}
	if f.Action != "" && !known[f.Action] {
		return nil, 0, unknownAction(f.Action)
	}
	return s.Store.Events(ctx, f)
}

// unknownAction keeps a misspelt action from looking like one that never happened.
func unknownAction(action string) error {
	all := Actions()
	e := invalid("action", "unknown_action", "There is no action %q. The actions are: %s.", shorten(action), strings.Join(all, ", "))
	if e.Suggestion = Nearest(action, all); e.Suggestion != "" {
		e.Message = fmt.Sprintf("There is no action %q; did you mean %s?", shorten(action), e.Suggestion)
	}
	return e
}

// exportPage is how many events an export reads at once.
const exportPage = 500

// EventExport is a walk over all events that match a filter, newest first, however many there are.
type EventExport struct {
	s      *Service
	who    *Principal
	filter EventFilter
	next   []Event
	last   bool
}

// ExportEvents begins an export. It reads the first page, so that a refusal comes before anything is answered.
func (s *Service) ExportEvents(ctx context.Context, p *Principal, f EventFilter) (*EventExport, error) {
	f.Page = Page{Limit: exportPage, Uncounted: true}
	x := &EventExport{s: s, who: p, filter: f}
	return x, x.read(ctx)
}

// Check reads the caller's credential again: an export ends with the key or session that asked for it, and with the
// permission. The context must not be one of Reading, which would answer as of the beginning.
func (x *EventExport) Check(ctx context.Context) error {
	fresh, err := x.s.refresh(ctx, x.s.Store, x.who)
	if err != nil {
		return err
	}
	x.who = fresh
	return x.s.require(fresh, AuditView)
}

// Each calls fn with every page. The credential is checked before each page but the first; see Check.
func (x *EventExport) Each(ctx context.Context, fn func([]Event) error) error {
	for {
		if err := fn(x.next); err != nil || x.last {
			return err
		}
		if err := x.Check(ctx); err != nil {
			return err
		}
		if err := x.read(ctx); err != nil {
			return err
		}
	}
}

func (x *EventExport) read(ctx context.Context) (err error) {
	if x.next, _, err = x.s.ListEvents(ctx, x.who, x.filter); err != nil {
		return err
	}
	if x.last = len(x.next) < exportPage; !x.last {
		end := x.next[len(x.next)-1]
		x.filter.After = &Cursor{At: end.At, ID: end.ID}
	}
	return nil
}
