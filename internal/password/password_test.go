package password_test

import (
	"errors"
	"strings"
	"testing"

	"raff/internal/password"
	"raff/internal/team"
)

func TestCheck(t *testing.T) {
	h := password.New()
	for pw, code := range map[string]string{
		"":                                "required",
		"short":                           "password_too_short",
		"fourteen chars":                  "password_too_short",
		strings.Repeat("x y z ", 60):      "password_too_long",
		"aaaaaaaaaaaaaaaaaaaa":            "password_too_common",
		"abcabcabcabcabcabcabc":           "password_too_common",
		"passwordpassword":                "password_too_common",
		"Password123456!!":                "password_too_common",
		"qwertyuiop1234567890":            "password_too_common",
		"correcthorsebatterystaple":       "password_too_common",
		"alice-example-2026":              "password_too_common",
		"12345678901234567890":            "password_too_common",
		"\x00abcdefghijklmnopqrstuvwxyz1": "invalid_password",
	} {
		var e *team.Error
		if err := h.Check(pw, "alice@example.com", "Alice"); !errors.As(err, &e) || e.Code != code {
			t.Errorf("%q: got %v, want %s", pw, err, code)
		}
	}
	for _, pw := range []string{"lamp orbit velvet toast", "Grüne Äpfel im Oktoberregen", "x7#Kq9!mZ2$vB4&w"} {
		if err := h.Check(pw, "alice@example.com", "Alice"); err != nil {
			t.Errorf("%q: %v", pw, err)
		}
	}
}

func TestHashMatchesOnlyItsPassword(t *testing.T) {
	h := password.New()
	hash, err := h.Hash(t.Context(), "lamp orbit velvet toast")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") { // the OWASP minimum
		t.Errorf("hash is %q", hash)
	}
	for pw, want := range map[string]bool{"lamp orbit velvet toast": true, "lamp orbit velvet toasT": false, "": false} {
		if got, err := h.Matches(t.Context(), pw, hash); err != nil || got != want {
			t.Errorf("%q: got %v, %v", pw, got, err)
		}
	}
}

// TestUnicodeForms enters the same letters in the forms that different devices send.
func TestUnicodeForms(t *testing.T) {
	h := password.New()
	const composed, decomposed = "Gr\u00f6\u00dfe \u00fcberall im Wald", "Gro\u0308\u00dfe u\u0308berall im Wald"
	for set, typed := range map[string]string{composed: decomposed, decomposed: composed} {
		hash, err := h.Hash(t.Context(), set)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := h.Matches(t.Context(), typed, hash); err != nil || !ok {
			t.Errorf("set as %+q, typed as %+q: %v, %v", set, typed, ok, err)
		}
	}
	// Both forms have the same length: fourteen letters are too short.
	for _, short := range []string{"\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fcabcdefg", "u\u0308u\u0308u\u0308u\u0308u\u0308u\u0308u\u0308abcdefg"} {
		var e *team.Error
		if err := h.Check(short, "alice@example.com", "Alice"); !errors.As(err, &e) || e.Code != "password_too_short" {
			t.Errorf("%+q: %v", short, err)
		}
	}
}
