package permission_test

import (
	"strings"
	"testing"

	"raff/internal/permission"
)

// The counts are part of the contract.
func TestDefaultCatalog(t *testing.T) {
	c := permission.Default()
	for scope, want := range map[permission.Scope]int{permission.ScopeAccount: 21, permission.ScopeProject: 40} {
		if n := c.Scope(scope).Len(); n != want {
			t.Errorf("%d permissions of scope %s, want %d", n, scope, want)
		}
	}
	want := map[string]int{
		"account/owner": 21, "account/admin": 15, "account/billing": 2, "account/member": 3,
		"project/project-admin": 40, "project/operator": 29, "project/project-member": 11, "project/viewer": 9,
	}
	for _, r := range c.SystemRoles() {
		name := string(r.Scope) + "/" + r.Slug
		if len(r.Permissions) != want[name] {
			t.Errorf("%s has %d permissions, want %d", name, len(r.Permissions), want[name])
		}
		delete(want, name)
	}
	if len(want) != 0 {
		t.Errorf("missing roles: %v", want)
	}
}

func TestInvalidCatalogs(t *testing.T) {
	for name, text := range map[string]string{
		"is missing":                    "permissions: [{name: account.members.view}]",
		"appears twice":                 "permissions: [{name: a.b}, {name: a.b}]",
		"1 to 256":                      "roles: {}",
		"the word all":                  "roles: {account: [{slug: x, permissions: everything}]}",
		`unknown permission "a.b"`:      full(t) + "\n    - {slug: odd, name: Odd, permissions: [a.b]}",
		"of another scope":              full(t) + "\n    - {slug: odd, name: Odd, permissions: [account.members.view]}",
		"unknown permission":            full(t) + "\n    - {slug: odd, name: Odd, permissions: {all_except: [a.b]}}",
		`the account role "owner" with`: strings.Replace(full(t), "permissions: all}", "permissions: [account.members.view]}", 1),
	} {
		if _, err := permission.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want an error with %q, got %v", name, err)
		}
	}
}

// full is the text of the default catalog, which ends with the list of project roles.
func full(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("permissions:\n")
	for _, p := range permission.Default().Permissions("") {
		b.WriteString("  - {name: " + p.Name + "}\n")
	}
	b.WriteString("roles:\n  account:\n    - {slug: owner, name: Owner, permissions: all}\n    - {slug: boss, name: Boss, permissions: [account.members.manage]}\n  project:\n    - {slug: viewer, name: Viewer, permissions: [vm.view]}")
	return b.String()
}

// The fingerprint is compared with the catalog of the database, so it must not change with an upgrade.
func TestFingerprintIsStable(t *testing.T) {
	if got, want := permission.Default().Fingerprint(), "47881cd3f1f08c6f7ef2dc6a80265ab7222713b276e06b74b82f96d87f693459"; got != want {
		t.Errorf("the fingerprint of the default catalog is %s, want %s", got, want)
	}
}

// Otherwise, every set of permissions that was ever used would stay in memory.
func TestDecodedSetsAreEvicted(t *testing.T) {
	c := permission.Default()
	all := c.Permissions("")
	for i := range 20_000 {
		text := " "
		for bit := range 15 {
			if i&(1<<bit) != 0 {
				text += all[bit].Name + " "
			}
		}
		if got, want := c.Decode(text), strings.Fields(text); got.Len() != len(want) {
			t.Fatalf("%q was decoded as %v", text, c.Names(got))
		}
	}
	if n := c.KeptSets(); n > 4096 {
		t.Errorf("%d sets are kept", n)
	}
}
