// Package uuid creates and recognizes the ids of objects: UUIDs in canonical form, which is 36 characters in lower case.
package uuid

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
	"time"
)

// Valid reports whether s is a UUID in canonical form.
func Valid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// Format returns b in canonical form.
func Format(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// New returns a UUID that no other object has. The ids that one process creates sort by creation.
func New() string { return process.Next(time.Now(), rand.Reader) }

var process Generator

// Generator creates UUIDs that sort by creation (RFC 9562, version 7), even within the same millisecond. The zero value
// is ready to use.
type Generator struct {
	mu   sync.Mutex
	last uint64 // milliseconds and 12 bits of their fraction
}

// Next returns the next UUID. If the clock was set back, it still sorts after the one before.
func (g *Generator) Next(now time.Time, random io.Reader) string {
	var b [16]byte
	if _, err := io.ReadFull(random, b[8:]); err != nil {
		panic("no randomness: " + err.Error()) // without randomness, no id and no secret is safe
	}
	stamp := uint64(now.UnixMilli())<<12 | uint64(now.Nanosecond()%1e6)<<12/1e6 //nolint:gosec // neither is ever negative
	g.mu.Lock()
	if stamp <= g.last {
		stamp = g.last + 1
	}
	g.last = stamp
	g.mu.Unlock()
	binary.BigEndian.PutUint64(b[0:], stamp>>12<<16|stamp&0xfff)
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return Format(b)
}
