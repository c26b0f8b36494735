package web_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// through sends all requests of a browser from a network address and with a user agent, behind a proxy that reports them.
type through struct{ address, userAgent string }

func (th through) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", th.address)
	r.Header.Set("User-Agent", th.userAgent)
	return http.DefaultTransport.RoundTrip(r)
}

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	safari  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)

// Events have the network address and the browser of the client that caused them: in the API, on the page and in the export.
func TestEventsHaveTheirOrigin(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200, "Password set")
		memberID, userID := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		alice := newBrowser(t, srv.URL)
		alice.client.Transport = through{"203.0.113.7", firefox}
		alice.open(t, "/sign-in").submitTo(t, "/sign-in", "email", "alice@example.com", "password", rafftest.Password)
		alice.open(t, "/roles/new").submitTo(t, "/roles", "name", "Auditors", "permission", "account.audit.view").shows(t, 200, "Role created.")
		for i, address := range []string{"198.51.100.1", "198.51.100.2", "198.51.100.2"} {
			thief := newBrowser(t, srv.URL)
			thief.client.Transport = through{address, safari}
			thief.open(t, "/sign-in").submitTo(t, "/sign-in", "email", "alice@example.com", "password", strings.Repeat("wrong", 4+i))
		}

		role := actions(t, srv, srv.Key, "role.created")[0]
		if role["address"] != "203.0.113.7" || role["user_agent"] != firefox {
			t.Errorf("event of a browser: address %v, user agent %v", role["address"], role["user_agent"])
		}
		srv.NewKey(t, "deploy", srv.RoleID(t, "account", "member"))
		key := actions(t, srv, srv.Key, "api_key.created")[0]
		if key["address"] != "127.0.0.1" || key["user_agent"] != nil {
			t.Errorf("event of an API key: address %v, user agent %v", key["address"], key["user_agent"])
		}
		failed := 0.0
		soon(t, "failed sign-ins", func() bool {
			failed = 0
			for _, e := range actions(t, srv, srv.Key, "user.sign_in_failed") {
				failed += e["details"].(map[string]any)["attempts"].(float64)
				if e["user_agent"] != safari || !strings.HasPrefix(e["address"].(string), "198.51.100.") {
					t.Errorf("event of a failed sign-in: address %v, user agent %v", e["address"], e["user_agent"])
				}
			}
			return failed > 0
		})

		alice.open(t, "/audit?action=role.created").shows(t, 200, "Network address 203.0.113.7", "Browser Firefox on Linux")
		alice.fetch(t, "GET", srv.URL+"/audit?action=role.created", nil, in("de")).shows(t, 200, "Browser Firefox unter Linux")
		alice.fetch(t, "GET", srv.URL+"/audit?target="+userID, nil, in("de")).shows(t, 200, "Browser Safari auf iPhone")
		alice.open(t, "/audit?action=api_key.created").shows(t, 200, "Network address 127.0.0.1").lacks(t, "Browser")
		alice.open(t, "/members/"+memberID).shows(t, 200, "Changes to this membership", "What this person did", "Their sign-ins, password and second factors")
		alice.open(t, "/audit?target="+userID).shows(t, 200, "Someone who was not signed in failed to sign in as alice@example.com", "Browser Safari on iPhone", "signed in")

		rows, err := csv.NewReader(strings.NewReader(alice.open(t, "/audit/export?format=csv&action=role.created").source)).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("export: %v, %v", rows, err)
		}
		for name, want := range map[string]string{"address": "203.0.113.7", "user_agent": firefox} {
			if i := slices.Index(rows[0], name); i < 0 || rows[1][i] != want {
				t.Errorf("%s in the export: %v", name, rows)
			}
		}
		if rows[0][0] != "created_at" {
			t.Errorf("first column of the export: %s", rows[0][0])
		}

		alice.open(t, "/profile").shows(t, 200, "Firefox on Linux", "from 203.0.113.7")
		srv.Advance(2 * 60e9)
		alice.client.Transport = through{"203.0.113.99", firefox}
		alice.open(t, "/profile")
		alice.open(t, "/profile").shows(t, 200, "from 203.0.113.99").lacks(t, "203.0.113.7")
	}, rafftest.BehindProxy())
}
