package authzen_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"raff/internal/rafftest"
)

// A change between two reads of a decision is not an error: the decision is made again.
func TestDecisionsDuringChanges(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		f := newFixture(t, srv)
		viewer, member := srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "account", "member")
		const keys, asked = 40, 1200
		var ids []string
		for i := range keys {
			id, _ := srv.NewKeyID(t, fmt.Sprintf("key %d", i), "")
			srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{"api_key_id": id, "role_id": viewer}).Want(t, 201)
			ids = append(ids, id)
		}
		var stop atomic.Bool
		var changes, all sync.WaitGroup
		for w := range 2 {
			changes.Go(func() {
				for i := 0; !stop.Load(); i++ {
					srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": fmt.Sprintf("p%d.%d@example.com", w, i), "role_id": member}).Want(t, 201)
				}
			})
		}
		for n := range 4 {
			all.Go(func() {
				for i := range asked / 4 {
					id := ids[(n*7+i)%keys]
					if r := srv.Do(t, "POST", "/access/v1/evaluation", f.asks, body("key "+id, "vm.view", "project", "default")); r.Status != 200 || r.JSON(t)["decision"] != true {
						t.Errorf("%d %s", r.Status, r.Body)
						return
					}
				}
			})
		}
		all.Wait()
		stop.Store(true)
		changes.Wait()
	})
}
