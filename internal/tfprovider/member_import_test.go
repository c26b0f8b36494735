package tfprovider

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

func TestMemberImport(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	role := srv.RoleID(t, "account", "member")
	_, carol := srv.NewMember(t, "carol@example.com", "Carol", role)
	key, _ := srv.NewKeyID(t, "reports", "")
	srv.Do(t, "DELETE", "/api/v1/members/"+memberOf(t, srv, "carol@example.com"), srv.Key, nil).Want(t, 200)
	hcl := using(srv.URL, srv.Key,
		member("alice", role, `email = "alice@example.com"`)+
			member("carol", role, fmt.Sprintf("target_user_id = %q", carol))+
			member("key", role, fmt.Sprintf("api_key_id = %q", key)))
	by := func(address string, id func() string) []resource.TestStep {
		fn := func(*terraform.State) (string, error) { return id(), nil }
		return []resource.TestStep{
			// The plan must only have the import.
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateIdFunc: fn},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateIdFunc: fn},
		}
	}
	is := func(id string) func() string { return func() string { return id } }
	steps := []resource.TestStep{{Config: hcl}}
	steps = append(steps, by("raff_member.alice", func() string { return memberOf(t, srv, "alice@example.com") })...)
	steps = append(steps, by("raff_member.alice", is("ALICE@example.com"))[1:]...)
	steps = append(steps, by("raff_member.carol", is("user:"+carol))...)
	steps = append(steps, by("raff_member.key", is("api_key:"+key))...)
	for id, words := range map[string]string{
		"nobody@example.com": "The account has no member with the email nobody@example.com",
		"user:" + key:        "The account has no member that is the user",
		carol:                "For the ID of a user or an API key, use user:",
		"alice":              "is not the ID of a member",
	} {
		steps = append(steps, resource.TestStep{
			ResourceName: "raff_member.alice", ImportState: true, ImportStateId: id, ExpectError: says(words),
		})
	}
	run(t, steps...)
}

func memberOf(t *testing.T, srv *rafftest.Server, email string) string {
	t.Helper()
	rows := srv.Do(t, "GET", "/api/v1/members?email="+email, srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
	if len(rows) != 1 {
		t.Fatalf("%d members with the email %s", len(rows), email)
	}
	return rows[0].(map[string]any)["id"].(string)
}
