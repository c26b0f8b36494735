package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

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

// activeSecretsKey returns the id of the key with which all nodes encrypt, and since when (RFC 3339); both are empty if none does yet.
func (s *Server) activeSecretsKey(ctx context.Context) (id, since string, err error) {
	text, err := s.store.Setting(ctx, operator.SettingActiveSecretsKey)
	id, since, _ = strings.Cut(text, " ")
	return id, since, err
}

// watchSecretsKey makes this program encrypt with the active key, not with a newer one that other nodes may not have yet. The first
// key of a database becomes active as soon as all nodes that run have it.
func (s *Server) watchSecretsKey(ctx context.Context) error {
	active, _, err := s.activeSecretsKey(ctx)
	if err != nil {
		return err
	}
	if active == "" && len(s.appKeys) > 0 && s.config.Mode == Serving {
		without, err := s.nodesWithout(ctx, s.appKeys[0].ID)
		if err != nil {
			return err
		}
		if len(without) == 0 {
			active = s.appKeys[0].ID
			if err := s.activateSecretsKey(ctx, active); err != nil {
				return err
			}
		}
	}
	keys := s.appKeys.Led(active)
	s.factors.UseKeys(keys, active == "")
	words := []string{}
	for i, k := range keys {
		word := k.ID
		if i == 0 && active != "" {
			word += encrypts
		}
		words = append(words, word)
	}
	s.nodes.keys.Store(&words)
	return nil
}

// encrypts follows the id of the key with which a node encrypts.
const encrypts = "="

// activateSecretsKey makes all nodes encrypt with a key from the next time on that they look. From now on, nodes without it do not
// start.
func (s *Server) activateSecretsKey(ctx context.Context, id string) error {
	used, _, err := s.secretsKeysInUse(ctx, nil)
	if err != nil {
		return err
	}
	if !slices.Contains(used, id) {
		// Until the next rotation, what is stored may be encrypted with any of them.
		if err := s.store.SetSetting(ctx, operator.SettingSecretsKey, strings.Join(append(used, id), " ")); err != nil {
			return err
		}
	}
	return s.store.SetSetting(ctx, operator.SettingActiveSecretsKey, id+" "+moment(s.config.Now()))
}

// nodesWithout returns the other nodes that run and do not have one of these words among their keys.
func (s *Server) nodesWithout(ctx context.Context, words ...string) (without []string, err error) {
	nodes, err := s.store.Nodes(ctx)
	for _, n := range nodes {
		if n.Alive && n.ID != s.nodes.self.ID && !slices.ContainsFunc(n.Keys, func(k string) bool {
			return slices.Contains(words, k) || slices.Contains(words, strings.TrimSuffix(k, encrypts))
		}) {
			without = append(without, fmt.Sprintf("%s (%s, %s)", n.Host, n.Address, n.ID))
		}
	}
	return without, err
}

// secretsPatience is how long RotateSecrets waits until all nodes encrypt with the new key. They look every few seconds.
const secretsPatience = 2 * time.Minute

// RotateSecrets makes all nodes encrypt with the first key of the file, and then encrypts the secrets of all authenticator apps with
// it. It prints what it did. It refuses if a node that runs does not have the key, because people could not sign in there; with force,
// it neither asks the nodes nor waits for them.
func (s *Server) RotateSecrets(ctx context.Context, w io.Writer, force bool) error {
	if len(s.appKeys) == 0 {
		return errors.New("--secrets-key-file (RAFF_SECRETS_KEY_FILE) is required: raffd secrets create-key makes a key")
	}
	next := s.appKeys[0].ID
	active, _, err := s.activeSecretsKey(ctx)
	if err != nil {
		return err
	}
	if !force {
		without, err := s.nodesWithout(ctx, next)
		if err != nil {
			return err
		}
		if len(without) > 0 {
			return fmt.Errorf("nothing was changed, because these servers do not have the key %s: %s. Copy the file to them and restart them first", next, strings.Join(without, ", "))
		}
	}
	if active != next {
		if err := s.activateSecretsKey(ctx, next); err != nil {
			return err
		}
	}
	if err := s.awaitSecretsKey(ctx, next, force); err != nil {
		return err
	}
	s.factors.UseKeys(s.appKeys, false)
	changed, total, err := s.signin.EncryptAppSecrets(ctx)
	if err != nil {
		return err
	}
	if err := s.store.SetSetting(ctx, operator.SettingSecretsKey, next); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d of %d authenticator apps were encrypted with the key %s; the others already were.\n", changed, total, next)
	return err
}

// awaitSecretsKey waits until all nodes that run encrypt with a key.
func (s *Server) awaitSecretsKey(ctx context.Context, id string, force bool) error {
	if force {
		return nil
	}
	for end := time.Now().Add(secretsPatience); ; {
		waiting, err := s.nodesWithout(ctx, id+encrypts)
		if err != nil || len(waiting) == 0 {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("the key %s is active, but these servers do not encrypt with it yet: %s. Run the command again", id, strings.Join(waiting, ", "))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// PrintSecrets lists the keys of authenticator apps: those of the file, and others that encrypted what is stored.
func (s *Server) PrintSecrets(ctx context.Context, w io.Writer) error {
	active, since, err := s.activeSecretsKey(ctx)
	if err != nil {
		return err
	}
	apps, err := s.appsByKey(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KEY\tUSE\tSINCE\tAPPS\tSERVERS WITHOUT IT")
	line := func(id, use, since string) error {
		without, err := s.nodesWithout(ctx, id)
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\n", id, use, since, apps[id], strings.Join(without, ", "))
		delete(apps, id)
		return err
	}
	for i, k := range s.appKeys {
		use, from := "decrypts", ""
		switch {
		case k.ID == active:
			use, from = "encrypts", since
		case i == 0:
			use = "not active: run raffd secrets rotate"
		}
		if err := line(k.ID, use, from); err != nil {
			return err
		}
	}
	if n := apps[""]; n > 0 {
		fmt.Fprintf(t, "none\tnot encrypted\t\t%d\t\n", n)
	}
	delete(apps, "")
	for _, id := range slices.Sorted(maps.Keys(apps)) {
		if err := line(id, "not in the file", ""); err != nil {
			return err
		}
	}
	return t.Flush()
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
