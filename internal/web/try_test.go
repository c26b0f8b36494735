package web_test

import (
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"raff/internal/rafftest"
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

// TestTryInTheAccountOfTheForm switches the account in another window between the check of the form and the request: the request is
// refused, because its changes would be in the account that the user switched to.
func TestTryInTheAccountOfTheForm(t *testing.T) {
	var between atomic.Pointer[func()]
	o := newOffice(t, rafftest.WithMachineClock(func() time.Time {
		// The API asks for the time before it reads the session.
		if f := between.Load(); f != nil {
			calls := make([]uintptr, 50)
			frames := runtime.CallersFrames(calls[:runtime.Callers(0, calls)])
			for more := true; more; {
				var c runtime.Frame
				c, more = frames.Next()
				if strings.Contains(c.Function, "httpapi") && between.CompareAndSwap(f, nil) {
					(*f)()
				}
			}
		}
		return time.Now()
	}))
	other := o.NewAccount(t, "Other", "owner@example.com")
	form := o.owner.open(t, "/request/createProject")
	switched := func() {
		o.owner.fetch(t, http.MethodPost, o.URL+"/account", url.Values{"account": {other.AccountID}}, nil)
	}
	between.Store(&switched)
	form.submit(t, "body", `{"name": "Stray"}`).shows(t, 409, "You switched accounts", "Acme", "Other", "Nothing was changed in either account").lacks(t, "Response")
	if between.Load() != nil {
		t.Fatal("the account was not switched")
	}
	for _, key := range []string{o.Key, other.Key} {
		if n := o.Do(t, "GET", "/api/v1/projects", key, nil).Want(t, 200).JSON(t)["total"]; n != 1.0 {
			t.Errorf("an account has %v projects, want 1", n)
		}
	}
	form.submit(t, "body", `{"name": "Stray"}`).shows(t, 409, "You switched accounts")
}

// TestTryAgain sends a form several times: a form that is changed in between is another request, and an empty body can be filled in.
func TestTryAgain(t *testing.T) {
	o := newOffice(t)
	form := o.owner.open(t, "/request/createProject")
	form.submit(t, "body", "").shows(t, 200, "Response: 400", "needs a JSON object").submit(t, "body", `{"name": "First"}`).shows(t, 200, "Response: 201")
	form.submit(t, "body", `{"name": "Second"}`).shows(t, 200, "Response: 201")
	form.submit(t, "body", `{"name": "Third"}`).shows(t, 200, "Response: 201")
	form.submit(t, "body", `{"name": "Third"}`).shows(t, 200, "Response: 201")
	if n := o.Do(t, "GET", "/api/v1/projects", o.Key, nil).Want(t, 200).JSON(t)["total"]; n != 4.0 {
		t.Errorf("%v projects, want 4", n)
	}
}

// A click is one request in the usage of the account, although the page calls the API.
func TestTryIsOneRequest(t *testing.T) {
	o := newOffice(t)
	requests := func() int {
		t.Helper()
		if err := o.Node.Operator().FlushActivity(t.Context()); err != nil {
			t.Fatal(err)
		}
		days, err := o.Node.Operator().Usage(t.Context(), o.AccountID, time.Time{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, d := range days {
			n += d.Requests
		}
		return n
	}
	form := o.owner.open(t, "/request/listMembers")
	before := requests()
	const clicks = 10
	for range clicks {
		form.submit(t).shows(t, 200, "Response: 200")
	}
	// A request is counted after its response, so one may be missing, or belong to what was before.
	if n := requests() - before; n < clicks-1 || n > clicks+1 {
		t.Errorf("%d clicks count as %d requests", clicks, n)
	}
}
