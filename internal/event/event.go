// Package event says what the audit log of an account records: every action has a constant, and a struct that holds what
// an event of that action tells. The audit page, its exports and everything else that reads events use these structs.
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

// ActorType says what kind of principal acted.
type ActorType string

// The kinds of actors. Operator stands for the operator of the server, the server itself and people who are not signed in;
// ActorID tells them apart.
const (
	User     ActorType = "user"
	APIKey   ActorType = "api_key"
	Operator ActorType = "operator"
)

// The ids of actors of type Operator.
const (
	OperatorID  = "operator"
	SystemID    = "system"
	AnonymousID = "anonymous"
)

// Event is one row of the audit log: what one principal did to one target. Names are copied into it, so that it can be read
// after its target was deleted.
type Event struct {
	ID        string
	AccountID string
	At        time.Time
	ActorType ActorType
	ActorID   string
	ActorName string
	Action    Action
	Target
	// Delegated says that the actor handed out permissions it does not hold itself, by right of members.manage.
	Delegated bool
	// RequestID is the id of the HTTP request that caused the event. It is empty for the operator's commands.
	RequestID string
	// Details is the payload as JSON, as it was stored and sealed. Payload decodes it.
	Details string

	// AfterSeal and MAC are set where the event is stored: the number of the last seal that was closed by then, and the
	// signature of the server, if it has a key.
	AfterSeal int
	MAC       []byte
}

// Target is what an event is about.
type Target struct {
	TargetType string
	TargetID   string
	TargetName string
	// ProjectID is the project it belongs to, or is; empty for what belongs to the account.
	ProjectID string
}

// Ref names an event.
type Ref struct {
	AccountID, ID string
	At            time.Time
}

// IsAnonymous reports whether the actor was not signed in.
func (e Event) IsAnonymous() bool { return e.ActorType == Operator && e.ActorID == AnonymousID }

// Payload is what an event of one action tells beside who did it, when and to what.
type Payload interface {
	// Action is the same for all payloads of one type.
	Action() Action
}

// Unknown is the payload of an event that a newer server recorded, or whose details cannot be read.
type Unknown struct{ Name Action }

// Action implements Payload.
func (u Unknown) Action() Action { return u.Name }

// decode reads the payloads of each action.
var decode = map[Action]func(details string) (Payload, error){}

func init() {
	for _, kinds := range [][]kind{accountKinds, apiKeyKinds, invitationKinds, memberKinds, projectKinds, roleKinds, userKinds, externalIDKinds} {
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

// Actions are all actions, sorted.
func Actions() []Action {
	all := make([]Action, 0, len(decode))
	for a := range decode {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

// Known reports whether events of this action exist.
func (a Action) Known() bool { return decode[a] != nil }

// Payload decodes the details. It is Unknown if they do not fit the action.
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
