package team

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined with SHA-1; nothing secret depends on it
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
	"time"

	"raff/internal/permission"
)

// uuids creates ids that sort by creation (RFC 9562, version 7), even within one transaction and the same millisecond.
type uuids struct {
	mu   sync.Mutex
	last uint64 // milliseconds and 12 bits of their fraction
}

func (u *uuids) next(now time.Time, random io.Reader) string {
	var b [16]byte
	if _, err := io.ReadFull(random, b[8:]); err != nil {
		panic("no randomness: " + err.Error()) // without randomness, no id and no secret is safe
	}
	stamp := uint64(now.UnixMilli())<<12 | uint64(now.Nanosecond()%1e6)<<12/1e6 //nolint:gosec // neither is ever negative
	u.mu.Lock()
	if stamp <= u.last {
		stamp = u.last + 1
	}
	u.last = stamp
	u.mu.Unlock()
	binary.BigEndian.PutUint64(b[0:], stamp>>12<<16|stamp&0xfff)
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return formatUUID(b)
}

// SystemRoleID returns the id of a system role. It is the same on every server, so that configurations are portable.
func SystemRoleID(scope permission.Scope, slug string) string {
	sum := sha1.Sum([]byte("raff system role\x00" + string(scope) + "\x00" + slug)) //nolint:gosec // see the import
	var b [16]byte
	copy(b[:], sum[:])
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	return formatUUID(b)
}

func formatUUID(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
