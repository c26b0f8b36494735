package team_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"raff/internal/audit"
	"raff/internal/permission"
	"raff/internal/team"
)

// TestAccessNeverGrows makes random changes as random people and keys. After each change, new access must have been granted
// by someone who held it, or by someone who manages members to another person, which the audit log must record.
func TestAccessNeverGrows(t *testing.T) {
	all := newServices(t, plain{})
	n := 0
	allowed, refused := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		c := &crowd{house: all.again(n * 100), rt: rt}
		c.open(fmt.Sprintf("owner%d@example.com", n))
		c.gather()
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			if c.step() {
				allowed++
			} else {
				refused++
			}
		}
	})
	t.Logf("%d changes were allowed, %d refused", allowed, refused)
}

// plain stores passwords without hashing, which is slow and not the subject of this test.
type plain struct{}

func (plain) Check(string, string, string) error                      { return nil }
func (plain) Hash(_ context.Context, password string) (string, error) { return password, nil }
func (plain) Matches(_ context.Context, password, hash string) (bool, error) {
	return password == hash, nil
}

// crowd is an account with people, keys and roles with random permissions.
type crowd struct {
	*house
	rt     *rapid.T
	strict bool
	people []string          // user ids
	emails []string          // their emails, in the same order
	keys   map[string]string // secrets by id
	keyIDs []string
	roles  []string
}

var someAccount = []string{
	permission.MembersManage, permission.MembersInvite, permission.MembersRemove, permission.RolesCreate, permission.RolesManage, permission.RolesDelete,
	permission.APIKeysCreate, permission.APIKeysManage, "account.billing.manage", "account.audit.view",
}

func pick[T any](c *crowd, what string, from []T) T {
	return from[rapid.IntRange(0, len(from)-1).Draw(c.rt, what)]
}

func (c *crowd) permissions() []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(someAccount), 3, 9, rapid.ID[string]).Draw(c.rt, "permissions")
}

func (c *crowd) gather() {
	c.roles = []string{c.system("admin"), c.system("member"), c.system("owner")}
	for range 4 {
		c.roles = append(c.roles, c.role(c.permissions()...))
	}
	c.people, c.emails, c.keys = []string{c.account.OwnerUserID}, []string{c.owner.Email}, map[string]string{}
	for range 3 {
		m, p := c.join(pick(c, "role", c.roles[3:]))
		_ = c.made(c.CreateAPIKey(c.ctx(), p, team.NewAPIKey{Name: "mine", RoleID: m.Role.ID})) // those who may create keys
		c.people, c.emails = append(c.people, m.UserID), append(c.emails, m.Email)
	}
	for range 2 {
		must(0, c.made(c.CreateAPIKey(c.ctx(), c.owner, team.NewAPIKey{Name: "key", RoleID: pick(c, "role", c.roles[3:])})))
	}
	if c.strict = rapid.Bool().Draw(c.rt, "strict"); c.strict {
		must(0, c.SetStrict(c.ctx(), c.account.AccountID))
	}
}

func (c *crowd) made(k team.APIKey, secret string, err error) error {
	if err == nil {
		c.keys[k.ID], c.keyIDs = secret, append(c.keyIDs, k.ID)
	}
	return err
}

// actor is someone who can act now; nil is someone who cannot.
func (c *crowd) actor() *team.Principal {
	var p *team.Principal
	var err error
	if rapid.Bool().Draw(c.rt, "as a key") {
		p, err = c.Authenticate(c.ctx(), c.keys[pick(c, "key", c.keyIDs)])
	} else {
		p, err = c.Person(c.ctx(), c.account.AccountID, pick(c, "person", c.people))
	}
	if err != nil {
		return nil
	}
	return p
}

// holding returns the permissions of everyone: of people and invited emails by email, of keys by id. Suspended principals
// have none; invited people count as having the role, because only they decide about accepting it.
type holding map[string]permission.Set

func (c *crowd) look() (all, acting holding, members []team.Member) {
	operator := team.Operator(c.account.AccountID)
	var err error
	members, _, err = c.ListMembers(c.ctx(), operator, team.MemberFilter{Page: team.Page{Limit: 1000}})
	if err != nil {
		c.rt.Fatal(err)
	}
	active := map[string]bool{}
	for _, k := range first(c.ListAPIKeys(c.ctx(), operator, team.APIKeyFilter{Page: team.Page{Limit: 1000}})) {
		active[k.ID] = k.IsActive
	}
	all, acting = holding{}, holding{}
	for _, m := range members {
		if m.Status != team.StatusSuspended && (m.APIKeyID == "" || active[m.APIKeyID]) {
			all[nameOf(m)] = m.Role.Permissions
			if m.Status == team.StatusActive {
				acting[nameOf(m)] = m.Role.Permissions.Intersect(c.Catalog().Scope(permission.ScopeAccount))
			}
		}
	}
	return all, acting, members
}

func first[T, N any](rows []T, _ N, err error) []T { return must(rows, err) }

func nameOf(m team.Member) string {
	if m.APIKeyID != "" {
		return m.APIKeyID
	}
	return m.CanonicalEmail
}

