package e2e

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"raff/internal/httpapi"
	"raff/internal/rafftest"
)

// TestIdempotencyOfEveryPost repeats each POST that requires a credential and compares the responses.
func TestIdempotencyOfEveryPost(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		role, viewer := g.RoleID(t, "account", "member"), g.RoleID(t, "project", "viewer")
		_, user := g.NewMember(t, "known@example.com", "Known", role)
		pending := g.Do(t, "GET", "/api/v1/members/"+g.Invite(t, "pending@example.com", role), g.Key, nil).Data(t)["invitation_id"].(string)
		idle, _ := g.NewKeyID(t, "idle", "")
		bodies := map[string]struct {
			id   string
			body any
		}{
			"addMember": {"", map[string]any{"email": "a@example.com", "role_id": role}},
			"addMembers": {"", map[string]any{"members": []any{
				map[string]any{"email": "b@example.com", "role_id": role}, map[string]any{"target_user_id": "NO-UUID", "role_id": role},
				map[string]any{"email": "b@example.com", "role_id": role}, map[string]any{"email": "nobody", "role_id": role}}}},
			"createRole":              {"", map[string]any{"name": "r", "slug": "r", "scope": "account", "permissions": []string{"account.members.view"}}},
			"createApiKey":            {"", map[string]any{"name": "k"}},
			"regenerateApiKey":        {idle, nil},
			"createAccountInvitation": {"", map[string]any{"email": "c@example.com", "role_id": role}},
			"resendInvitation":        {pending, nil},
			"createProject":           {"", map[string]any{"name": "Web"}},
			"addProjectMember":        {g.ProjectID, map[string]any{"target_user_id": user, "role_id": viewer}},
			"addProjectMembers": {g.ProjectID, map[string]any{"members": []any{
				map[string]any{"email": "e@example.com", "role_id": viewer}, map[string]any{"email": "e@example.com", "role_id": viewer}}}},
			"grantSupportAccess":      {"", map[string]any{"hours": 4}},
			"createProjectInvitation": {g.ProjectID, map[string]any{"email": "d@example.com", "role_id": viewer}},
		}
		exempt := map[string]string{
			"createInvitationLink": "mints a new link each time", "transferOwnership": "not for keys",
			"verifyKey": "changes nothing", "previewRole": "changes nothing", "verifySession": "changes nothing",
		}
		for _, r := range httpapi.Routes() {
			post, listed := bodies[r.Operation]
			switch {
			case r.Method != http.MethodPost || r.Open || exempt[r.Operation] != "":
				continue
			case !listed:
				t.Errorf("%s is a POST that this test does not repeat", r.Operation)
				continue
			}
			h := http.Header{"X-Api-Key": {g.Key}, "Idempotency-Key": {r.Operation}, "Content-Type": {"application/json"}}
			path := strings.Replace(r.Pattern, "{id}", post.id, 1)
			events := count(t, g.Server, "")
			first := g.Send(t, "POST", path, h, post.body).Want(t, r.Status)
			made := count(t, g.Server, "")
			again := g.Send(t, "POST", path, h, post.body).Want(t, r.Status)
			if made == events || count(t, g.Server, "") != made {
				t.Errorf("%s: %d, %d, %d events: the repeated request had an effect", r.Operation, events, made, count(t, g.Server, ""))
			}
			if bytes.Contains(first.Body, []byte(`"secret":"raff_`)) {
				if !bytes.Contains(again.Body, []byte(`"secret":""`)) {
					t.Errorf("%s: the repeated response has a secret: %s", r.Operation, again.Body)
				}
			} else if !bytes.Equal(first.Body, again.Body) {
				t.Errorf("%s: responses differ:\n%s\n%s", r.Operation, first.Body, again.Body)
			}
			if again.Header.Get("Idempotency-Replayed") != "true" || first.Header.Get("Idempotency-Replayed") != "" {
				t.Errorf("%s: the repeated response is not marked", r.Operation)
			}
		}
	})
}

func TestConcurrentRepetitionsCreateOneKey(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		h := func() http.Header {
			return http.Header{"X-Api-Key": {srv.Key}, "Idempotency-Key": {"same"}, "Content-Type": {"application/json"}}
		}
		statuses := parallel(30, func(int) int {
			return srv.Send(t, "POST", "/api/v1/api-keys", h(), map[string]any{"name": "ci"}).Status
		})
		if statuses[201] != 30 {
			t.Errorf("statuses: %v, want 30 × 201", statuses)
		}
		if n := count(t, srv, "api_key.created"); n != 2 { // the Owner key is one
			t.Errorf("%d keys were created, want one", n-1)
		}
	})
}
