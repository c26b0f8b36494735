package event

import (
	"encoding/json"
	"strings"
)

// Events of the access of the operator's support. Their target is the account. The account's log and the operator's log have them,
// except that the dashboard was opened, which only the account's log has.
const (
	ActionSupportAccessGranted  Action = "support_access.granted"
	ActionSupportAccessEnded    Action = "support_access.ended"
	ActionSupportAccessExpired  Action = "support_access.expired"
	ActionSupportSessionOpened  Action = "support_session.opened"
	ActionSupportSessionEntered Action = "support_session.entered"
	ActionSupportSessionEnded   Action = "support_session.ended"
)

var supportKinds = []kind{
	of[SupportAccessGranted](), of[SupportAccessEnded](), of[SupportAccessExpired](), of[SupportSessionOpened](), of[SupportSessionEntered](),
	of[SupportSessionEnded](),
}

// SupportAccessGranted records that the account grants support access, what it may do ("read" or "write"), until when (RFC 3339), and why.
// Replaced says that this ended an earlier grant with its sessions.
type SupportAccessGranted struct {
	ExpiresAt string `json:"expires_at"`
	Level     string `json:"level"`
	Reason    string `json:"reason,omitempty"`
	Replaced  bool   `json:"replaced,omitempty"`
}

// Action implements Payload.
func (SupportAccessGranted) Action() Action { return ActionSupportAccessGranted }

// SupportAccessEnded records that the account ended the access of support, the people whose sessions this ended, and about how many
// requests they made.
type SupportAccessEnded struct {
	People   []string `json:"people,omitempty"`
	Requests int      `json:"requests,omitempty"`
}

// Action implements Payload.
func (SupportAccessEnded) Action() Action { return ActionSupportAccessEnded }

// SupportAccessExpired is SupportAccessEnded for access that ended by itself.
type SupportAccessExpired struct {
	People   []string `json:"people,omitempty"`
	Requests int      `json:"requests,omitempty"`
}

// Action implements Payload.
func (SupportAccessExpired) Action() Action { return ActionSupportAccessExpired }

// SupportSessionOpened records that a person of support got access: who and why, what they may do, until when (RFC 3339), and the name
// of the operator key.
type SupportSessionOpened struct {
	ExpiresAt   string `json:"expires_at"`
	Level       string `json:"level"`
	OperatorKey string `json:"operator_key"`
	Person      string `json:"person"`
	Reason      string `json:"reason"`
	SessionID   string `json:"session_id"`
}

// Action implements Payload.
func (SupportSessionOpened) Action() Action { return ActionSupportSessionOpened }

// SupportSessionEntered records that a person of support opened the dashboard with the link of their session.
type SupportSessionEntered struct{}

// Action implements Payload.
func (SupportSessionEntered) Action() Action { return ActionSupportSessionEntered }

// SupportSessionEnded records whose session ended, and about how many requests it made. Expired says that it ended by itself.
type SupportSessionEnded struct {
	Expired   bool   `json:"expired,omitempty"`
	Person    string `json:"person"`
	Requests  int    `json:"requests,omitempty"`
	SessionID string `json:"session_id"`
}

// Action implements Payload.
func (SupportSessionEnded) Action() Action { return ActionSupportSessionEnded }

// OnBehalfOf says for whom the operator's support acted: the account that let it in.
type OnBehalfOf struct {
	Type string `json:"type"` // "account"
	ID   string `json:"id"`
	Name string `json:"name"`
	// GrantedBy is the name of who granted access.
	GrantedBy string `json:"granted_by"`
	// SessionID is the support session.
	SessionID string `json:"support_session_id"`
}

// behalf is how the details of an event begin if support acted.
const behalf = `{"on_behalf_of":`

// PutFor is Put for an event of support. The details also have o, so that it is sealed with them.
func (e *Event) PutFor(p Payload, o OnBehalfOf) error {
	if err := e.Put(p); err != nil {
		return err
	}
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	rest := strings.TrimPrefix(e.Details, "{")
	if rest != "}" {
		rest = "," + rest
	}
	e.Details = behalf + string(b) + rest
	return nil
}

// OnBehalfOf returns for whom support acted, or nil for every other actor.
func (e *Event) OnBehalfOf() *OnBehalfOf {
	if !strings.HasPrefix(e.Details, behalf) {
		return nil
	}
	var d struct {
		OnBehalfOf *OnBehalfOf `json:"on_behalf_of"`
	}
	if json.Unmarshal([]byte(e.Details), &d) != nil {
		return nil
	}
	return d.OnBehalfOf
}
