package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"raff/internal/rafftest"
)

// TestMembershipHasOneHistory lets clients of two nodes change, read and use one membership concurrently. There must be an
// order of all operations in which every response is correct (linearizability).
func TestMembershipHasOneHistory(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, one *rafftest.Server) {
		two := rafftest.Start(t, rafftest.OnDatabase(one.Database))
		g := guard{one, t}
		roles := []string{g.role("strong", "account", "account.members.view", "account.roles.create"), g.role("weak", "account", "account.roles.view")}
		steps, rounds := 0, max(1, trials(t, 200)/100)
		for round := range rounds {
			id, secret := one.NewKeyID(t, fmt.Sprintf("key-%d", round), "")
			h := &history{nodes: []*rafftest.Server{one, two}, owner: one.Key, keyID: id, secret: secret, roles: roles}
			all := h.play(t, 6, 25)
			steps += len(all)
			if found, info := porcupine.CheckOperationsVerbose(h.model(), all, time.Minute); found != porcupine.Ok {
				var longest []porcupine.Operation
				for _, some := range info.PartialLinearizationsOperations()[0] {
					if len(some) > len(longest) {
						longest = some
					}
				}
				for _, op := range longest[max(0, len(longest)-12):] {
					t.Logf("in order: %7d–%7d µs %+v: %+v", op.Call/1000, op.Return/1000, op.Input, op.Output)
				}
				for _, op := range all {
					if !slices.ContainsFunc(longest, func(o porcupine.Operation) bool { return o.Call == op.Call && o.ClientId == op.ClientId }) {
						t.Logf("fits nowhere, or later: %7d–%7d µs %+v: %+v", op.Call/1000, op.Return/1000, op.Input, op.Output)
					}
				}
				t.Fatalf("round %d: no order explains all responses (%s)", round, found)
			}
		}
		t.Logf("%d histories of %d steps in all have an order", rounds, steps)
	})
}

// history contains the operations on the membership of one API key.
type history struct {
	nodes         []*rafftest.Server
	owner         string
	keyID, secret string
	roles         []string // with the first one, the key may list members and create roles
	last          atomic.Value
	names         atomic.Int64
}

// move is an operation of a client, and seen is its response.
type (
	move struct{ kind, id, value string }
	seen struct {
		status           int
		id, role, member string
	}
)

// bound is the state of the membership; the zero value means that there is none.
type bound struct{ id, role, status string }

func (h *history) play(t *testing.T, clients, moves int) (all []porcupine.Operation) {
	h.last.Store("00000000-0000-7000-8000-000000000000")
	var mu sync.Mutex
	var busy sync.WaitGroup
	began := time.Now()
	for client := range clients {
		busy.Go(func() {
			for range moves {
				m := h.next()
				op := porcupine.Operation{ClientId: client, Input: m, Call: int64(time.Since(began))}
				op.Output = h.do(t, h.nodes[rand.IntN(len(h.nodes))], m)
				op.Return = int64(time.Since(began))
				mu.Lock()
				all = append(all, op)
				mu.Unlock()
			}
		})
	}
	busy.Wait()
	return all
}

func (h *history) next() move {
	id := h.last.Load().(string)
	switch n := rand.IntN(12); n {
	case 0, 1:
		return move{"add", "", h.roles[rand.IntN(2)]}
	case 2, 3:
		return move{"role", id, h.roles[rand.IntN(2)]}
	case 4, 5, 6:
		return move{"status", id, []string{"active", "suspended"}[rand.IntN(2)]}
	case 7:
		return move{"remove", id, ""}
	case 8:
		return move{"read", id, ""}
	case 9, 10:
		return move{"use", "", ""}
	}
	return move{"write", "", ""}
}

func (h *history) do(t *testing.T, srv *rafftest.Server, m move) (out seen) {
	var res rafftest.Response
	path := "/api/v1/members/" + m.id
	switch m.kind {
	case "add":
		res = srv.Do(t, "POST", "/api/v1/members", h.owner, map[string]any{"api_key_id": h.keyID, "role_id": m.value})
	case "role":
		res = srv.Do(t, "PATCH", path, h.owner, map[string]any{"role_id": m.value})
	case "status":
		res = srv.Do(t, "PATCH", path, h.owner, map[string]any{"status": m.value})
	case "remove":
		res = srv.Do(t, "DELETE", path, h.owner, nil)
	case "read":
		res = srv.Do(t, "GET", path, h.owner, nil)
	case "use":
		res = srv.Do(t, "GET", "/api/v1/members?limit=1", h.secret, nil)
	case "write":
		name := fmt.Sprintf("role-%s-%d", h.keyID, h.names.Add(1))
		res = srv.Do(t, "POST", "/api/v1/roles", h.secret, map[string]any{"name": name, "slug": name, "scope": "account", "permissions": []string{"account.members.view"}})
	}
	out.status = res.Status
	if m.id != "" && res.Status == 200 && m.kind != "remove" || res.Status == 201 && m.kind == "add" {
		row := res.Data(t)
		out.id, out.role, out.member = row["id"].(string), row["role_id"].(string), row["status"].(string)
		h.last.Store(out.id)
	}
	return out
}

// model returns the effect of an operation on the membership, and its response.
func (h *history) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return bound{} },
		Step: func(state, input, output any) (bool, any) {
			now, m, out := state.(bound), input.(move), output.(seen)
			if m.kind == "add" {
				if now.id != "" {
					return out.status == 409, now
				}
				return out.status == 201 && out.role == m.value, bound{out.id, m.value, "active"}
			}
			if m.kind == "use" || m.kind == "write" {
				return out.status == h.answer(now, m.kind), now
			}
			if m.id != now.id {
				return out.status == 404, now
			}
			switch m.kind {
			case "remove":
				return out.status == 200, bound{}
			case "role":
				now.role = m.value
			case "status":
				now.status = m.value
			}
			return out == seen{200, now.id, now.role, now.status}, now
		},
	}
}

// answer returns the status of a request with the key itself.
func (h *history) answer(now bound, kind string) int {
	switch {
	case now.role != h.roles[0], now.status != "active":
		return 403
	case kind == "write":
		return 201
	}
	return 200
}
