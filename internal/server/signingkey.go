package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"raff/internal/operator"
	"raff/internal/signin"
)

// newSigningKey creates a signing key.
func (s *Server) newSigningKey() signin.SigningKey {
	b := make([]byte, 4+32)
	_, _ = rand.Read(b) // never fails
	return signin.SigningKey{ID: "s" + hex.EncodeToString(b[:4]), Secret: b[4:], CreatedAt: s.config.Now()}
}

// signingRing is the keys that sign challenges for passkeys and the tokens of known browsers. A new database gets one when the first
// server starts.
func (s *Server) signingRing() *keyring {
	var keys []signin.SigningKey
	return &keyring{
		kind: "signing", does: "signs", did: "verifies", setting: operator.SettingActiveSigningKey,
		ids: func(ctx context.Context) (ids []string, err error) {
			if keys, err = s.store.SigningKeys(ctx); err == nil && len(keys) == 0 && s.config.Mode != Looking {
				first := s.newSigningKey()
				if err = s.store.FirstSigningKey(ctx, first, operator.SettingActiveSigningKey, first.ID+" "+moment(first.CreatedAt)); err == nil {
					keys, err = s.store.SigningKeys(ctx)
				}
			}
			for _, k := range keys {
				ids = append(ids, k.ID)
			}
			return ids, err
		},
		use: func(id string, _ bool) error {
			led := slices.Clone(keys)
			slices.SortStableFunc(led, func(a, b signin.SigningKey) int {
				switch {
				case a.ID == id:
					return -1
				case b.ID == id:
					return 1
				}
				return 0
			})
			s.signin.UseSigningKeys(led)
			return nil
		},
	}
}

// rotateSigningKey creates a signing key, and makes it the active one when all servers that run have read it. The older ones recognize
// what they signed until signin.DeviceLife has passed.
func (s *Server) rotateSigningKey(ctx context.Context, w io.Writer, force bool) error {
	k, key := s.signing, s.newSigningKey()
	if err := s.store.AddSigningKey(ctx, key); err != nil {
		return err
	}
	if !force {
		if err := s.await(ctx, k, key.ID); err != nil {
			return err
		}
	}
	if err := s.switchTo(ctx, k, key.ID, force); err != nil {
		return err
	}
	if err := s.store.RetireSigningKeys(ctx, key.ID, s.config.Now()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "The key %s signs challenges and the tokens of known browsers. The older keys recognize what they signed for %d days;\n"+
		"if one was stolen, run raffd secrets forget.\n", key.ID, int(signin.DeviceLife/(24*time.Hour)))
	return err
}

// ForgetSigningKeys removes all signing keys but the active one, and prints what it did.
func (s *Server) ForgetSigningKeys(ctx context.Context, w io.Writer) error {
	n, err := s.store.RemoveSigningKeys(ctx, s.config.Now().Add(time.Second))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "Removed %d signing keys. Within seconds, servers no longer recognize what they signed.\n", n)
	return err
}
