package factor

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func newKeys(ids ...string) (k Keys) {
	for _, id := range ids {
		k = append(k, Key{ID: id, Secret: bytes.Repeat([]byte(id[:1]), 32)})
	}
	return k
}

func TestKeysOfApps(t *testing.T) {
	plain, a, ab := New("https://raff.example.com", "raff"), New("https://raff.example.com", "raff").WithKeys(newKeys("a")), New("https://raff.example.com", "raff").WithKeys(newKeys("b", "a"))
	stored, err := a.NewTOTP()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := a.AppSecret(stored)
	if err != nil || bytes.Contains(stored, []byte(secret)) || Code(secret, time.Now()) == "" {
		t.Fatalf("%q, %v: stored as %q", secret, err, stored)
	}
	if got, err := ab.AppSecret(stored); err != nil || got != secret {
		t.Errorf("with a newer key: %q, %v", got, err)
	}
	fresh, changed, err := ab.Reseal(stored)
	if err != nil || !changed || bytes.Equal(fresh, stored) {
		t.Errorf("with the newer key: %v, %v", changed, err)
	}
	if again, changed, err := ab.Reseal(fresh); err != nil || changed || !bytes.Equal(again, fresh) {
		t.Errorf("twice with the newer key: %v, %v", changed, err)
	}
	for _, c := range []*Checker{plain, a} {
		if got, err := c.AppSecret(fresh); err == nil || !strings.Contains(err.Error(), "key b") || strings.Contains(err.Error(), secret) {
			t.Errorf("without the key: %q, %v", got, err)
		}
	}
	// What was stored before there was a key, and what somebody changed.
	if got, err := a.AppSecret([]byte(secret)); err != nil || got != secret {
		t.Errorf("not encrypted: %q, %v", got, err)
	}
	for i := range stored {
		bad := bytes.Clone(stored)
		bad[i] ^= 0x40
		if got, err := a.AppSecret(bad); err == nil && got == secret {
			t.Errorf("byte %d was changed, and not noticed", i)
		}
	}
	for n := range stored {
		if got, err := a.AppSecret(stored[:n]); err == nil && n > 0 {
			t.Errorf("the first %d bytes: %q", n, got)
		}
	}
}
