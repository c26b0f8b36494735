package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Rotation says which keys RotateKeys rotates, and how.
type Rotation struct {
	// Signing creates a new signing key, which is in the database. Without it, the keys of the files are rotated.
	Signing bool
	// Force neither asks the servers which keys they have, nor waits for them.
	Force bool
}

// RotateKeys makes all servers use the first key of each key file, or a new signing key, and encrypts the secrets of authenticator apps
// with it. It prints what it did. It changes nothing if a server that runs does not have a key, because that server could not read what
// the others write.
func (s *Server) RotateKeys(ctx context.Context, w io.Writer, r Rotation) error {
	if r.Signing {
		return s.rotateSigningKey(ctx, w, r.Force)
	}
	next := map[*keyring]string{}
	for _, k := range s.rings {
		ids, err := k.ids(ctx)
		if err != nil {
			return err
		}
		if k.file == "" || len(ids) == 0 {
			continue
		}
		next[k] = ids[0]
		if r.Force {
			continue
		}
		if err := s.lacking(ctx, k, ids[0]); err != nil {
			return err
		}
	}
	if len(next) == 0 {
		return errors.New("--secrets-key-file (RAFF_SECRETS_KEY_FILE) or --seal-key-file (RAFF_SEAL_KEY_FILE) is required: raffd secrets create-key and raffd seal-key create make keys; to rotate the signing key, use --signing-key")
	}
	for _, k := range s.rings {
		id, given := next[k]
		if !given {
			continue
		}
		if err := s.switchTo(ctx, k, id, r.Force); err != nil {
			return err
		}
		if err := k.rotated(ctx, w, id); err != nil {
			return err
		}
	}
	return nil
}

// switchTo makes a key active and waits until all servers use it.
func (s *Server) switchTo(ctx context.Context, k *keyring, id string, force bool) error {
	active, _, err := s.active(ctx, k)
	if err != nil {
		return err
	}
	if active != id {
		if err := s.activate(ctx, k, id); err != nil {
			return err
		}
	}
	if !force {
		if err := s.await(ctx, k, id+inUse); err != nil {
			return err
		}
	}
	return s.watchKeys(ctx)
}

// PrintKeys lists the keys of all kinds: those that this program has, and others that encrypted what is stored.
func (s *Server) PrintKeys(ctx context.Context, w io.Writer) error {
	nodes, err := s.store.Nodes(ctx)
	if err != nil {
		return err
	}
	apps, err := s.appsByKey(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KIND\tKEY\tUSE\tSINCE\tAPPS\tSERVERS WITHOUT IT")
	for _, k := range s.rings {
		active, since, err := s.active(ctx, k)
		if err != nil {
			return err
		}
		ids, err := k.ids(ctx)
		if err != nil {
			return err
		}
		if active != "" && !slices.Contains(ids, active) {
			fmt.Fprintf(t, "%s\t%s\t%s, not in the file\t%s\t\t%s\n", k.kind, active, k.does, since, strings.Join(s.without(nodes, k.word(active)), ", "))
		}
		for i, id := range ids {
			use, from, count := k.did, "", ""
			switch {
			case id == active:
				use, from = k.does, since
			case i == 0 && k.file != "":
				use = "not active: run raffd secrets rotate"
			}
			if k.kind == kindApps {
				count = fmt.Sprint(apps[id])
				delete(apps, id)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", k.kind, id, use, from, count, strings.Join(s.without(nodes, k.word(id)), ", "))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(apps)) {
		use := "not in the file"
		if id == "" {
			id, use = "none", "not encrypted"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t\t%d\t\n", kindApps, id, use, apps[id])
	}
	return t.Flush()
}
