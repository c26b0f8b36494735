package engine

import (
	"encoding/hex"
	"fmt"

	"raff/internal/uuid"
)

// UID is an argument for an id column; empty is NULL. Text that is not a UUID in canonical form is not the id of
// anything: the query then returns team.ErrNotFound without being sent, so that it cannot abort the transaction.
type UID string

// Valid reports whether the text is a UUID in canonical form.
func (u UID) Valid() bool { return uuid.Valid(string(u)) }

// Put writes the 16 bytes of a valid UID to b.
func (u UID) Put(b []byte) {
	for i, at := range [16]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		b[i] = digit(u[at])<<4 | digit(u[at+1])
	}
}

func digit(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// ID is the scan destination for a column that holds an id, or either an id or a word. NULL is the empty string.
type ID string

// Scan implements sql.Scanner.
func (v *ID) Scan(value any) error {
	switch value := value.(type) {
	case string:
		*v = ID(value)
	case []byte:
		if len(value) != 16 {
			return fmt.Errorf("id column holds %d bytes", len(value))
		}
		v.Set(value)
	case nil:
		*v = ""
	default:
		return fmt.Errorf("id column holds %T", value)
	}
	return nil
}

// Set decodes the 16 bytes of a UUID. It keeps the current string if it is equal, because the rows of a list share many ids.
func (v *ID) Set(b []byte) {
	var text [36]byte
	hex.Encode(text[0:], b[0:4])
	hex.Encode(text[9:], b[4:6])
	hex.Encode(text[14:], b[6:8])
	hex.Encode(text[19:], b[8:10])
	hex.Encode(text[24:], b[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	if string(text[:]) != string(*v) {
		*v = ID(text[:])
	}
}
