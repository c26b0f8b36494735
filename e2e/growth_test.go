package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"raff/internal/rafftest"
)

// TestRepetitionDoesNotGrowTheDatabase repeats operations that leave rows behind. Their number must stay bounded.
func TestRepetitionDoesNotGrowTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		member := g.Invite(t, "bob@example.com", g.RoleID(t, "account", "member"))
		var tokens []string
		for range 40 {
			tokens = append(tokens, g.Token(t, member))
		}
		if n := askDatabase(t, g.Database, "SELECT CAST(COUNT(*) AS TEXT) FROM invitation_tokens"); n != "20" {
			t.Errorf("after fetching 40 links, %s are stored, want 20", n)
		}
		accept := func(token string) rafftest.Response {
			return g.Do(t, http.MethodPost, "/api/v1/invitations/accept", "", map[string]any{"token": token, "name": "Bob", "password": rafftest.Password})
		}
		accept(tokens[19]).Want(t, http.StatusNotFound)
		accept(tokens[20]).Want(t, http.StatusOK)

		target, _ := g.NewKeyID(t, "target", "")
		holders := func() string {
			return askDatabase(t, g.Database, "SELECT CAST(COUNT(*) AS TEXT) FROM secret_holders WHERE key_id = "+rafftest.SQLID(g.Database, target))
		}
		before := holders()
		for i := range 5 {
			id, secret := g.key(fmt.Sprintf("maker%d", i), "account.apikeys.manage")
			g.regenerate(secret, target, 0)
			g.Do(t, http.MethodDelete, "/api/v1/api-keys/"+id, g.Key, nil).Want(t, http.StatusOK)
		}
		if n := holders(); n != before {
			t.Errorf("revoked keys are still stored as holders of secrets: %s, %s before", n, before)
		}
	})
}
