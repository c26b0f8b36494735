package engine

import (
	"fmt"
	"time"

	"raff/internal/permission"
)

// The types below are scan destinations for columns. Each has the underlying type of a field and a Scan method, so that
// a row is decoded without reflection and NULL becomes the zero value.

// Text is a text column.
type Text string

// Scan implements sql.Scanner; NULL is the zero value.
func (t *Text) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*t = Text(v)
	case []byte:
		*t = Text(v)
	case nil:
		*t = ""
	default:
		return fmt.Errorf("text column holds %T", v)
	}
	return nil
}

// Set keeps the current string if it is equal, because the rows of a list share most of their texts.
func (t *Text) Set(b []byte) {
	if string(b) != string(*t) {
		*t = Text(b)
	}
}

// Stamp is a time column, in microseconds since 1970.
type Stamp time.Time

// StampOf converts the value of a time column; 0 is the zero time.
func StampOf(micros int64) Stamp {
	if micros == 0 {
		return Stamp{}
	}
	return Stamp(time.UnixMicro(micros).UTC())
}

// Scan implements sql.Scanner; NULL is the zero value.
func (t *Stamp) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*t = StampOf(v)
	case nil:
		*t = Stamp{}
	default:
		return fmt.Errorf("time column holds %T", v)
	}
	return nil
}

// Flag is a boolean column.
type Flag bool

// Scan implements sql.Scanner; NULL is the zero value.
func (f *Flag) Scan(v any) error {
	switch v := v.(type) {
	case bool:
		*f = Flag(v)
	case int64:
		*f = v != 0
	case nil:
		*f = false
	default:
		return fmt.Errorf("boolean column holds %T", v)
	}
	return nil
}

// Number is an integer column.
type Number int

// Scan implements sql.Scanner; NULL is the zero value.
func (n *Number) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*n = Number(v)
	case nil:
		*n = 0
	default:
		return fmt.Errorf("integer column holds %T", v)
	}
	return nil
}

// Blob is a binary column.
type Blob []byte

// Scan implements sql.Scanner; NULL is the zero value.
func (b *Blob) Scan(v any) error {
	switch v := v.(type) {
	case []byte:
		*b = v
	case nil:
		*b = nil
	default:
		return fmt.Errorf("binary column holds %T", v)
	}
	return nil
}

// Permissions scans the text form of a role's permissions.
type Permissions struct {
	Text
	Catalog *permission.Catalog
	Set     *permission.Set
}

// Scan implements sql.Scanner; NULL is the zero value.
func (p *Permissions) Scan(v any) error {
	if err := p.Text.Scan(v); err != nil {
		return err
	}
	p.decode()
	return nil
}

func (p *Permissions) decode() { *p.Set = p.Catalog.Decode(string(p.Text)) }

// SetText decodes the permissions from their text form.
func (p *Permissions) SetText(b []byte) {
	p.Text.Set(b)
	p.decode()
}
