package team

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

const (
	secretPrefix   = "raff_"
	secretRandom   = 56 // hex digits, 224 random bits
	secretLength   = len(secretPrefix) + secretRandom + 8
	keyPrefixShown = 13
)

// newSecret creates an API key: raff_ and 64 hex digits. The last 8 are a CRC-32 of the others, so that typos can be
// detected, and secrets found in code can be recognized, without a database.
func newSecret(random io.Reader) (string, error) { return newSecretOf(secretPrefix, random) }

// newSecretOf creates a secret of the form of an API key with another prefix.
func newSecretOf(prefix string, random io.Reader) (string, error) {
	b := make([]byte, secretRandom/2)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("create API key: %w", err)
	}
	body := hex.EncodeToString(b)
	return prefix + body + checksum(body), nil
}

func checksum(body string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body))) }

// wellFormed reports whether s can be an API key at all.
func wellFormed(s string) bool { return wellFormedAs(secretPrefix, s) }

func wellFormedAs(prefix, s string) bool {
	if len(s) != len(prefix)+secretRandom+8 || !strings.HasPrefix(s, prefix) {
		return false
	}
	hexed := s[len(prefix):]
	for i := range len(hexed) {
		if c := hexed[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	// As checksum, without allocating: every request has a key.
	var random [secretRandom]byte
	copy(random[:], hexed)
	var sum [4]byte
	_, err := hex.Decode(sum[:], []byte(hexed[secretRandom:]))
	return err == nil && binary.BigEndian.Uint32(sum[:]) == crc32.ChecksumIEEE(random[:])
}

// TokenLength is the length of a token in characters.
const TokenLength = 43

// NewToken returns the token of a link or a session: 256 random bits.
func NewToken(random io.Reader) (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("create token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// HashOf returns the hash of a secret or token, which is what is stored.
func HashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}
