package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestTryCallsTheAPIAsTheUser sends requests of the API from forms, with the session of the user: what the user may not do is refused, a
// form that is sent twice changes nothing again, and other sites cannot send one.
func TestTryCallsTheAPIAsTheUser(t *testing.T) {
	o := newOffice(t)
	_, member := o.join(t, "Max", "member")
	docs := o.Do(t, "GET", "/docs/api/members", "", nil).Want(t, 200)
	for _, path := range []string{"/request/listMembers", "/request/addMember"} {
		if !strings.Contains(string(docs.Body), `href="`+path+`"`) {
			t.Errorf("the reference does not link to %s", path)
		}
	}

	if p := o.owner.open(t, "/request/listMembers"); !strings.Contains(p.source, "<code>SOURCE:ID</code>") || strings.Contains(p.source, "`SOURCE") {
		t.Error("code in the description of a parameter is not marked up")
	}
	o.owner.open(t, "/request/addMember").lacks(t, "Website") // which is no name of a person
	list := o.owner.open(t, "/request/listMembers").shows(t, 200, "Try listMembers", "GET /api/v1/members", "principal_type", `curl -s "$RAFF_API_URL/api/v1/members"`).lacks(t, "Response")
	list.submit(t, "p_q", "max", "p_limit", "5").shows(t, 200, "Response: 200 OK", `"email": "max@example.com"`, "X-Request-Id", `members?limit=5&q=max" -H "X-API-Key: $RAFF_API_KEY"`)
	list.submit(t, "p_limit", "none").shows(t, 200, "Response: 400 Bad Request", `"field": "limit"`)
	if p := o.owner.open(t, "/request/createProject"); !strings.Contains(p.source, "{\n  &#34;name&#34;: ") {
		t.Errorf("the example of a body is on one line: %s", p.source)
	}
	change := o.owner.open(t, "/request/updateProject").shows(t, 200, "If-Match")
	change.submit(t, "p_id", o.ProjectID, "p_If-Match", `"it's old"`, "body", `{"name": "Renamed"}`).shows(t, 200, "Response: 412", `-H 'If-Match: "it'\''s old"'`)
	o.owner.open(t, "/request/createProject").lacks(t, "Idempotency-Key", "X-Project-ID")
	o.owner.open(t, "/request/getMember").submit(t, "p_id", "").shows(t, 400, "Enter id.")
	o.owner.open(t, "/request/getMember").submit(t, "p_id", "a/../$x").shows(t, 200, "Response: 4", "%24x")

	add := o.owner.open(t, "/request/createProject")
	for range 2 {
		add.submit(t, "body", `{"name": "O'Neil"}`).shows(t, 200, "Response: 201 Created", `"name": "O'Neil"`, `-d '{"name": "O'\''Neil"}'`)
	}
	if n := o.Do(t, "GET", "/api/v1/projects", o.Key, nil).Want(t, 200).JSON(t)["total"]; n != 2.0 {
		t.Errorf("the form that was sent twice made %v projects", n)
	}
	o.owner.open(t, "/audit").shows(t, 200, "Trent", "created the project O'Neil")

	form := member.open(t, "/request/createProject")
	form.submit(t, "body", `{"name": "Mine"}`).shows(t, 200, "Response: 403 Forbidden")
	fields := url.Values{"here": {o.AccountID}, "body": {`{"name": "Forged"}`}}
	other := http.Header{"Origin": {"https://example.com"}, "Sec-Fetch-Site": {"cross-site"}}
	o.owner.fetch(t, http.MethodPost, o.URL+"/request/createProject", fields, other).shows(t, 403)
	o.owner.fetch(t, http.MethodPost, o.URL+"/request/createProject", url.Values{"body": {`{"name": "Forged"}`}}, nil).shows(t, 409)
	o.owner.fetch(t, http.MethodGet, o.URL+"/request/createProject?body="+url.QueryEscape(`{"name":"Forged"}`), nil, nil).shows(t, 200).lacks(t, "Response")
	if n := o.Do(t, "GET", "/api/v1/projects", o.Key, nil).Want(t, 200).JSON(t)["total"]; n != 2.0 {
		t.Errorf("another site made a project: %v", n)
	}
	open(t, o.URL+"/request/listMembers").shows(t, 200, "Sign in")
	o.owner.open(t, "/request/acceptInvitation").shows(t, 404)
	o.owner.open(t, "/request/nothing").shows(t, 404)
}
