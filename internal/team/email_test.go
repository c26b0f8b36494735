package team_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"raff/internal/team"
)

func TestCanonicalEmail(t *testing.T) {
	for typed, want := range map[string]string{
		"alice@example.com":            "alice@example.com",
		"Alice@EXAMPLE.com":            "alice@example.com",
		"a.l.i.c.e+tag@example.com":    "a.l.i.c.e+tag@example.com",
		"A@BÜCHER.DE":                  "a@xn--bcher-kva.de",
		"a@bu\u0308cher.de":            "a@xn--bcher-kva.de",
		"a@xn--bcher-kva.de":           "a@xn--bcher-kva.de",
		"JOSE\u0301@example.com":       "josé@example.com",
		"\u017fam@example.com":         "\u017fam@example.com",
		"d\u0131ke@example.com":        "d\u0131ke@example.com",
		"ΔΣ@example.com":               "δσ@example.com",
		"user_name-1%x@sub.example.co": "user_name-1%x@sub.example.co",
	} {
		got, err := team.CanonicalEmail(typed)
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", typed, got, err, want)
		}
		if again, err := team.CanonicalEmail(got); err != nil || again != got {
			t.Errorf("%q: the canonical form of a canonical form is %q, %v", typed, again, err)
		}
	}
	for _, typed := range []string{
		"", "alice", "@example.com", "alice@", "alice@localhost", "a@[127.0.0.1]", "a@127.0.0.1", "a@x.io\r\nBcc: e@x.io",
		"Bob <a@x.io>", "a@x.io,b@x.io", "a@x.io;b@x.io", `"a b"@x.io`, "a b@x.io", "a@x..io", "a..b@x.io", ".a@x.io", "a.@x.io",
		"a@-x.io", "a@x.io.", "a@x_y.io", "a\u200b@x.io", "a\u202e@x.io", "a@x.io\x00", "a\xff@x.io", "a@b@x.io", "a@key.invalid", "a@x.123",
		"İke@x.io", "I\u0307ke@x.io", "i\u212ae@x.io", "\u03f4a@x.io", "\u01c5a@x.io",
		strings.Repeat("a", 65) + "@x.io", "a@" + strings.Repeat("a", 64) + ".io", "a@" + strings.Repeat("a.", 130) + "io",
	} {
		if got, err := team.CanonicalEmail(typed); err == nil {
			t.Errorf("%q was accepted as %q", typed, got)
		}
	}
}

func TestSecretChecksum(t *testing.T) {
	for range 100 {
		s, err := team.NewSecret(rand.Reader)
		if err != nil || !team.WellFormed(s) || len(s) != 69 {
			t.Fatalf("new secret %q, %v", s, err)
		}
		for i := range s {
			b := []byte(s)
			b[i] ^= 1
			if team.WellFormed(string(b)) {
				t.Errorf("a typo at %d of %q is not detected", i, s)
			}
		}
	}
}
