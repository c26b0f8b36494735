package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"raff/internal/mail"
)

func TestParse(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://mail.example.com":                                     "smtp://mail.example.com:587?tls=starttls",
		"smtp://mail.example.com/":                                    "smtp://mail.example.com:587?tls=starttls",
		"smtp://mail.example.com?tls=tls":                             "smtp://mail.example.com:465?tls=tls",
		"smtp://mail.example.com?tls=none":                            "smtp://mail.example.com:25?tls=none",
		"smtp://raff:hunter2%40x@mail.example.com:2525?tls=tls":       "smtp://mail.example.com:2525?tls=tls",
		"smtp://raff:hunter2@127.0.0.1:1025?tls=none":                 "smtp://127.0.0.1:1025?tls=none",
		"smtp://raff:hunter2@localhost:1025?tls=none":                 "smtp://localhost:1025?tls=none",
		"smtp://raff%40example.com:hunter2@[::1]:1025?tls=none":       "smtp://[::1]:1025?tls=none",
		"smtp://raff:hunter2@mail.example.com:587?tls=starttls":       "smtp://mail.example.com:587?tls=starttls",
		"smtp://user:p%3Fa%23s%2Fs@mail.example.com:587?tls=starttls": "smtp://mail.example.com:587?tls=starttls",
	} {
		c, err := mail.Parse(url, "team@example.com")
		if err != nil {
			t.Errorf("%s: %v", url, err)
		} else if c.String() != want {
			t.Errorf("%s: %s, want %s", url, c, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for url, why := range map[string]string{
		"":                                   "use smtp://",
		"mail.example.com:25":                "use smtp://",
		"https://raff:hunter2@example.com":   "use smtp://",
		"smtp://raff:hunter2@":               "use smtp://",
		"smtp://raff:hunter2@host:port":      "use smtp://",
		"smtp://raff:hun%zzter2@example.com": "use smtp://",
		"smtp://raff:hunter2@example.com/inbox?tls=tls":         "use smtp://",
		"smtp://raff:hunter2@example.com?ssl=1":                 "only option",
		"smtp://raff:hunter2@example.com?tls=tls&tls=none":      "only option",
		"smtp://raff:hunter2@example.com?tls=maybe":             "starttls, tls or none",
		"smtp://raff:hunter2@example.com:0":                     "1 to 65535",
		"smtp://raff:hunter2@example.com:65536":                 "1 to 65535",
		"smtp://raff@example.com":                               "incomplete login",
		"smtp://:hunter2@example.com":                           "incomplete login",
		"smtp://raff:hunter2@example.com?tls=none":              "plain text",
		"smtp://raff:hunter2@localhost.example.com:25?tls=none": "plain text",
	} {
		_, err := mail.Parse(url, "team@example.com")
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want an error with %q", url, err, why)
		}
		if err != nil && strings.Contains(err.Error(), "hun") {
			t.Errorf("%s: the error shows the password: %v", url, err)
		}
	}
	for _, from := range []string{"", "team", "Raff team@example.com", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com"} {
		if _, err := mail.Parse("smtp://mail.example.com", from); err == nil {
			t.Errorf("sender %q was accepted", from)
		}
	}
}

func TestConfigNeverPrintsThePassword(t *testing.T) {
	c, err := mail.Parse("smtp://raff:hunter2@mail.example.com", "team@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{c, &c, struct{ C mail.Config }{c}} {
			if s := fmt.Sprintf(verb, value); strings.Contains(s, "hunter2") {
				t.Errorf("%s of %T: %s", verb, value, s)
			}
		}
	}
}
