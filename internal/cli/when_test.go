package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/cli"
)

// A date is a day in UTC: a range that starts with it starts at its first moment, and a range that ends with it includes
// the whole day.
func TestDurations(t *testing.T) {
	var query, body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		query, body = r.URL.Query().Get("since")+" "+r.URL.Query().Get("until"), b.String()
		answer := `{"success":true,"total":0,"data":[]}`
		if r.Method == http.MethodPost {
			answer = `{"success":true,"data":{"id":"k1","name":"ci","secret":"raff_00fake00"}}`
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = w.Write([]byte(answer))
	}))
	defer srv.Close()
	t.Setenv("RAFF_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	run := func(args ...string) {
		t.Helper()
		var out bytes.Buffer
		if got := cli.Run(t.Context(), append(args, "--api-url", srv.URL, "--api-key", "raff_00fake00"), strings.NewReader(""), &out, &out); got != 0 {
			t.Errorf("%v: exit code %d\n%s", args, got, &out)
		}
	}
	run("audit", "list", "--since", "2030-01-31", "--until", "2030-01-31")
	if query != "2030-01-31T00:00:00Z 2030-02-01T00:00:00Z" {
		t.Errorf("query of one day: %s", query)
	}
	run("audit", "list", "--since", "2030-01-31T01:00:00+01:00", "--until", "2030-01-31T12:00:00Z")
	if query != "2030-01-31T00:00:00Z 2030-01-31T12:00:00Z" {
		t.Errorf("query of two times: %s", query)
	}
	run("api-key", "create", "--name", "ci", "--expires", "2099-01-31")
	if !strings.Contains(body, `"2099-01-31T23:59:59Z"`) {
		t.Errorf("request for a key that expires on a date: %s", body)
	}
}
