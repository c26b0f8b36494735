package tfprovider

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"raff/api/client"
	"raff/internal/rafftest"
)

// A refusal has the missing permission, the API key, and the roles with the permission.
func TestMissingPermission(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	looker := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Looker", "slug": "looker", "scope": "account", "permissions": []string{"account.members.view", "account.roles.view"},
	}).Want(t, 201).Data(t)["id"].(string)
	hcl := using(srv.URL, srv.NewKey(t, "reports", looker), member("m", srv.RoleID(t, "account", "member"), `email = "alice@example.com"`))
	for _, words := range []string{
		"requires the permission account.members.manage or account.members.invite",
		`uses the API key "reports", which has the role Looker`,
		"System roles with account.members.manage: Admin, Owner",
	} {
		run(t, resource.TestStep{Config: hcl, ExpectError: says(words)})
	}
	// A key that may not view roles gets the missing permission, too.
	blind := using(srv.URL, srv.NewKey(t, "blind", ""), `data "raff_members" "all" {}`)
	run(t, refused(blind, `uses the API key "blind", which has no role in the account`))
}

// A role that is created in the same run is only known during the apply, and is checked then.
func TestRoleOfTheOtherScopeAtApply(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := using(srv.URL, srv.Key, role([]string{"vm.view"}, `scope = "project"`)+
		"resource \"raff_member\" \"m\" {\n  email   = \"alice@example.com\"\n  role_id = raff_role.r.id\n}\n")
	run(t,
		resource.TestStep{Config: hcl, ExpectError: says(`"Auditor" is a project role: it can be assigned in a project, not in the account.`)},
		resource.TestStep{Config: hcl, ExpectError: says(fmt.Sprintf("%s Admin", srv.RoleID(t, "account", "admin")))},
	)
}

// The email limit of a recipient is not reported as a rate limit of the API key.
func TestEmailLimitIsNotACommonCause(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"rate_limited": true, "": true, "mail_limited": false} {
		if _, common := (&session{}).causeOf(&client.Error{StatusCode: http.StatusTooManyRequests, Refusal: client.Refusal{Code: code}}); common != want {
			t.Errorf("a refusal with the code %q is a common cause: %v, want %v", code, common, want)
		}
	}
}
