package event

import (
	"encoding/json"
	"time"
)

// Change is a value before and after a change.
type Change[T any] struct {
	From T `json:"from"`
	To   T `json:"to"`
}

// Changed is the change from one value to another, or nil if they are equal.
func Changed[T comparable](from, to T) *Change[T] {
	if from == to {
		return nil
	}
	return &Change[T]{from, to}
}

// Name is a name: To is the current one, and From the previous one if it changed. An unchanged name is encoded as a
// string.
type Name struct{ From, To string }

// MarshalJSON implements json.Marshaler.
func (n Name) MarshalJSON() ([]byte, error) {
	if n.From == "" {
		return json.Marshal(n.To)
	}
	return json.Marshal(Change[string](n))
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Name) UnmarshalJSON(b []byte) error {
	*n = Name{}
	if len(b) > 0 && b[0] == '{' {
		var c Change[string]
		err := json.Unmarshal(b, &c)
		*n = Name(c)
		return err
	}
	return json.Unmarshal(b, &n.To)
}

// Expiry is when something expires. The zero value means never and is encoded as "never".
type Expiry struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (x Expiry) MarshalJSON() ([]byte, error) {
	if x.IsZero() {
		return []byte(`"never"`), nil
	}
	return x.Time.MarshalJSON()
}

// UnmarshalJSON implements json.Unmarshaler.
func (x *Expiry) UnmarshalJSON(b []byte) error {
	if string(b) == `"never"` {
		*x = Expiry{}
		return nil
	}
	return x.Time.UnmarshalJSON(b)
}
