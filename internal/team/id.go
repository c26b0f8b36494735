package team

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined with SHA-1; nothing secret depends on it

	"raff/internal/permission"
	"raff/internal/uuid"
)

// SystemRoleID returns the id of a system role. It is the same on every server, so that configurations are portable.
func SystemRoleID(scope permission.Scope, slug string) string {
	sum := sha1.Sum([]byte("raff system role\x00" + string(scope) + "\x00" + slug)) //nolint:gosec // see the import
	var b [16]byte
	copy(b[:], sum[:])
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	return uuid.Format(b)
}
