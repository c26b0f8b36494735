package tfprovider

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"raff/api/client"
	"raff/internal/rafftest"
)

// A refusal says what is missing, who is asking, and what would do.
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
	// Who may not see roles is told what is missing all the same.
	blind := using(srv.URL, srv.NewKey(t, "blind", ""), `data "raff_members" "all" {}`)
	run(t, refused(blind, `uses the API key "blind", which has no role in the account`))
}

// A role that is made in the same run is known only when it is handed out, and is checked then.
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

// An address that got enough mails is that address's matter, not that of the key or the pipeline.
func TestTooManyMailsAreNoFaultOfTheKey(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"rate_limited": true, "": true, "mail_limited": false} {
		if _, common := (&session{}).causeOf(&client.Error{StatusCode: http.StatusTooManyRequests, Refusal: client.Refusal{Code: code}}); common != want {
			t.Errorf("a refusal with the code %q is a cause of many: %v, want %v", code, common, want)
		}
	}
}
