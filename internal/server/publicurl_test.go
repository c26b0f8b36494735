package server

import (
	"strings"
	"testing"
)

func TestPublicURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://team.example.com":      "https://team.example.com",
		"https://team.example.com/":     "https://team.example.com",
		"https://team.example.com///":   "https://team.example.com",
		"HTTPS://TEAM.Example.com":      "https://team.example.com",
		"https://team.example.com:443":  "https://team.example.com",
		"https://team.example.com:8443": "https://team.example.com:8443",
		"http://team.example.com:80/":   "http://team.example.com",
		"http://127.0.0.1:8080":         "http://127.0.0.1:8080",
		"http://[::1]:8080":             "http://[::1]:8080",
		"http://[0:0:0:0:0:0:0:1]":      "http://[::1]",
		"http://localhost:8080":         "http://localhost:8080",
		"https://Bücher.example":        "https://xn--bcher-kva.example",
		"http://raff_server:8080":       "http://raff_server:8080",
		"https://team.example.com.":     "https://team.example.com.",
		"http://node1.7up.example":      "http://node1.7up.example",
		"http://１２７.0.0.1":              "http://127.0.0.1",
	} {
		if got, err := publicURL(in); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestPublicURLRefuses(t *testing.T) {
	for in, why := range map[string]string{
		"":                                                  "is missing",
		"team.example.com":                                  "must start with https://",
		"team.example.com:8080":                             "is invalid",
		"//team.example.com":                                "must start with https://",
		"ftp://team.example.com":                            "must start with https://",
		"https:team.example.com":                            "is invalid",
		"https://":                                          "host name or address",
		"http://:8080":                                      "host name or address",
		"http://0.0.0.0:8080":                               "host name or address",
		"http://[::]:8080":                                  "host name or address",
		"http://[fe80::1%25eth0]":                           "host name or address",
		"https://team example.com":                          "is invalid",
		"https://team_.exa mple":                            "is invalid",
		" https://team.example.com":                         "spaces around it",
		"https://team.example.com\n":                        "spaces around it",
		"https://team.example.com/?a=b":                     "before the ? or #",
		"https://team.example.com?":                         "before the ? or #",
		"https://team.example.com/#f":                       "before the ? or #",
		"https://team.example.com#":                         "before the ? or #",
		"https://u:hunter2@example.com":                     "password or user name: use the form",
		"https://hunter2@example.com":                       "password or user name: use the form",
		"https://u:hun/ter2@x.example":                      "is invalid",
		"https://x.example:hunter2":                         "is invalid",
		"https://x.example:":                                "needs a port",
		"https://x!.example":                                "host name or address",
		"https://x..example":                                "host name or address",
		"https://.example":                                  "host name or address",
		"https://..":                                        "host name or address",
		"http://127.1":                                      "host name or address",
		"http://1.2.3.256":                                  "host name or address",
		"http://0x7f.0.0.0x1":                               "host name or address",
		"http://2130706433":                                 "host name or address",
		"http://0.0.0.０":                                    "host name or address",
		"https://x.example:0":                               "needs a port",
		"https://x.example:65536":                           "needs a port",
		"https://x.example/team":                            "has a path",
		"https://x.example/team/":                           "has a path",
		"https://x.example/%74eam":                          "has a path",
		"https://" + strings.Repeat("a", 64) + ".example":   "host name or address",
		"https://" + strings.Repeat("abc.", 64) + "example": "host name or address",
	} {
		got, err := publicURL(in)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %q, %v; want an error with %q", in, got, err, why)
		}
		if err != nil && (strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "ter2")) {
			t.Errorf("%q: the error shows the password: %v", in, err)
		}
	}
}

func TestExposed(t *testing.T) {
	for url, want := range map[string]bool{
		"http://team.example.com": true, "http://10.0.0.1": true, "http://[2001:db8::1]:8080": true, "http://localhost.example.com": true,
		"https://team.example.com": false, "http://localhost:8080": false, "http://app.localhost": false, "http://127.0.0.1:8080": false, "http://127.1.2.3": false, "http://[::1]:8080": false,
	} {
		if got := exposed(url); got != want {
			t.Errorf("%s: %v, want %v", url, got, want)
		}
	}
}
