package signin

import (
	"encoding/base64"
	"encoding/binary"
	"io"
	"time"

	"raff/internal/team"
)

// DeviceLife is how long a browser is recognized after a sign-in.
const DeviceLife = 400 * 24 * time.Hour

const (
	deviceNonce = 16
	deviceText  = deviceNonce + 8 // and the expiry
	deviceSize  = deviceText + signatureSize
)

// DeviceToken returns the token that a browser keeps after this user signed in with it. It grants no access. It only
// lets sign-in attempts from this browser be counted separately, so that no one can lock users out of their own browser
// by guessing from elsewhere. It is signed, so the server stores nothing.
func (s *Service) DeviceToken(u team.User) (string, error) {
	b := make([]byte, deviceNonce, deviceSize)
	if _, err := io.ReadFull(s.rand, b); err != nil {
		return "", err
	}
	b = binary.BigEndian.AppendUint64(b, uint64(s.team.Now().Add(DeviceLife).Unix())) //nolint:gosec // no clock is before 1970
	return base64.RawURLEncoding.EncodeToString(append(b, s.sign(ofDevice(b, u))...)), nil
}

// ofDevice is what is signed for the user in the current state: a token issued before the email was verified becomes invalid when it is
// verified.
func ofDevice(b []byte, u team.User) signed {
	if u.Proven {
		return signed{"device", b, []string{u.CanonicalEmail}}
	}
	return signed{"device", b, []string{u.CanonicalEmail, "unproven"}}
}

// device is the name of the browser in a token of this user. It is empty if the token is missing, expired, forged or
// belongs to another user.
func (s *Service) device(token string, u team.User) string {
	return s.deviceSince(token, u, time.Time{})
}

// deviceSince is device for a token that was not issued before a time, to the second.
func (s *Service) deviceSince(token string, u team.User, since time.Time) string {
	if len(token) != base64.RawURLEncoding.EncodedLen(deviceSize) {
		return ""
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || !s.isSigned(b[deviceText:], ofDevice(b[:deviceText], u)) {
		return ""
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(b[deviceNonce:deviceText])), 0) //nolint:gosec // signed, so created by us
	if !s.team.Now().Before(until) || until.Add(-DeviceLife).Before(since.Truncate(time.Second)) {
		return ""
	}
	return token[:base64.RawURLEncoding.EncodedLen(deviceNonce)]
}
