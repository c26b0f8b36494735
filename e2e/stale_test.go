package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// TestNoStaleDecision takes access away on one node, in every possible way, and asks for a decision on both nodes immediately
// after the response, while others keep asking about the same subject. No decision may allow then.
func TestNoStaleDecision(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, one *rafftest.Server) {
		nodes := []*rafftest.Server{one, rafftest.Start(t, rafftest.OnDatabase(one.Database), rafftest.WithoutAccount())}
		n := trials(t, 96)
		var strikes, stale atomic.Int64
		var all sync.WaitGroup
		for w := range 4 {
			s := newStriker(t, nodes, w)
			all.Go(func() {
				for round := w; round < n; round += 4 {
					s.strike(round, &strikes, &stale)
				}
			})
		}
		all.Wait()
		t.Logf("%d strikes, %d stale allows", strikes.Load(), stale.Load())
	})
}

// striker takes the access of its own subject away.
type striker struct {
	t             *testing.T
	nodes         []*rafftest.Server
	role, weak    string
	project, name string
	asks          string // the secret of the key that asks
	asksID        string
}

func newStriker(t *testing.T, nodes []*rafftest.Server, number int) *striker {
	t.Helper()
	g := guard{nodes[0], t}
	s := &striker{t: t, nodes: nodes, name: fmt.Sprint("striker-", number)}
	s.role, s.weak = g.role(s.name, "project", "vm.view", "vm.create"), g.role(s.name+"-weak", "project", "vm.view")
	s.project = nodes[0].Do(t, "POST", "/api/v1/projects", nodes[0].Key, map[string]any{"name": s.name}).Want(t, 201).Data(t)["id"].(string)
	s.asksID, s.asks = nodes[0].NewKeyID(t, s.name+" asks", g.role(s.name+"-asks", "account", "account.decisions.evaluate"))
	return s
}

// victim is the subject of one strike: an API key with the role in the project.
type victim struct{ key, secret, member string }

// taking is a way to take access away. ask reports whether it is still there.
type taking struct {
	name string
	take func(v victim)
	ask  func(s *striker, node *rafftest.Server, v victim) bool
}

func (s *striker) call(node *rafftest.Server, method, path string, body any) rafftest.Response {
	s.t.Helper()
	r := node.Do(s.t, method, path, s.nodes[0].Key, body)
	if r.Status != 200 && r.Status != 201 {
		s.t.Errorf("%s %s: %d %s", method, path, r.Status, r.Body)
	}
	return r
}

// allowed asks for a decision. A request that is refused allows nothing.
func (s *striker) allowed(node *rafftest.Server, v victim) bool {
	r := node.Do(s.t, "POST", "/access/v1/evaluation", s.asks, fmt.Sprintf(
		`{"subject":{"type":"api_key","id":%q},"action":{"name":"vm.create"},"resource":{"type":"project","id":%q}}`, v.key, s.project))
	return r.Status == 200 && r.JSON(s.t)["decision"] == true
}

// valid asks whether the secret of the subject is valid, and grants the permission.
func (s *striker) valid(node *rafftest.Server, v victim) bool {
	r := node.Do(s.t, "POST", "/api/v1/keys/verify", s.asks, map[string]any{"key": v.secret, "project_id": s.project, "permission": "vm.create"})
	return r.Status == 200 && r.Data(s.t)["code"] == "VALID"
}

func (s *striker) takings(node *rafftest.Server) []taking {
	members := "/api/v1/projects/" + s.project + "/members/"
	decides, verifies := (*striker).allowed, (*striker).valid
	patch := func(path string, change map[string]any) { s.call(node, "PATCH", path, change) }
	return []taking{
		{"suspend", func(v victim) { patch(members+v.member, map[string]any{"status": "suspended"}) }, decides},
		{"another role", func(v victim) { patch(members+v.member, map[string]any{"role_id": s.weak}) }, decides},
		{"edit the role", func(victim) {
			patch("/api/v1/roles/"+s.role, map[string]any{"remove_permissions": []string{"vm.create"}})
		}, decides},
		{"remove", func(v victim) { s.call(node, "DELETE", members+v.member, nil) }, decides},
		{"disable", func(v victim) { patch("/api/v1/api-keys/"+v.key, map[string]any{"is_active": false}) }, decides},
		{"revoke", func(v victim) { s.call(node, "DELETE", "/api/v1/api-keys/"+v.key, nil) }, decides},
		{"expire", func(v victim) { s.expire(node, v) }, decides},
		{"disable, verified", func(v victim) { patch("/api/v1/api-keys/"+v.key, map[string]any{"is_active": false}) }, verifies},
		{"regenerate, verified", func(v victim) { s.call(node, "POST", "/api/v1/api-keys/"+v.key+"/regenerate", nil) }, verifies},
		{"suspend, verified", func(v victim) { patch(members+v.member, map[string]any{"status": "suspended"}) }, verifies},
		{"revoke the key that asks", func(victim) { patch("/api/v1/api-keys/"+s.asksID, map[string]any{"is_active": false}) }, decides},
	}
}

// expire sets an expiry in the near future and waits for it. A busy machine may reach it before the request, which is then refused.
func (s *striker) expire(node *rafftest.Server, v victim) {
	for wait := 500 * time.Millisecond; wait < time.Minute; wait *= 2 {
		ends := node.Node.Service().Now().Add(wait)
		r := node.Do(s.t, "PATCH", "/api/v1/api-keys/"+v.key, s.nodes[0].Key, map[string]any{"expires_at": ends.Format(time.RFC3339Nano)})
		if r.Status == 200 {
			rafftest.Eventually(s.t, "the key has expired", func() bool { return node.Node.Service().Now().After(ends) })
			return
		}
	}
	s.t.Error("the expiry was always in the past")
}

// strike takes access away once, on one of the nodes.
func (s *striker) strike(round int, strikes, stale *atomic.Int64) {
	node := s.nodes[round/4%2]
	all := s.takings(node)
	way := all[round/4%len(all)]
	var v victim
	k := s.call(s.nodes[0], "POST", "/api/v1/api-keys", map[string]any{"name": fmt.Sprint(s.name, " ", round)}).Data(s.t)
	v.key, v.secret = k["id"].(string), k["secret"].(string)
	v.member = s.call(s.nodes[0], "POST", "/api/v1/projects/"+s.project+"/members", map[string]any{"api_key_id": v.key, "role_id": s.role}).Data(s.t)["id"].(string)
	for _, n := range s.nodes {
		if !way.ask(s, n, v) {
			s.t.Errorf("%s: no access before the strike", way.name)
		}
	}
	var busy sync.WaitGroup
	var over atomic.Bool
	busy.Go(func() {
		for !over.Load() {
			way.ask(s, s.nodes[1], v)
		}
	})
	way.take(v)
	for _, n := range []*rafftest.Server{s.nodes[1], s.nodes[0]} {
		strikes.Add(1)
		if way.ask(s, n, v) {
			stale.Add(1)
			s.t.Errorf("%s: allowed after the response", way.name)
		}
	}
	over.Store(true)
	busy.Wait()
	switch way.name {
	case "edit the role":
		s.call(node, "PATCH", "/api/v1/roles/"+s.role, map[string]any{"add_permissions": []string{"vm.create"}})
	case "revoke the key that asks":
		s.call(node, "PATCH", "/api/v1/api-keys/"+s.asksID, map[string]any{"is_active": true})
	}
	s.nodes[0].Do(s.t, "DELETE", "/api/v1/api-keys/"+v.key, s.nodes[0].Key, nil)
}
