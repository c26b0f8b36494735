package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"raff/api/client"
	"raff/internal/rafftest"
)

// Bob can create a VM as an Operator, but not as a Viewer. After his access is revoked, his next request is refused.
func TestPlatform(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		c, err := client.New(srv.URL, srv.NewKey(t, "vmservice", srv.RoleID(t, "account", "service")))
		if err != nil {
			t.Fatal(err)
		}
		service := httptest.NewServer(newService(c))
		t.Cleanup(service.Close)
		member, bob := srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
		_, session, _ := strings.Cut(srv.SignIn(t, "bob@example.com"), "=")
		d := srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{
			"target_user_id": bob, "role_id": srv.RoleID(t, "project", "operator"),
		}).Want(t, 201).Data(t)
		inProject := "/api/v1/projects/" + srv.ProjectID + "/members/" + d["id"].(string)

		send := func(method, path, credential, body string) int {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), method, service.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if credential != "" {
				req.Header.Set("Authorization", "Bearer "+credential)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			_, _ = io.Copy(io.Discard, res.Body)
			return res.StatusCode
		}
		want := func(what string, got, want int) {
			t.Helper()
			if got != want {
				t.Errorf("%s: status %d, want %d", what, got, want)
			}
		}
		const vms = "/projects/default/vms"
		create := func(credential string) int { return send("POST", vms, credential, `{"name": "web-1"}`) }

		want("without a credential", create(""), 401)
		want("an Operator creates a VM", create(session), 201)
		want("an Operator does not delete it", send("DELETE", vms+"/web-1", session, ""), 403)
		want("the Owner's key deletes it", send("DELETE", vms+"/web-1", srv.Key, ""), 204)

		srv.Do(t, "PATCH", inProject, srv.Key, map[string]any{"role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 200)
		want("a Viewer sees the VMs", send("GET", vms, session, ""), 200)
		want("a Viewer creates no VM", create(session), 403)
		want("there is no other project", send("GET", "/projects/other/vms", session, ""), 403)

		srv.Do(t, "DELETE", inProject, srv.Key, nil).Want(t, 200)
		want("without a role", send("GET", vms, session, ""), 403)
		srv.Do(t, "PATCH", "/api/v1/members/"+member, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		want("suspended", send("GET", vms, session, ""), 401)
		keyID, key := srv.NewKeyID(t, "robot", "")
		want("a key without a role", create(key), 403)
		srv.Do(t, "DELETE", "/api/v1/api-keys/"+keyID, srv.Key, nil).Want(t, 200)
		want("a revoked key", create(key), 401)
	}, rafftest.WithCatalog("catalog.yaml"))
}

// A service without a decision denies the request.
func TestNoDecisionDenies(t *testing.T) {
	srv := rafftest.Start(t)
	c, err := client.New(srv.URL, srv.NewKey(t, "vmservice", ""), client.WithMaxRetries(0)) // may not ask
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/projects/default/vms", nil)
	r.Header.Set("Authorization", "Bearer "+srv.Key)
	newService(c).ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", w.Code)
	}
}
