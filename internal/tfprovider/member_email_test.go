package tfprovider

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"raff/internal/rafftest"
)

// A person who changes their email stays the member that the configuration invited.
func TestMemberChangesTheirEmail(t *testing.T) {
	t.Parallel()
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()))
	role, billing := srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "billing")
	hcl := func(email string) string {
		return using(srv.URL, srv.Key, member("m", role, `email = "`+email+`"`))
	}
	var id string
	run(t,
		resource.TestStep{Config: hcl("alice@example.com"), Check: keep("raff_member.m", &id)},
		empty(hcl("alice@example.com"), func() {
			post(t, srv, "", smtp.Wait(t, "alice@example.com").Link(t), url.Values{"answer": {"accept"}, "name": {"Alice"}, "password": {rafftest.Password}})
			alice := srv.SignIn(t, "alice@example.com")
			post(t, srv, alice, srv.URL+"/profile/email", url.Values{"email": {"new@example.com"}, "current_password": {rafftest.Password}})
			post(t, srv, alice, smtp.Wait(t, "new@example.com").Link(t), url.Values{})
		}),
		planned(using(srv.URL, srv.Key, member("m", billing, `email = "alice@example.com"`)), nil, acts("raff_member.m", updated)),
		planned(hcl("new@example.com"), func() {
			r := srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil)
			if m := r.Want(t, 200).Data(t); m["email"] != "new@example.com" || m["status"] != "active" {
				t.Fatalf("the member is %v", m)
			}
		}, acts("raff_member.m", updated)),
		empty(hcl("new@example.com"), nil),
		planned(hcl("bob@example.com"), nil, acts("raff_member.m", replaced)),
	)
}

// post submits a form of the dashboard.
func post(t *testing.T, srv *rafftest.Server, cookie, link string, form url.Values) {
	t.Helper()
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {srv.URL}}
	if _, value, ok := strings.Cut(cookie, ": "); ok {
		h.Set("Cookie", value)
	}
	srv.Send(t, http.MethodPost, strings.TrimPrefix(link, srv.URL), h, form.Encode()).Want(t, http.StatusOK)
}
