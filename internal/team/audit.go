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
	"account.created": true, "account.updated": true, "account.ownership_transferred": true,
	"api_key.created": true, "api_key.regenerated": true, "api_key.revoked": true, "api_key.updated": true,
	"invitation.accepted": true, "invitation.cancelled": true, "invitation.created": true, "invitation.declined": true,
	"invitation.link_fetched": true, ActionInvitationRemoved: true, "invitation.resent": true,
	"member.added": true, "member.removed": true, "member.updated": true,
	"project.created": true, "project.deleted": true, "project.updated": true,
	"role.created": true, "role.deleted": true, "role.updated": true,
	"user.password_changed": true, "user.password_link_made": true, "user.password_removed": true, "user.password_set": true,
	"user.recovery_codes_made": true, "user.second_factor_added": true, "user.second_factor_removed": true,
	"user.second_factors_reset": true, "user.session_ended": true, "user.sessions_ended": true,
	ActionSignedIn: true, ActionSignedOut: true,
}

// ActionInvitationRemoved is what the server itself does to invitations that nobody answered.
const ActionInvitationRemoved = "invitation.removed"

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
