package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"raff/internal/operator"
)

// keyring is one kind of keys that all servers on the database share. Of the keys that a server has, one is active: it signs or
// encrypts, the others only verify or decrypt. A key becomes active when all servers that run have it, so that none ever meets something
// that it cannot read.
type keyring struct {
	// kind is its name in lists, and before the ids in operator.Node.Keys.
	kind string
	// does and did are what the active key and the others do, such as "encrypts" and "decrypts".
	does, did string
	// setting has the id of the active key, and since when (RFC 3339), separated by a space.
	setting string
	// file is the setting that names the file with the keys; empty if they are in the database.
	file string
	// ids returns the keys that this program has; the first one is to become active.
	ids func(context.Context) ([]string, error)
	// first returns which of them becomes active on a database without an active key; nil means the first one.
	first func(ctx context.Context, ids []string) (string, error)
	// use makes this program sign or encrypt with a key, empty for none. everywhere says that all servers that run do.
	use func(id string, everywhere bool) error
	// activating is called before a key becomes active; it may be nil.
	activating func(ctx context.Context, id string) error
	// rotated finishes a rotation when all servers use the key, and prints what it did. Keys in the database have none.
	rotated func(ctx context.Context, w io.Writer, id string) error
}

// kindApps is the kind of the keys that encrypt the secrets of authenticator apps.
const kindApps = "apps"

// inUse follows the id of the key with which a server signs or encrypts.
const inUse = "="

// word is how a server says that it has a key.
func (k *keyring) word(id string) string { return k.kind + ":" + id }

// active returns the id of the active key, and since when (RFC 3339); both are empty if none is.
func (s *Server) active(ctx context.Context, k *keyring) (id, since string, err error) {
	text, err := s.store.Setting(ctx, k.setting)
	id, since, _ = strings.Cut(text, " ")
	return id, since, err
}

// activate makes all servers use a key from the next time on that they look.
func (s *Server) activate(ctx context.Context, k *keyring, id string) error {
	if k.activating != nil {
		if err := k.activating(ctx, id); err != nil {
			return err
		}
	}
	return s.store.SetSetting(ctx, k.setting, id+" "+moment(s.config.Now()))
}

// watchKeys makes this program use the active keys, not newer ones that other servers may not have yet. The first key of a database
// becomes active as soon as all servers that run have it.
func (s *Server) watchKeys(ctx context.Context) error {
	nodes, err := s.store.Nodes(ctx)
	if err != nil {
		return err
	}
	words := []string{}
	var failed []error
	for _, k := range s.rings {
		ids, err := k.ids(ctx)
		if err != nil {
			return err
		}
		id, _, err := s.active(ctx, k)
		if err == nil && id == "" && len(ids) > 0 {
			id, err = s.firstKey(ctx, k, ids, nodes)
		}
		if err != nil {
			return err
		}
		everywhere := id != "" && len(s.without(nodes, k.word(id)+inUse)) == 0
		used := id
		if err := k.use(id, everywhere); err != nil {
			failed, used = append(failed, err), ""
		}
		for _, one := range ids {
			word := k.word(one)
			if one == used {
				word += inUse
			}
			words = append(words, word)
		}
	}
	s.nodes.keys.Store(&words)
	return errors.Join(failed...)
}

// firstKey makes a key active, unless servers that run do not have it. A command that changes nothing uses the key without making it
// active.
func (s *Server) firstKey(ctx context.Context, k *keyring, ids []string, nodes []operator.Node) (id string, err error) {
	if id = ids[0]; k.first != nil {
		if id, err = k.first(ctx, ids); err != nil {
			return "", err
		}
	}
	if len(s.without(nodes, k.word(id))) > 0 {
		return "", nil
	}
	if s.config.Mode == Looking || s.config.Mode == Migrating {
		return id, nil
	}
	return id, s.activate(ctx, k, id)
}

// without returns the other servers that run and do not have one of these words among their keys.
func (s *Server) without(nodes []operator.Node, words ...string) (names []string) {
	for _, n := range nodes {
		if n.Alive && n.ID != s.nodes.self.ID && !slices.ContainsFunc(n.Keys, func(k string) bool {
			return slices.Contains(words, k) || slices.Contains(words, strings.TrimSuffix(k, inUse))
		}) {
			names = append(names, fmt.Sprintf("%s (%s, %s)", n.Host, n.Address, n.ID))
		}
	}
	return names
}

// lacking returns an error if a server that runs does not have a key.
func (s *Server) lacking(ctx context.Context, k *keyring, id string) error {
	nodes, err := s.store.Nodes(ctx)
	if err != nil {
		return err
	}
	if names := s.without(nodes, k.word(id)); len(names) > 0 {
		return fmt.Errorf("nothing was changed, because these servers do not have the key %s: %s. Copy the file to them and restart them first", id, strings.Join(names, ", "))
	}
	return nil
}

// keysPatience is how long a command waits until all servers have noticed a change of the keys. They look every few seconds.
const keysPatience = 2 * time.Minute

// await waits until all servers that run have a key; with inUse after its id, until they use it.
func (s *Server) await(ctx context.Context, k *keyring, id string) error {
	for end := time.Now().Add(keysPatience); ; {
		nodes, err := s.store.Nodes(ctx)
		if err != nil {
			return err
		}
		names := s.without(nodes, k.word(id))
		if len(names) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("these servers do not use the key %s yet: %s. Run the command again", strings.TrimSuffix(id, inUse), strings.Join(names, ", "))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}
