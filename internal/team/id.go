package team

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined over SHA-1; nothing secret depends on it
	"encoding/binary"
	"encoding/hex"
	"io"
	"time"
)

// newUUIDv7 mints an id that sorts by time (RFC 9562, version 7).
func newUUIDv7(now time.Time, random io.Reader) string {
	var b [16]byte
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		panic("no randomness: " + err.Error()) // without it no id and no secret is safe
	}
	ms := uint64(now.UnixMilli()) //nolint:gosec // the year is past 1970
	binary.BigEndian.PutUint32(b[0:], uint32(ms>>16))
	binary.BigEndian.PutUint16(b[4:], uint16(ms)) //nolint:gosec // the low 16 bits are meant
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return formatUUID(b)
}

// SystemRoleID is the id of a system role: the same on every server, so that a configuration can be moved.
func SystemRoleID(scope Scope, slug string) string {
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
