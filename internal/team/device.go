package team

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"io"
	"time"
)

// DeviceLife is how long a browser is recognised after somebody signed in with it.
const DeviceLife = 400 * 24 * time.Hour

const (
	deviceNonce = 16
	deviceText  = deviceNonce + 8 // and the moment until which it is good
	deviceSize  = deviceText + signatureSize
)

// DeviceToken is what a browser keeps after this person signed in with it. It grants no access. It only lets their
// attempts to sign in be counted apart from everybody else's, so that nobody can lock a person out of their own browser
// by guessing from elsewhere. It is signed, so the server stores nothing.
func (s *Service) DeviceToken(u User) (string, error) {
	b := make([]byte, deviceNonce, deviceSize)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", err
	}
	b = binary.BigEndian.AppendUint64(b, uint64(s.now().Add(DeviceLife).Unix())) //nolint:gosec // no clock is before 1970
	return base64.RawURLEncoding.EncodeToString(append(b, s.sign("device", b, u.CanonicalEmail)...)), nil
}

// device is the name of the browser that holds a token for this address. It is empty if the token is missing, expired,
// forged or another person's.
func (s *Service) device(token, canonical string) string {
	if len(token) != base64.RawURLEncoding.EncodedLen(deviceSize) {
		return ""
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || !hmac.Equal(b[deviceText:], s.sign("device", b[:deviceText], canonical)) {
		return ""
	}
	if s.now().Unix() >= int64(binary.BigEndian.Uint64(b[deviceNonce:deviceText])) { //nolint:gosec // signed, so one of ours
		return ""
	}
	return token[:base64.RawURLEncoding.EncodedLen(deviceNonce)]
}
