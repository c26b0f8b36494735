package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// One person in two resources is refused during plan, regardless of which resource exists already.
func TestOneMemberInTwoResources(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic := srv.RoleID(t, "account", "member")
	srv.Invite(t, "carol@example.com", basic)
	alice := member("alice", basic, `email = "alice@example.com"`)
	w := program(t, inBlock+alice, on(srv)...)
	const two = "Two resources are about"
	for name, hcl := range map[string]string{
		"both new":    member("one", basic, `email = "bob@example.com"`) + member("two", basic, `email = "Bob@example.com"`),
		"one is kept": alice + member("two", basic, `email = "ALICE@example.com"`),
	} {
		w.write("main.tf", required+inBlock+alice)
		w.settles()
		w.write("main.tf", required+inBlock+hcl)
		if out := flat(w.fails("plan")); strings.Count(out, two) != 1 {
			t.Errorf("%s: the plan does not say so once:\n%s", name, out)
		}
	}
	// A replacement by the same person, a rename with a moved block, and an import are allowed.
	w.write("main.tf", required+inBlock+alice)
	w.run("apply", "-auto-approve", "-replace=raff_member.alice")
	w.write("main.tf", required+inBlock+strings.Replace(alice, `"alice"`, `"again"`, 1)+`
moved {
  from = raff_member.alice
  to   = raff_member.again
}
import {
  to = raff_member.carol
  id = "carol@example.com"
}
`+member("carol", basic, `email = "carol@example.com"`))
	w.settles()
	w.run("taint", "raff_member.again")
	if out := w.run("plan"); strings.Contains(out, two) {
		t.Errorf("a tainted member is planned twice:\n%s", out)
	}
	if out := w.run("plan", "-destroy"); !strings.Contains(out, fmt.Sprintf("%d to destroy", 2)) {
		t.Errorf("the destruction is not planned:\n%s", out)
	}
}
