package factor

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
)

// Keys encrypt the secrets of authenticator apps in the database, so that somebody who reads the database or a backup cannot
// compute codes. The first one encrypts, the others only decrypt. Without keys, secrets are stored as they are.
type Keys []Key

// Led returns the keys with the one with this id first, which encrypts. Without such a key, the order stays.
func (k Keys) Led(id string) Keys {
	i := slices.IndexFunc(k, func(one Key) bool { return one.ID == id })
	if i <= 0 {
		return k
	}
	return append(Keys{k[i]}, slices.Delete(slices.Clone(k), i, i+1)...)
}

// ring are the keys of a Checker. plain says that they only decrypt.
type ring struct {
	Keys
	plain bool
}

// keys returns the keys that are used now.
func (c *Checker) keys() ring {
	if r := c.ring.Load(); r != nil {
		return *r
	}
	return ring{}
}

// UseKeys replaces the keys while the server runs. With plain, secrets are stored as they are, and the keys only decrypt.
func (c *Checker) UseKeys(keys Keys, plain bool) { c.ring.Store(&ring{keys, plain}) }

// Key is a key for AES-256. Its id is at most 64 bytes long.
type Key struct {
	ID     string
	Secret []byte
}

// sealed is the first byte of a stored secret that is encrypted. After it come the length of the key's id, the id, and the
// nonce with the ciphertext. A secret that is not encrypted is base32, and begins with a letter or digit.
const sealed = 0x01

// aead returns the cipher of a key.
func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.Secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal returns a secret as it is stored.
func (r ring) seal(secret string) ([]byte, error) {
	if len(r.Keys) == 0 || r.plain {
		return []byte(secret), nil
	}
	k := r.Keys
	c, err := k[0].aead()
	if err != nil {
		return nil, fmt.Errorf("encrypt the secret of an authenticator app: %w", err)
	}
	header := append([]byte{sealed, byte(len(k[0].ID))}, k[0].ID...) //nolint:gosec // ids are short
	return c.Seal(header, nil, []byte(secret), header), nil          //nolint:gosec // the cipher makes a random nonce itself
}

var errDamaged = errors.New("the encrypted secret of an authenticator app is damaged")

// split divides a stored secret into the header, the id of the key in it, and the ciphertext.
func split(stored []byte) (header []byte, id string, text []byte, err error) {
	if len(stored) < 2 || len(stored) < 2+int(stored[1]) {
		return nil, "", nil, errDamaged
	}
	n := 2 + int(stored[1])
	return stored[:n], string(stored[2:n]), stored[n:], nil
}

// open returns the secret in its base32 form.
func (k Keys) open(stored []byte) (string, error) {
	if len(stored) == 0 || stored[0] != sealed {
		return string(stored), nil
	}
	header, id, text, err := split(stored)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(k, func(one Key) bool { return one.ID == id })
	if i < 0 {
		return "", fmt.Errorf("the secret of an authenticator app is encrypted with the key %s, which the file of --secrets-key-file (RAFF_SECRETS_KEY_FILE) does not have", id)
	}
	c, err := k[i].aead()
	if err != nil {
		return "", fmt.Errorf("decrypt the secret of an authenticator app: %w", err)
	}
	secret, err := c.Open(nil, nil, text, header)
	if err != nil {
		return "", errDamaged
	}
	return string(secret), nil
}

// current reports whether a stored secret is encrypted with the first key, or not at all if there is none.
func (r ring) current(stored []byte) bool {
	k := r.Keys
	if len(k) == 0 || r.plain {
		return len(stored) == 0 || stored[0] != sealed
	}
	return bytes.HasPrefix(stored, append([]byte{sealed, byte(len(k[0].ID))}, k[0].ID...)) //nolint:gosec // ids are short
}

// WithKeys returns a Checker that encrypts the secrets of authenticator apps.
func (c *Checker) WithKeys(keys Keys) *Checker {
	with := &Checker{passkeys: c.passkeys}
	with.UseKeys(keys, false)
	return with
}

// KeyOf returns the id of the key that encrypted a stored secret; empty if it is not encrypted.
func KeyOf(stored []byte) string {
	if len(stored) == 0 || stored[0] != sealed {
		return ""
	}
	_, id, _, _ := split(stored) // damaged: no id
	return id
}

// AppSecret returns the secret of an authenticator app, in base32, from its stored form.
func (c *Checker) AppSecret(stored []byte) (string, error) { return c.keys().open(stored) }

// Reseal returns the stored form of the same secret with the current key; changed is false if it has that already.
func (c *Checker) Reseal(stored []byte) (fresh []byte, changed bool, err error) {
	if c.keys().current(stored) {
		return stored, false, nil
	}
	secret, err := c.keys().open(stored)
	if err != nil {
		return nil, false, err
	}
	fresh, err = c.keys().seal(secret)
	return fresh, err == nil, err
}
