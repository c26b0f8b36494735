// Package event defines the events in the audit log of an account: every action has a constant and a payload struct. The
// audit page, its exports and everything else that reads events use these structs.
package event

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Action names what happened as "<noun>.<past participle>", for example "member.added". Only the constants of this package
// are recorded.
type Action string

// ActorType is the kind of principal that acted.
type ActorType string

// The types of actors. Operator is the type of the operator, of the server itself and of people who are not signed in;
// ActorID distinguishes them.
const (
	User     ActorType = "user"
	APIKey   ActorType = "api_key"
	Operator ActorType = "operator"
	// Support is the operator's support in an account that let it in. ActorID is the operator key, ActorName the person; see
	// OnBehalfOf.
	Support ActorType = "support"
)

// The ids of actors of type Operator.
const (
	OperatorID  = "operator"
	SystemID    = "system"
	AnonymousID = "anonymous"
)

// Event is one entry of the audit log: what one principal did to one target. It has copies of the names, so that it can be
// understood after the target was deleted.
type Event struct {
	ID        string
	AccountID string
	At        time.Time
	ActorType ActorType
	ActorID   string
	ActorName string
	Action    Action
	Target
	// Delegated says that the actor assigned permissions that it does not hold, with the permission to manage members.
	Delegated bool
	// RequestID is the id of the HTTP request that caused the event. It is empty for the operator's commands.
	RequestID string
	// Address and UserAgent are the network address and the browser of the client that caused the event, as far as known.
	// They are empty for the operator's commands and for the server itself. API keys have no UserAgent.
	Address, UserAgent string
	// Details is the payload as JSON, as it was stored and sealed. Payload decodes it.
	Details string

	// AfterSeal and MAC are set when the event is stored: the number of the last seal at that time, and the signature of
	// the server if it has a seal key.
	AfterSeal int
	MAC       []byte
	// Sequence numbers the events of an account from 1, without gaps, in the order of the log. It is 0 until no earlier
	// event can be added any more, which takes about a minute.
	Sequence int
}

// Target is what an event is about.
type Target struct {
	TargetType string
	TargetID   string
	TargetName string
	// ProjectID is the project of the target, or the target itself if it is a project; empty for objects of the account.
	ProjectID string
}

// Ref identifies an event.
type Ref struct {
	AccountID, ID string
	At            time.Time
}

// IsAnonymous reports whether the actor was not signed in.
func (e Event) IsAnonymous() bool { return e.ActorType == Operator && e.ActorID == AnonymousID }

// Payload has the details of an event, in addition to its actor, time and target.
type Payload interface {
	// Action returns the action, which is the same for all payloads of a type.
	Action() Action
}

// Unknown is the payload of an event of a newer server, or with details that cannot be decoded.
type Unknown struct{ Name Action }

// Action implements Payload.
func (u Unknown) Action() Action { return u.Name }

// decode decodes the payload of each action. operatorOnly are the actions that only the operator's log has.
var (
	decode       = map[Action]func(details string) (Payload, error){}
	operatorOnly = map[Action]bool{}
)

func init() {
	for _, k := range operatorKinds {
		decode[k.action], operatorOnly[k.action] = k.decode, true
	}
	for _, kinds := range [][]kind{accountKinds, apiKeyKinds, invitationKinds, memberKinds, projectKinds, roleKinds, userKinds, externalIDKinds, supportKinds} {
		for _, k := range kinds {
			decode[k.action] = k.decode
		}
	}
}

// kind is an action with the type of its payload.
type kind struct {
	action Action
	decode func(details string) (Payload, error)
}

func of[P Payload]() kind {
	var zero P
	return kind{zero.Action(), func(details string) (Payload, error) {
		var p P
		err := json.Unmarshal([]byte(details), &p)
		return p, err
	}}
}

// Actions returns all actions of the logs of accounts, sorted.
func Actions() []Action {
	all := make([]Action, 0, len(decode))
	for a := range decode {
		if !operatorOnly[a] {
			all = append(all, a)
		}
	}
	slices.Sort(all)
	return all
}

// Known reports whether the action exists in the logs of accounts.
func (a Action) Known() bool { return decode[a] != nil && !operatorOnly[a] }

// KnownToOperator reports whether the action exists in the operator's log.
func (a Action) KnownToOperator() bool { return decode[a] != nil }

// Payload decodes the details. It returns Unknown if they do not match the action.
func (e Event) Payload() Payload {
	read := decode[e.Action]
	if read == nil {
		return Unknown{e.Action}
	}
	details := e.Details
	if details == "" {
		details = "{}"
	}
	p, err := read(details)
	if err != nil {
		return Unknown{e.Action}
	}
	return p
}

// Put sets the action and the details of e.
func (e *Event) Put(p Payload) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode the details of %s: %w", p.Action(), err)
	}
	e.Action, e.Details = p.Action(), string(b)
	return nil
}
