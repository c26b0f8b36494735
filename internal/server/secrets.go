package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"raff/internal/audit"
	"raff/internal/factor"
	"raff/internal/operator"
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
	used, missing, err := s.secretsKeysInUse(ctx, keys)
	if err != nil || s.config.Mode != Serving {
		return keys, err
	}
	if missing != "" {
		return nil, fmt.Errorf("the secrets of authenticator apps are encrypted with the key %s: set --secrets-key-file (RAFF_SECRETS_KEY_FILE) to the file that has it", missing)
	}
	if len(keys) > 0 && !slices.Contains(used, keys[0].ID) {
		// Until the next rotation, what is stored may be encrypted with any of them.
		return keys, s.store.SetSetting(ctx, operator.SettingSecretsKey, strings.Join(append(used, keys[0].ID), " "))
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

// RotateSecrets encrypts the secrets of all authenticator apps with the first key of the file, and prints what it did.
func (s *Server) RotateSecrets(ctx context.Context, w io.Writer) error {
	keys, err := readSecretsKeys(s.config)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return errors.New("--secrets-key-file (RAFF_SECRETS_KEY_FILE) is required: raffd secrets create-key makes a key")
	}
	changed, total, err := s.signin.EncryptAppSecrets(ctx)
	if err != nil {
		return err
	}
	if err := s.store.SetSetting(ctx, operator.SettingSecretsKey, keys[0].ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d of %d authenticator apps were encrypted with the key %s; the others already were.\n", changed, total, keys[0].ID)
	return err
}
