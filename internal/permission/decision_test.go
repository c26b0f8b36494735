package permission_test

import (
	"slices"
	"strings"
	"testing"

	"raff/internal/permission"
)

const decisions = `
resource_types:
  - {type: record, parent: project}
  - {type: note, parent: project}
actions:
  - {name: read, permission: vm.view, resource_type: record}
  - {name: read, permission: ip.view, resource_type: note}
  - {name: look, permission: vm.view}
`

func TestResourceTypesAndActions(t *testing.T) {
	t.Parallel()
	c, err := permission.Parse([]byte(full(t) + decisions))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Declares("record") || c.Declares("project") || c.Declares("vm") {
		t.Error("the wrong types are declared")
	}
	for ask, want := range map[[2]string]string{
		{"read", "record"}: "vm.view", {"read", "note"}: "ip.view", {"read", "project"}: "", {"look", "project"}: "vm.view", {"vm.view", "note"}: "vm.view",
	} {
		got := ""
		if id, ok := c.Action(ask[0], ask[1]); ok {
			got = c.Permission(id).Name
		}
		if got != want {
			t.Errorf("%v is %q, want %q", ask, got, want)
		}
	}
	view, _ := c.Find("vm.view")
	power, _ := c.Find("vm.power")
	if got := c.ActionNames(view, "record"); !slices.Equal(got, []string{"read", "look"}) {
		t.Errorf("names %v", got)
	}
	if got := c.ActionNames(power, "record"); !slices.Equal(got, []string{"vm.power"}) {
		t.Errorf("names %v", got)
	}
	plain, err := permission.Parse([]byte(full(t)))
	if err != nil {
		t.Fatal(err)
	}
	if plain.Fingerprint() == c.Fingerprint() {
		t.Error("resource types and actions are not part of the fingerprint")
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	text := strings.Replace(full(t), "{name: vm.power}", `{name: vm.power, conditions: [
    {property: resource.properties.status, is_not: [archived, 7]}, {any: [{property: action.properties.soft, is: true}, {property: resource.properties.owner, same_as: subject.email}]}]}`, 1)
	c, err := permission.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	id, _ := c.Find("vm.power")
	holds := func(f facts) bool {
		for _, condition := range c.Permission(id).Conditions {
			if !condition.Holds(f, "") {
				return false
			}
		}
		return true
	}
	for _, tc := range []struct {
		facts facts
		want  bool
	}{
		{facts{"action.soft": permission.Bool(true)}, true},
		{facts{"action.soft": permission.Text("true")}, false},
		{facts{}, false},
		{facts{"resource.owner": permission.Text("BOB@example.com")}, true},
		{facts{"resource.owner": permission.Text("alice@example.com")}, false},
		{facts{"action.soft": permission.Bool(true), "resource.status": permission.Text("archived")}, false},
		{facts{"action.soft": permission.Bool(true), "resource.status": permission.Number(7)}, false},
		{facts{"action.soft": permission.Bool(true), "resource.status": permission.Number(8)}, true},
	} {
		if got := holds(tc.facts); got != tc.want {
			t.Errorf("%v: %v", tc.facts, got)
		}
	}
	if got := c.Properties(permission.PartResource); !slices.Equal(got, []string{"status", "owner"}) {
		t.Errorf("properties %v", got)
	}
}

type facts map[string]permission.Value

func (f facts) Property(of permission.Part, name string) permission.Value {
	return f[string(of)+"."+name]
}
func (f facts) SubjectEmail() string { return "bob@example.com" }

func TestInvalidDecisionsInCatalogs(t *testing.T) {
	t.Parallel()
	base := full(t)
	with := func(name, conditions string) string {
		return strings.Replace(base, "{name: "+name+"}", "{name: "+name+", conditions: "+conditions+"}", 1)
	}
	for want, text := range map[string]string{
		"parent must be project":                      base + "\nresource_types: [{type: record, parent: account}]",
		"cannot be declared":                          base + "\nresource_types: [{type: project, parent: project}]",
		`resource type "record" appears twice`:        base + "\nresource_types: [{type: record, parent: project}, {type: record, parent: project}]",
		"1 to 64 characters":                          base + "\nresource_types: [{type: Record, parent: project}]",
		`unknown permission "vm.vew"; did you mean`:   base + "\nactions: [{name: see, permission: vm.vew}]",
		"is the name of a permission":                 base + "\nactions: [{name: vm.view, permission: vm.power}]",
		"declare it in resource_types":                base + "\nactions: [{name: see, permission: vm.view, resource_type: record}]",
		`action "see" appears twice`:                  base + "\nactions: [{name: see, permission: vm.view}, {name: see, permission: ip.view}]",
		"with and without a resource type":            base + decisions + "  - {name: read, permission: ip.view}",
		"the server itself uses this permission":      with("account.members.manage", "[{property: action.properties.soft, is: true}]"),
		"exactly one of is, is_not and same_as":       with("vm.power", "[{property: action.properties.soft}]"),
		"property must be subject.properties.NAME":    with("vm.power", "[{property: soft, is: true}]"),
		"same_as must be subject.email":               with("vm.power", "[{property: action.properties.soft, same_as: subject.id}]"),
		"a condition has property and one of":         with("vm.power", "[{property: action.properties.soft, equals: true}]"),
		"a string, number or boolean, or a list":      with("vm.power", "[{property: action.properties.soft, is: {a: b}}]"),
		"it must have a property, or a list of tests": with("vm.power", "[{any: []}]"),
	} {
		if _, err := permission.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestBuiltInPermissions(t *testing.T) {
	t.Parallel()
	c := permission.Default()
	set, unknown := c.SetOf([]string{permission.DecisionsEvaluate})
	if unknown >= 0 || !c.GrantableSet(permission.ScopeAccount).Contains(set) || c.Scope(permission.ScopeAccount).Contains(set) {
		t.Error("a role cannot grant a built-in permission, or a list has it")
	}
	if c.Encode(set, false) != " account.decisions.evaluate " || c.Decode(c.Encode(set, false)) != set {
		t.Error("the permission is not stored as it is")
	}
	listed, err := permission.Parse([]byte(strings.Replace(full(t), "roles:\n", "  - {name: account.decisions.evaluate}\n  - {name: account.decisions.explain}\nroles:\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	manage, _ := listed.SetOf([]string{permission.MembersManage})
	if listed.Effective(manage) != manage {
		t.Error("a catalog that lists the permissions decides itself which roles have them")
	}
}
