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

// A server that does not support the email filter returns all members. The first of them must not be mistaken for the
// named member, because the command may remove it.
func TestEmailResolution(t *testing.T) {
	var removed []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := `{"success":true,"total":2,"data":[{"id":"m1","email":"alice@example.com"},{"id":"m2","email":"bob@b\u00fccher.example"}]}`
		if r.Method == http.MethodDelete {
			removed = append(removed, r.URL.Path)
			body = `{"success":true,"message":"Member removed."}`
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Error(err)
		}
	}))
	defer srv.Close()
	t.Setenv("RAFF_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	for address, want := range map[string]int{"carol@example.com": 3, "BOB@xn--bcher-kva.example": 0} {
		var out bytes.Buffer
		args := []string{"member", "remove", address, "--force", "--api-url", srv.URL, "--api-key", "raff_00fake00"}
		if got := cli.Run(t.Context(), args, strings.NewReader(""), &out, &out); got != want {
			t.Errorf("%s: exit code %d, want %d\n%s", address, got, want, &out)
		}
	}
	if len(removed) != 1 || removed[0] != "/api/v1/members/m2" {
		t.Errorf("removed %v, want Bob only", removed)
	}
}
