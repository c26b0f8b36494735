package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"raff/internal/event"
)

// sealKeySize is the length of a seal key, in bytes.
const sealKeySize = 32

// SealKey is a secret, stored outside the database, with which events and seals are signed. Without it, someone who can
// write to the database cannot create a valid event or seal.
type SealKey struct {
	ID     string
	Secret []byte
}

// NewSealKey creates a key.
func NewSealKey(rand io.Reader) (SealKey, error) {
	b := make([]byte, 4+sealKeySize)
	if _, err := io.ReadFull(rand, b); err != nil {
		return SealKey{}, fmt.Errorf("create seal key: %w", err)
	}
	return SealKey{ID: "k" + hex.EncodeToString(b[:4]), Secret: b[4:]}, nil
}

// Line returns the key as a line of a file of seal keys.
func (k SealKey) Line() string { return k.ID + " " + hex.EncodeToString(k.Secret) }

// SealKeys are all keys of a server, in the order of its file.
type SealKeys []SealKey

// Ring is the keys of a server. The active one signs; the others only verify. It is safe for concurrent use.
type Ring struct {
	keys SealKeys
	now  atomic.Pointer[active]
}

// active is the key that signs; everywhere says that all servers that run sign with it.
type active struct {
	key        SealKey
	everywhere bool
}

// NewRing returns a Ring of which no key is active.
func NewRing(keys SealKeys) *Ring { return &Ring{keys: keys} }

// Keys are the keys, in the order of the file.
func (r *Ring) Keys() SealKeys { return r.keys }

// Use makes the key with this id the active one. everywhere says that all servers that run sign with it: only then, a log that has no
// seal yet gets one with the key, because events that other servers write into it must be signed, too. An id that is not among the keys
// changes nothing, and Use returns false; an empty id means that no key is active.
func (r *Ring) Use(id string, everywhere bool) bool {
	if id == "" {
		r.now.Store(nil)
		return true
	}
	key, known := r.keys.named(id)
	if known {
		r.now.Store(&active{key, everywhere})
	}
	return known
}

// ParseSealKeys reads a file of seal keys: an id and 64 hexadecimal digits on each line. Empty lines and lines that
// begin with # are ignored. Errors never quote a key.
func ParseSealKeys(text string) (SealKeys, error) {
	var keys SealKeys
	n := 0
	for line := range strings.Lines(text) {
		n++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 || len(fields[0]) > 64 {
			return nil, fmt.Errorf("line %d: write the id of the key, a space, and 64 hexadecimal digits", n)
		}
		secret, err := hex.DecodeString(fields[1])
		if err != nil || len(secret) != sealKeySize {
			return nil, fmt.Errorf("line %d: the key must be 64 hexadecimal digits (%d bytes)", n, sealKeySize)
		}
		if _, twice := keys.named(fields[0]); twice {
			return nil, fmt.Errorf("line %d: there are two keys with the id %s", n, fields[0])
		}
		keys = append(keys, SealKey{ID: fields[0], Secret: secret})
	}
	if len(keys) == 0 {
		return nil, errors.New("the file has no key. Create one with: raffd seal-key create")
	}
	return keys, nil
}

func (k SealKeys) named(id string) (SealKey, bool) {
	for _, one := range k {
		if one.ID == id {
			return one, true
		}
	}
	return SealKey{}, false
}

// Sign adds the signature of the active key to an event. Without one it adds none.
func (r *Ring) Sign(e *event.Event) error {
	now := r.now.Load()
	if now == nil {
		return nil
	}
	mac, err := now.key.eventMAC(e)
	e.MAC = mac
	return err
}

// signer returns the key that signed an event; false if it was none of these.
func (k SealKeys) signer(e *event.Event) (SealKey, bool, error) {
	if len(e.MAC) == 0 {
		return SealKey{}, false, nil
	}
	for _, key := range k {
		for _, mac := range []func(*event.Event) ([]byte, error){key.eventMAC, key.olderMAC} {
			sum, err := mac(e)
			if err != nil {
				return SealKey{}, false, err
			}
			if hmac.Equal(sum, e.MAC) {
				return key, true, nil
			}
		}
	}
	return SealKey{}, false, nil
}

// eventMAC signs an event, with commitments to its texts; see coveredLine.
func (k SealKey) eventMAC(e *event.Event) ([]byte, error) {
	unsigned := *e
	unsigned.MAC = nil
	line, err := coveredLine(&unsigned, k.salt)
	if err != nil {
		return nil, err
	}
	return k.mac(line), nil
}

// olderMAC is the signature of servers whose seals covered the texts of events themselves.
func (k SealKey) olderMAC(e *event.Event) ([]byte, error) {
	unsigned := *e
	unsigned.MAC = nil
	line, err := olderLine(unsigned, chainedVersion)
	if err != nil {
		return nil, err
	}
	return k.mac(line), nil
}

func (k SealKey) mac(line []byte) []byte {
	h := hmac.New(sha256.New, k.Secret)
	h.Write([]byte("raff audit event\n"))
	h.Write(line)
	return h.Sum(nil)
}

// salt derives the salt of an event that this key signed. The key is not in the database, so that nothing there leads to the salt.
func (k SealKey) salt(e *event.Event) (salt, bool) {
	h := hmac.New(sha256.New, k.Secret)
	h.Write([]byte("raff audit salt\n" + e.ID))
	return salt(h.Sum(nil)[:saltSize]), true
}

// Keyed reports whether the server has a seal key.
func (s *Service) Keyed() bool { return len(s.ring.keys) > 0 }