// step makes one random change as a random principal and checks the rule. It reports whether the change was made.
func (c *crowd) step() bool {
	p := c.actor()
	if p == nil {
		return false
	}
	before, acting, members := c.look()
	who := p.Email
	if p.Type == team.TypeAPIKey {
		who = p.ID
	}
	held, _ := c.Catalog().SetOf(must(c.Whoami(c.ctx(), p)).Permissions)
	if held != acting[who] {
		c.rt.Fatalf("%s acts with %v and has %v", who, c.Catalog().Names(held), c.Catalog().Names(acting[who]))
	}
	what, err := c.act(p, members)
	after, _, _ := c.look()
	for name, now := range after {
		more := now.Minus(before[name]).Intersect(c.Catalog().Scope(permission.ScopeAccount))
		switch {
		case more.Empty():
		case err != nil:
			c.rt.Fatalf("%s was refused (%v), and %s has %v more", what, err, name, c.Catalog().Names(more))
		case name != who && more.Minus(held).Empty():
		case name != who && c.delegated(p, name, now, held):
		default:
			c.rt.Fatalf("%s by %s, who has %v: now %s has %v more", what, who, c.Catalog().Names(held), name, c.Catalog().Names(more))
		}
	}
	return err == nil
}

// delegated checks the second part of the rule.
func (c *crowd) delegated(p *team.Principal, name string, now, held permission.Set) bool {
	events := first(c.db.Events(c.ctx(), audit.Filter{AccountID: c.account.AccountID, Page: team.Page{Limit: 20}}))
	said := false
	for _, e := range events {
		said = said || e.Delegated && e.At.Equal(events[0].At)
	}
	_, isKey := c.keys[name]
	everything := c.Catalog().Scope(permission.ScopeAccount)
	return said && !isKey && !c.strict && c.Catalog().Has(held, permission.MembersManage) && now.Intersect(everything) != everything && !c.maker(p, name)
}

// maker reports whether p is a key that this person created.
func (c *crowd) maker(p *team.Principal, email string) bool {
	if p.Type != team.TypeAPIKey {
		return false
	}
	k := must(c.GetAPIKey(c.ctx(), team.Operator(c.account.AccountID), p.ID))
	i := slices.Index(c.people, k.CreatedByUser)
	return i >= 0 && c.emails[i] == email
}

// act makes a random change, and returns its description for the message of a failure.
func (c *crowd) act(p *team.Principal, members []team.Member) (what string, err error) {
	m, role := pick(c, "member", members), pick(c, "role", c.roles)
	switch what = pick(c, "what", []string{"add", "invite", "move", "wake", "suspend", "remove", "compose", "edit", "drop", "key", "wake key", "sleep key", "regenerate", "transfer"}); what {
	case "add":
		n := team.NewMember{RoleID: role}
		if key := pick(c, "key", c.keyIDs); rapid.Bool().Draw(c.rt, "a key") {
			n.APIKeyID = &key
		} else {
			user := pick(c, "person", c.people)
			n.UserID = &user
		}
		_, err = c.AddMember(c.ctx(), p, n)
	case "invite":
		c.n++
		email := pick(c, "address", append([]string{fmt.Sprintf("guest%d@example.com", c.n)}, c.emails...))
		_, err = c.AddMember(c.ctx(), p, team.NewMember{Email: &email, RoleID: role})
	case "move":
		_, err = c.UpdateMember(c.ctx(), p, "", m.ID, team.MemberChange{RoleID: &role})
	case "wake", "suspend":
		status := map[string]team.Status{"wake": team.StatusActive, "suspend": team.StatusSuspended}[what]
		_, err = c.UpdateMember(c.ctx(), p, "", m.ID, team.MemberChange{Status: &status})
	case "remove":
		_, err = c.RemoveMember(c.ctx(), p, "", m.ID, team.Removal{})
	case "compose":
		c.n++
		name := fmt.Sprintf("role-%d", c.n)
		var r team.Role
		if r, err = c.CreateRole(c.ctx(), p, team.NewRole{Name: name, Slug: name, Scope: permission.ScopeAccount, Permissions: c.permissions()}); err == nil {
			c.roles = append(c.roles, r.ID)
		}
	case "edit":
		permissions := c.permissions()
		_, err = c.UpdateRole(c.ctx(), p, role, team.RoleChange{Permissions: &permissions})
	case "drop":
		err = c.DeleteRole(c.ctx(), p, role, pick(c, "instead", c.roles), nil)
	case "key":
		err = c.made(c.CreateAPIKey(c.ctx(), p, team.NewAPIKey{Name: "key", RoleID: role}))
	case "wake key", "sleep key":
		on := what == "wake key"
		_, err = c.UpdateAPIKey(c.ctx(), p, pick(c, "key", c.keyIDs), team.APIKeyChange{IsActive: &on})
	case "regenerate":
		err = c.regenerate(p)
	case "transfer":
		_, err = c.TransferOwnership(c.ctx(), p, m.ID, team.Proof{})
	}
	return what, err
}

// regenerate shows the secret of a key to the caller, who must therefore hold everything that the key holds.
func (c *crowd) regenerate(p *team.Principal) error {
	id := pick(c, "key", c.keyIDs)
	_, secret, err := c.RegenerateAPIKey(c.ctx(), p, id, team.Regeneration{})
	if err != nil {
		return err
	}
	c.keys[id] = secret
	mine, _ := c.Catalog().SetOf(must(c.Whoami(c.ctx(), p)).Permissions)
	for _, m := range must(c.GetAPIKey(c.ctx(), team.Operator(c.account.AccountID), id)).Memberships {
		if more := m.Role.Permissions.Intersect(c.Catalog().Scope(permission.ScopeAccount)).Minus(mine); p.ID != id && !more.Empty() {
			c.rt.Fatalf("%s got the secret of a key that has %v more", p.Email, c.Catalog().Names(more))
		}
	}
	return nil
}
