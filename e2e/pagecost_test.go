package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// TestPagesTakeFewStatements counts the statements of each page of the dashboard on PostgreSQL: a page must not send a query for
// each row or button.
func TestPagesTakeFewStatements(t *testing.T) {
	t.Parallel()
	m := newMeter(t, rafftest.PostgresURL(t))
	srv := rafftest.Start(t, rafftest.OnDatabase(m.URL))
	member, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	alice, user := srv.NewMember(t, "alice@example.com", "Alice", member)
	for i := range 3 {
		p := srv.Do(t, http.MethodPost, "/api/v1/projects", srv.Key, map[string]any{"name": fmt.Sprintf("Project %d", i)}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, http.MethodPost, "/api/v1/projects/"+p+"/members", srv.Key, map[string]any{"target_user_id": user, "role_id": viewer}).Want(t, 201)
	}
	srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "admin"))
	admin := srv.SignIn(t, "bob@example.com")
	key, _ := srv.NewKeyID(t, "deploy", member)
	for path, most := range map[string]int64{
		"/members": 8, "/overview": 18, "/members/" + alice: 12, "/invitations": 8, "/projects": 8, "/projects/" + srv.ProjectID: 12, "/roles": 8, "/roles/" + member: 8,
		"/keys": 8, "/keys/" + key: 10, "/keys/new": 8, "/audit": 8, "/settings": 12, "/profile": 8,
	} {
		get := func() { srv.Do(t, http.MethodGet, path, admin, nil).Want(t, http.StatusOK) }
		statements, waits := m.taken(get)
		for tries := 0; tries < 20 && statements > most; tries++ { // those of background work are counted, too
			time.Sleep(200 * time.Millisecond)
			statements, waits = m.taken(get)
		}
		t.Logf("%s: %d statements, %d waits", path, statements, waits)
		if statements > most {
			t.Errorf("%s takes %d statements, want at most %d", path, statements, most)
		}
	}
}
