package signin

import (
	"crypto/hmac"
	"crypto/sha256"
	"time"
)

// SigningKey signs the challenges for passkeys, and the tokens of known browsers. It is in the database, and all nodes share it.
type SigningKey struct {
	ID     string
	Secret []byte
	// RetiredAt is since when another key signs; zero for the active key, and for one that never was active.
	CreatedAt, RetiredAt time.Time
}

// UseSigningKeys replaces the keys while the server runs. The first one signs; what any of them signed is recognized.
func (s *Service) UseSigningKeys(keys []SigningKey) { s.signing.Store(&keys) }

// signatureSize is the length of what sign returns, in bytes.
const signatureSize = 16

// signed is what a signature covers: a text and what belongs to it. A signature for one purpose is not valid for another. The length of
// text is fixed for each purpose.
type signed struct {
	purpose string
	text    []byte
	more    []string
}

func (k SigningKey) sign(what signed) []byte {
	mac := hmac.New(sha256.New, k.Secret)
	mac.Write([]byte(what.purpose + "\x00"))
	mac.Write(what.text)
	for _, m := range what.more {
		mac.Write([]byte("\x00" + m))
	}
	return mac.Sum(nil)[:signatureSize]
}

// sign signs with the active key.
func (s *Service) sign(what signed) []byte { return (*s.signing.Load())[0].sign(what) }

// isSigned reports whether any of the keys made a signature.
func (s *Service) isSigned(signature []byte, what signed) bool {
	for _, k := range *s.signing.Load() {
		if hmac.Equal(signature, k.sign(what)) {
			return true
		}
	}
	return false
}
