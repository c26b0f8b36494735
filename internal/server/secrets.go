package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"raff/internal/audit"
	"raff/internal/factor"
	"raff/internal/operator"
	"raff/internal/signin"
	"raff/internal/team"
)

// readSecretsKeys reads the keys that encrypt the secrets of authenticator apps. Without a file there are none. The file has the form of
// the seal keys.
func readSecretsKeys(c Config) (keys factor.Keys, err error) {
	if c.SecretsKeyFile == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.SecretsKeyFile)
	if err != nil {
		return nil, fmt.Errorf("read the keys of --secrets-key-file (RAFF_SECRETS_KEY_FILE): %w", err)
	}
	parsed, err := audit.ParseSealKeys(string(b))
	if err != nil {
		return nil, fmt.Errorf("read the keys in %s: %w", c.SecretsKeyFile, err)
	}
	for _, k := range parsed {
		keys = append(keys, factor.Key{ID: k.ID, Secret: k.Secret})
	}
	c.warnReadable("the file with the keys of authenticator apps", c.SecretsKeyFile)
	return keys, nil
}

// secretsKeys reads the keys, and refuses to start without the one that the database needs: people with an authenticator app could
// not sign in.
func (s *Server) secretsKeys(ctx context.Context) (factor.Keys, error) {
	keys, err := readSecretsKeys(s.config)
	if err != nil {
		return nil, err
	}
	_, missing, err := s.secretsKeysInUse(ctx, keys)
	if err != nil || s.config.Mode != Serving {
		return keys, err
	}
	if missing != "" {
		return nil, fmt.Errorf("the secrets of authenticator apps are encrypted with the key %s: set --secrets-key-file (RAFF_SECRETS_KEY_FILE) to the file that has it", missing)
	}
	return keys, nil
}

// secretsKeysInUse returns the ids of the keys that encrypted what is stored, and one of them that is not among keys, if any.
func (s *Server) secretsKeysInUse(ctx context.Context, keys factor.Keys) (used []string, missing string, err error) {
	text, err := s.store.Setting(ctx, operator.SettingSecretsKey)
	for id := range strings.FieldsSeq(text) {
		used = append(used, id)
		if missing == "" && !slices.ContainsFunc(keys, func(k factor.Key) bool { return k.ID == id }) {
			missing = id
		}
	}
	return used, missing, err
}

// appsRing is the keys that encrypt the secrets of authenticator apps.
func (s *Server) appsRing() *keyring {
	return &keyring{
		kind: kindApps, does: "encrypts", did: "decrypts", setting: operator.SettingActiveSecretsKey, file: "--secrets-key-file (RAFF_SECRETS_KEY_FILE)",
		ids: func(context.Context) (ids []string, _ error) {
			for _, k := range s.appKeys {
				ids = append(ids, k.ID)
			}
			return ids, nil
		},
		use: func(id string, _ bool) error {
			s.factors.UseKeys(s.appKeys.Led(id), id == "")
			return nil
		},
		rotated: s.encryptApps,
		activating: func(ctx context.Context, id string) error {
			used, _, err := s.secretsKeysInUse(ctx, nil)
			if err != nil || slices.Contains(used, id) {
				return err
			}
			// Until the next rotation, what is stored may be encrypted with any of them. From now on, servers without it do not start.
			return s.store.SetSetting(ctx, operator.SettingSecretsKey, strings.Join(append(used, id), " "))
		},
	}
}

// encryptApps encrypts the secrets of all authenticator apps with the active key, and prints how many it changed.
func (s *Server) encryptApps(ctx context.Context, w io.Writer, id string) error {
	s.factors.UseKeys(s.appKeys.Led(id), false)
	changed, total, err := s.signin.EncryptAppSecrets(ctx)
	if err != nil {
		return err
	}
	if err := s.store.SetSetting(ctx, operator.SettingSecretsKey, id); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d of %d authenticator apps were encrypted with the key %s; the others already were.\n", changed, total, id)
	return err
}

// appsByKey counts the authenticator apps by the key that encrypted their secret; the id is empty for those that are not encrypted.
func (s *Server) appsByKey(ctx context.Context) (map[string]int, error) {
	const atOnce = 500
	n := map[string]int{}
	for after := team.NoID; ; {
		found, err := s.store.FactorsAfter(ctx, after, atOnce)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if after = f.ID; f.Kind == signin.FactorTOTP {
				n[factor.KeyOf(f.Secret)]++
			}
		}
		if len(found) < atOnce {
			return n, nil
		}
	}
}
