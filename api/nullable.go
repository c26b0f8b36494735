package api

import (
	"bytes"
	"encoding/json"
)

// Nullable is a request field that distinguishes between absent, null and a value. The zero value is absent.
type Nullable[T any] struct {
	Set   bool // the field was in the body
	Valid bool // it was not null
	Value T
}

// Some returns a field with a value.
func Some[T any](v T) Nullable[T] { return Nullable[T]{Set: true, Valid: true, Value: v} }

// Null returns a field that is null.
func Null[T any]() Nullable[T] { return Nullable[T]{Set: true} }

// IsZero reports whether the field is absent. encoding/json calls it for the option omitzero.
func (n Nullable[T]) IsZero() bool { return !n.Set }

// MarshalJSON implements json.Marshaler.
func (n Nullable[T]) MarshalJSON() ([]byte, error) {
	if !n.Valid {
		return []byte("null"), nil
	}
	return json.Marshal(n.Value)
}

// UnmarshalJSON implements json.Unmarshaler. It is called only if the field is present.
func (n *Nullable[T]) UnmarshalJSON(b []byte) error {
	n.Set = true
	if n.Valid = !bytes.Equal(b, []byte("null")); !n.Valid {
		return nil
	}
	return json.Unmarshal(b, &n.Value)
}
