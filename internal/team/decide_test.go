package team_test

import (
	"testing"
	"time"

	"raff/internal/permission"
	"raff/internal/team"
)

// decideCatalog has a permission with a condition, in addition to the default ones.
func decideCatalog(tb testing.TB) *permission.Catalog {
	tb.Helper()
	d := permission.Default()
	all := append(d.Permissions(""), permission.Permission{
		Name: "vm.resize", Scope: permission.ScopeProject,
		Conditions: []permission.Condition{{Any: []permission.Test{
			{Part: permission.PartResource, Name: "status", IsNot: []permission.Value{permission.Text("locked")}},
			{Part: permission.PartSubject, Name: "role", Is: []permission.Value{permission.Text("operator")}},
		}}},
	})
	c, err := permission.NewCatalog(all, d.SystemRoles())
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

type facts map[string]permission.Value

func (f facts) Property(of permission.Part, name string) permission.Value {
	return f[string(of)+"."+name]
}
func (f facts) SubjectEmail() string { return "bob@example.com" }

func TestDecide(t *testing.T) {
	t.Parallel()
	c := decideCatalog(t)
	id := func(name string) permission.ID {
		id, ok := c.Find(name)
		if !ok {
			t.Fatalf("no permission %s", name)
		}
		return id
	}
	grant := func(names ...string) team.Grant {
		set, _ := c.SetOf(names)
		return team.Grant{Status: team.StatusActive, Permissions: set, RoleSlug: "some"}
	}
	with := func(g team.Grant, change func(*team.Grant)) team.Grant { change(&g); return g }
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	soon, past := now.Add(time.Hour), now.Add(-time.Hour)
	owner := team.Grant{Status: team.StatusActive, Owner: true, RoleSlug: "owner"}
	suspended := func(g *team.Grant) { g.Status = team.StatusSuspended }
	vm := grant("vm.view", "vm.resize")
	for name, tc := range map[string]struct {
		grants team.Grants
		name   string
		in     team.Where
		facts  permission.Facts
		want   team.Reason
		until  time.Time
	}{
		"a role of the project":                          {team.Grants{Project: vm}, "vm.view", team.InProject, nil, team.ReasonGranted, time.Time{}},
		"a role without it":                              {team.Grants{Project: vm}, "vm.delete", team.InProject, nil, team.ReasonMissing, time.Time{}},
		"no membership":                                  {team.Grants{}, "vm.view", team.InProject, nil, team.ReasonMissing, time.Time{}},
		"a project's permission for the account":         {team.Grants{Account: owner}, "vm.view", team.InAccount, nil, team.ReasonScope, time.Time{}},
		"an account's permission for a project":          {team.Grants{Account: grant("account.audit.view")}, "account.audit.view", team.InProject, nil, team.ReasonGranted, time.Time{}},
		"the Owner":                                      {team.Grants{Account: owner}, "vm.delete", team.InProject, nil, team.ReasonGranted, time.Time{}},
		"an Owner role that ends":                        {team.Grants{Account: with(owner, func(g *team.Grant) { g.Ends = soon })}, "vm.delete", team.InProject, nil, team.ReasonGranted, soon},
		"an Owner role that ends, and a project role":    {team.Grants{Account: with(owner, func(g *team.Grant) { g.Ends = soon }), Project: vm}, "vm.view", team.InProject, nil, team.ReasonGranted, time.Time{}},
		"an Owner role that has ended":                   {team.Grants{Account: with(owner, func(g *team.Grant) { g.Ends = now })}, "vm.delete", team.InProject, nil, team.ReasonExpired, time.Time{}},
		"a role that has ended":                          {team.Grants{Project: with(vm, func(g *team.Grant) { g.Ends = past })}, "vm.view", team.InProject, nil, team.ReasonExpired, time.Time{}},
		"suspended in the account":                       {team.Grants{Account: with(grant(), suspended), Project: vm}, "vm.view", team.InProject, nil, team.ReasonSuspended, time.Time{}},
		"suspended in the project":                       {team.Grants{Project: with(vm, suspended)}, "vm.view", team.InProject, nil, team.ReasonSuspended, time.Time{}},
		"pending":                                        {team.Grants{Project: with(vm, func(g *team.Grant) { g.Status = team.StatusPending })}, "vm.view", team.InProject, nil, team.ReasonPending, time.Time{}},
		"a disabled key":                                 {team.Grants{Project: vm, Disabled: true}, "vm.view", team.InProject, nil, team.ReasonKeyDisabled, time.Time{}},
		"an expired key":                                 {team.Grants{Project: vm, Ends: past}, "vm.view", team.InProject, nil, team.ReasonKeyExpired, time.Time{}},
		"a key that expires before its role":             {team.Grants{Project: with(vm, func(g *team.Grant) { g.Ends = soon.Add(1) }), Ends: soon}, "vm.view", team.InProject, nil, team.ReasonGranted, soon},
		"a condition without properties":                 {team.Grants{Project: vm}, "vm.resize", team.InProject, nil, team.ReasonGranted, time.Time{}},
		"a condition that does not hold":                 {team.Grants{Project: vm}, "vm.resize", team.InProject, facts{"resource.status": permission.Text("locked")}, team.ReasonCondition, time.Time{}},
		"a condition by the subject's role":              {team.Grants{Project: with(vm, func(g *team.Grant) { g.RoleSlug = "operator" })}, "vm.resize", team.InProject, facts{"resource.status": permission.Text("locked")}, team.ReasonGranted, time.Time{}},
		"a condition by a property of the request":       {team.Grants{Project: vm}, "vm.resize", team.InProject, facts{"resource.status": permission.Text("locked"), "subject.role": permission.Text("operator")}, team.ReasonGranted, time.Time{}},
		"a condition for the Owner":                      {team.Grants{Account: owner}, "vm.resize", team.InProject, facts{"resource.status": permission.Text("locked")}, team.ReasonCondition, time.Time{}},
		"an implied permission":                          {team.Grants{Account: grant("account.members.manage")}, "account.decisions.evaluate", team.InAccount, nil, team.ReasonGranted, time.Time{}},
		"an implied permission without what implies it":  {team.Grants{Account: grant("account.members.view")}, "account.decisions.evaluate", team.InAccount, nil, team.ReasonMissing, time.Time{}},
		"a built-in permission that the role grants":     {team.Grants{Account: grant("account.decisions.evaluate")}, "account.decisions.evaluate", team.InAccount, nil, team.ReasonGranted, time.Time{}},
		"a built-in permission beside the one it grants": {team.Grants{Account: grant("account.decisions.evaluate")}, "account.decisions.explain", team.InAccount, nil, team.ReasonMissing, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := team.Decide(c, &tc.grants, id(tc.name), tc.in, tc.facts, now)
			if d.Reason != tc.want || d.Allowed != (tc.want == team.ReasonGranted) || !d.Until.Equal(tc.until) {
				t.Errorf("got %v %s until %v, want %s until %v", d.Allowed, d.Reason, d.Until, tc.want, tc.until)
			}
		})
	}
}

// question is a decision with a condition, which finds the permission by name like a request does.
func question(tb testing.TB) func() team.Decision {
	c := decideCatalog(tb)
	set, _ := c.SetOf([]string{"vm.view", "vm.resize"})
	g := &team.Grants{
		Account: team.Grant{Status: team.StatusActive},
		Project: team.Grant{Status: team.StatusActive, Permissions: set, RoleSlug: "operator", Ends: time.Now().Add(time.Hour)},
	}
	var f permission.Facts = facts{"resource.status": permission.Text("locked")}
	now := time.Now()
	return func() team.Decision {
		id, _ := c.Action("vm.resize", permission.TypeProject)
		return team.Decide(c, g, id, team.InProject, f, now)
	}
}

func TestDecideAllocatesNothing(t *testing.T) {
	ask := question(t)
	if d := ask(); !d.Allowed {
		t.Fatalf("%+v", d)
	}
	if n := testing.AllocsPerRun(1000, func() { ask() }); n != 0 {
		t.Errorf("%v allocations per decision, want none", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	ask := question(b)
	b.ReportAllocs()
	for b.Loop() {
		ask()
	}
}
