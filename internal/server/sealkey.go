package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"raff/internal/audit"
	"raff/internal/operator"
)

// sealKeys reads the keys that sign the audit log. Without a file there are none.
func sealKeys(c Config) (audit.SealKeys, error) {
	if c.SealKeyFile == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.SealKeyFile)
	if err != nil {
		return nil, fmt.Errorf("read the seal keys: %w", err)
	}
	keys, err := audit.ParseSealKeys(string(b))
	if err != nil {
		return nil, fmt.Errorf("read the seal keys in %s: %w", c.SealKeyFile, err)
	}
	c.warnReadable("the seal key file", c.SealKeyFile)
	return keys, nil
}

// sealRing is the keys that sign the audit logs.
func (s *Server) sealRing() *keyring {
	return &keyring{
		kind: "seal", does: "signs", did: "verifies", setting: operator.SettingActiveSealKey, file: "--seal-key-file (RAFF_SEAL_KEY_FILE)",
		ids: func(context.Context) (ids []string, _ error) {
			for _, k := range s.sealing.Keys() {
				ids = append(ids, k.ID)
			}
			return ids, nil
		},
		// On a database that is sealed with a key already, it is that one.
		first: func(ctx context.Context, ids []string) (string, error) {
			used, err := s.store.SealKeyIDs(ctx)
			for _, id := range ids {
				if slices.Contains(used, id) {
					return id, err
				}
			}
			return ids[0], err
		},
		use: func(id string, everywhere bool) error {
			if !s.sealing.Use(id, everywhere) {
				return fmt.Errorf("the audit logs of this database are signed with the key %s: set the file that contains it (--seal-key-file, RAFF_SEAL_KEY_FILE)", id)
			}
			return nil
		},
		rotated: func(_ context.Context, w io.Writer, id string) error {
			_, err := fmt.Fprintf(w, "The key %s signs the audit logs. Keep the other keys in the file: they verify what they signed.\n", id)
			return err
		},
	}
}

// warnReadable logs a warning if other users can read a secret file.
func (c Config) warnReadable(name, file string) {
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o007 != 0 && c.Logger != nil {
		c.Logger.Warn(name+" is readable by every user on this machine", "file", file, "mode", info.Mode().Perm().String())
	}
}

// CreateKeyFile creates a key in a new file, readable only by its owner, and returns the key's id. With rotate it adds
// the key before those of an existing file: the new key signs after raffd secrets rotate, and the older keys still verify
// what they signed. The file keeps its owner and mode, so that the server can still read it.
func CreateKeyFile(path string, rotate bool) (id string, err error) {
	key, err := audit.NewSealKey(rand.Reader)
	if err != nil {
		return "", err
	}
	old, err := os.ReadFile(path)
	switch {
	case err == nil && !rotate:
		return "", fmt.Errorf("%s already exists. To add a new key before its keys, use --rotate", path)
	case err == nil:
		if _, err := audit.ParseSealKeys(string(old)); err != nil {
			return "", fmt.Errorf("read the seal keys in %s: %w", path, err)
		}
	case rotate || !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read the seal keys: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".raff-seal-key-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("write the seal key: %w", err)
	}
	_, err = f.Write(bytes.Join([][]byte{[]byte(key.Line()), old}, []byte("\n")))
	if rotate {
		err = errors.Join(err, sameAccess(f, path))
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil && !rotate {
		err = os.Link(f.Name(), path) // unlike a rename it never replaces a file
		_ = os.Remove(f.Name())
	} else if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("write the seal key: %w", err)
	}
	return key.ID, nil
}

// sameAccess gives a file the owner, group and mode of another one.
func sameAccess(f *os.File, as string) error {
	info, err := os.Stat(as)
	if err != nil {
		return err
	}
	if err := f.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if theirs, ok := info.Sys().(*syscall.Stat_t); ok {
		return f.Chown(int(theirs.Uid), int(theirs.Gid))
	}
	return nil
}
