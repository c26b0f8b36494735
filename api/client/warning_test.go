package client_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"raff/api/client"
)

func TestWarningAboutPlainHTTP(t *testing.T) {
	for url, want := range map[string]bool{
		"http://raff.example.com": true, "http://10.0.0.1:8080": true, "HTTP://[2001:db8::1]": true, "http://localhost.example.com": true,
		"https://raff.example.com": false, "http://127.0.0.1:8080": false, "http://[::1]:8080": false, "http://localhost:8080": false, "http://LocalHost": false,
	} {
		var said []string
		if _, err := client.New(url, fakeKey, client.WithWarnings(func(m string) { said = append(said, m) })); err != nil {
			t.Fatal(err)
		}
		if (len(said) == 1) != want || len(said) > 1 {
			t.Errorf("%s: warned %q, want a warning: %v", url, said, want)
		}
		if strings.Contains(strings.Join(said, ""), fakeKey) {
			t.Errorf("%s: the warning shows the key", url)
		}
	}
}

func TestWarningIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	for range 3 {
		for _, opts := range [][]client.Option{nil, {client.WithWarnings(nil)}} {
			if _, err := client.New("http://once.example.com", fakeKey, opts...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := client.New("http://once.example.com:81", ""); err != nil { // no API key, so no warning
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "plain HTTP"); n != 1 {
		t.Errorf("%d warnings, want 1:\n%s", n, log.String())
	}
}
