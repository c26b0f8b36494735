// Package factor checks second factors: the codes of authenticator apps and passkeys.
package factor

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 as authenticator apps implement it; HMAC does not need collision resistance
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"raff/internal/signin"
)

// Checker implements signin.SecondFactors.
type Checker struct {
	passkeys
	ring atomic.Pointer[ring] // the keys of authenticator apps
}

var _ signin.SecondFactors = (*Checker)(nil)

const (
	period     = 30 // seconds
	tolerance  = 1  // steps by which a clock may be ahead or behind
	secretSize = 20 // bytes, the size of a SHA-1 hash
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewTOTP returns a new secret as it is stored: in base32, as authenticator apps expect it, and encrypted if there is a key.
func (c *Checker) NewTOTP() ([]byte, error) {
	b := make([]byte, secretSize)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("create the secret of an authenticator app: %w", err)
	}
	return c.keys().seal(encoding.EncodeToString(b))
}

// TOTPStep returns the time step of a valid code: the current one, or an adjacent one to tolerate inaccurate clocks.
func (*Checker) TOTPStep(secret, code string, at time.Time) (int, bool) {
	now := int(at.Unix() / period)
	for step := now - tolerance; step <= now+tolerance; step++ {
		shown := codeOf(secret, step)
		if shown != "" && subtle.ConstantTimeCompare([]byte(code), []byte(shown)) == 1 {
			return step, true
		}
	}
	return 0, false
}

// Code returns the code that an authenticator app with this secret shows at a time, or "" for an invalid secret.
func Code(secret string, at time.Time) string { return codeOf(secret, int(at.Unix()/period)) }

// codeOf returns the code of one time step (RFC 6238).
func codeOf(secret string, step int) string {
	key, err := encoding.DecodeString(secret)
	if err != nil {
		return ""
	}
	return hotp(key, uint64(step)) //nolint:gosec // no clock is before 1970
}

// hotp returns the six-digit code for a counter (RFC 4226).
func hotp(key []byte, counter uint64) string {
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, counter))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}
