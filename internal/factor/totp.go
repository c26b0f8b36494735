// Package factor checks second factors: the codes of authenticator apps and passkeys.
package factor

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"time"

	"github.com/pquerna/otp/hotp"

	"raff/internal/team"
)

// Checker implements team.SecondFactors.
type Checker struct{ passkeys }

var _ team.SecondFactors = (*Checker)(nil)

const (
	period     = 30 // seconds a code is shown
	tolerance  = 1  // steps that a clock may be ahead or behind
	secretSize = 20 // bytes, as long as the hash that is used
)

// NewTOTP makes a secret as authenticator apps take it.
func (*Checker) NewTOTP() (string, error) {
	b := make([]byte, secretSize)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("make the secret of an authenticator app: %w", err)
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b), nil
}

// TOTPStep finds the time step of a code: the present one, or one that a clock a little off shows.
func (*Checker) TOTPStep(secret, code string, at time.Time) (int, bool) {
	now := int(at.Unix() / period)
	for step := now - tolerance; step <= now+tolerance; step++ {
		if hotp.Validate(code, uint64(step), secret) { //nolint:gosec // no clock is before 1970
			return step, true
		}
	}
	return 0, false
}
