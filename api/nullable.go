package api

import (
	"bytes"
	"encoding/json"
)

// Nullable is a request field in which null says something of its own: absent, null and a value are three things.
// The zero value is absent.
type Nullable[T any] struct {
	Set   bool // the field was in the body
	Valid bool // and it was not null
	Value T
}

// Some is a field with a value.
func Some[T any](v T) Nullable[T] { return Nullable[T]{Set: true, Valid: true, Value: v} }

// Null is a field that says null.
func Null[T any]() Nullable[T] { return Nullable[T]{Set: true} }

// IsZero reports that the field is absent; encoding/json asks for it under omitzero.
func (n Nullable[T]) IsZero() bool { return !n.Set }

// MarshalJSON writes the value or null.
func (n Nullable[T]) MarshalJSON() ([]byte, error) {
	if !n.Valid {
		return []byte("null"), nil
	}
	return json.Marshal(n.Value)
}

// UnmarshalJSON is called only when the field is in the body.
func (n *Nullable[T]) UnmarshalJSON(b []byte) error {
	n.Set = true
	if n.Valid = !bytes.Equal(b, []byte("null")); !n.Valid {
		return nil
	}
	return json.Unmarshal(b, &n.Value)
}
