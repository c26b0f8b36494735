package operator

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"sync"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// Scope is what an operator key may do.
type Scope string

// The scopes. ScopeSupport is reading and opening sessions in accounts that grant support access. ScopeWrite is everything.
const (
	ScopeRead    Scope = "read"
	ScopeSupport Scope = "support"
	ScopeWrite   Scope = "write"
)

// Supports reports whether a key with the scope can open support sessions.
func (s Scope) Supports() bool { return s == ScopeSupport || s == ScopeWrite }

// Key is an operator key, without its secret.
type Key struct {
	ID     string
	Name   string
	Scope  Scope
	Prefix string // the beginning of the secret, to recognize it
	Hash   []byte
	// ExpiresAt and LastUsedAt are zero for "never". LastUsedAt is accurate to a minute.
	ExpiresAt, LastUsedAt time.Time
	CreatedAt             time.Time
}

// NewKey describes a new operator key.
type NewKey struct {
	Name      string
	Scope     Scope
	ExpiresAt time.Time // zero: never
}

// An operator key is rop_ and 64 hexadecimal digits, the last 8 of which are a checksum of the others.
const (
	keyPrefix   = "rop_"
	keyRandom   = 28 // bytes
	keyLength   = len(keyPrefix) + 2*keyRandom + 8
	prefixShown = 12
)

func newSecret(random io.Reader) (string, error) {
	b := make([]byte, keyRandom)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("create operator key: %w", err)
	}
	body := hex.EncodeToString(b)
	return keyPrefix + body + checksum(body), nil
}

func checksum(body string) string {
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(keyPrefix+body)))
}

func wellFormed(secret string) bool {
	body, ok := strings.CutPrefix(secret, keyPrefix)
	return ok && len(secret) == keyLength && body[2*keyRandom:] == checksum(body[:2*keyRandom])
}

// CreateKey creates an operator key and returns it with its secret, which is shown only once.
func (s *Service) CreateKey(ctx context.Context, c Caller, n NewKey) (Key, string, error) {
	if err := team.CheckName(n.Name, 64); err != nil {
		return Key{}, "", err
	}
	if n.Scope != ScopeRead && !n.Scope.Supports() {
		return Key{}, "", RefusalUnknownKeyScope.With()
	}
	now := s.team.Now()
	told := event.OperatorKeyCreated{Scope: string(n.Scope)}
	if !n.ExpiresAt.IsZero() {
		if !n.ExpiresAt.After(now) {
			return Key{}, "", RefusalKeyExpiry.With()
		}
		told.ExpiresAt = n.ExpiresAt.UTC().Format(time.RFC3339)
	}
	secret, err := newSecret(s.rand)
	if err != nil {
		return Key{}, "", err
	}
	k := Key{ID: s.team.NewID(), Name: n.Name, Scope: n.Scope, Prefix: secret[:prefixShown], Hash: team.HashOf(secret), ExpiresAt: n.ExpiresAt, CreatedAt: now}
	err = s.store.Update(ctx, event.OperatorLog, team.Shared, func(tx Tx) error {
		if err := tx.InsertOperatorKey(ctx, k); err != nil {
			return err
		}
		return s.record(ctx, tx, c, k.target(), told)
	})
	return k, secret, err
}

func (k Key) target() event.Target {
	return event.Target{TargetType: "operator_key", TargetID: k.ID, TargetName: k.Name}
}

// Keys returns all operator keys, oldest first.
func (s *Service) Keys(ctx context.Context) ([]Key, error) { return s.store.OperatorKeys(ctx) }

// RevokeKey removes an operator key. No request with it that begins after RevokeKey has returned is accepted.
func (s *Service) RevokeKey(ctx context.Context, c Caller, id string) (k Key, err error) {
	err = s.store.Update(ctx, event.OperatorLog, team.Shared, func(tx Tx) error {
		if k, err = tx.OperatorKeyByID(ctx, id); err != nil {
			return err
		}
		if err := tx.DeleteOperatorKey(ctx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, c, k.target(), event.OperatorKeyRevoked{})
	})
	return k, err
}

// Authenticate returns the caller with an operator key. The error for any invalid key is RefusalBadKey.
func (s *Service) Authenticate(ctx context.Context, secret string) (Caller, error) {
	if !wellFormed(secret) {
		return Caller{}, RefusalBadKey.With()
	}
	return s.callerOf(ctx, s.store, team.HashOf(secret))
}

func (s *Service) callerOf(ctx context.Context, r Reader, hash []byte) (Caller, error) {
	k, err := s.keyOf(ctx, r, hash)
	if err != nil {
		return Caller{}, err
	}
	return Caller{ID: k.ID, Name: k.Name, Scope: k.Scope, hash: hash}, nil
}

// keyOf returns the valid key with this hash.
func (s *Service) keyOf(ctx context.Context, r Reader, hash []byte) (Key, error) {
	k, err := r.OperatorKey(ctx, hash)
	if err != nil {
		return Key{}, team.NotFoundIs(err, RefusalBadKey.With())
	}
	now := s.team.Now()
	if team.Expired(k.ExpiresAt, now) {
		return Key{}, RefusalBadKey.With()
	}
	if now.Sub(k.LastUsedAt) >= usedPrecision {
		k.LastUsedAt = now
		s.used.note(k)
	}
	return k, nil
}

// usedPrecision is how exactly the last use of a key is stored, so that not every request is a write.
const usedPrecision = time.Minute

// used are the keys whose use has not been stored yet.
type used struct {
	mu   sync.Mutex
	keys map[string]Key
}

func (u *used) note(k Key) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.keys == nil {
		u.keys = map[string]Key{}
	}
	u.keys[k.ID] = k
}

// FlushUsage stores when keys were last used. A server calls it every few seconds.
func (s *Service) FlushUsage(ctx context.Context) error {
	s.used.mu.Lock()
	keys := s.used.keys
	s.used.keys = nil
	s.used.mu.Unlock()
	for _, k := range keys {
		if err := s.store.TouchOperatorKey(ctx, k); err != nil {
			return err
		}
	}
	return nil
}
