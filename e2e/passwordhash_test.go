package e2e

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// The program hashes passwords with the full cost, unlike the servers that tests start in their own process.
func TestProgramHashesPasswordsSlowly(t *testing.T) {
	t.Parallel()
	p := launch(t, "sqlite:"+filepath.Join(t.TempDir(), "raff.db"))
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {p.URL}}
	p.Send(t, "POST", strings.TrimPrefix(p.OwnerLink, p.URL), h, url.Values{"name": {"Trent"}, "password": {rafftest.Password}}.Encode())
	hash := askDatabase(t, p.Database, "SELECT COALESCE(password_hash, '') FROM users WHERE email = 'owner@example.com'")
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(hash, want) {
		t.Errorf("the hash begins with %.40q, want %q", hash, want)
	}
}
