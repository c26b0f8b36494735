package e2e

import (
	"strings"
	"sync"
	"testing"

	"raff/internal/rafftest"
)

// Ending support access on one node takes effect on the other, for what runs and for what begins.
func TestEndedSupportIsRefusedOnEveryNode(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, one *rafftest.Server) {
		two := rafftest.Start(t, rafftest.OnDatabase(one.Database))
		member := one.RoleID(t, "account", "member")
		for range trials(t, 10) {
			support, _ := one.Support(t, "write")
			two.Do(t, "GET", "/api/v1/members", support, nil).Want(t, 200)
			var running sync.WaitGroup
			for i := range 4 {
				running.Go(func() {
					two.Do(t, "POST", "/api/v1/members", support, map[string]any{"email": string(rune('a'+i)) + "@example.com", "role_id": member})
				})
			}
			one.Do(t, "DELETE", "/api/v1/account/support-access", one.Key, nil).Want(t, 200)
			two.Do(t, "GET", "/api/v1/members", support, nil).Want(t, 401)
			running.Wait()
			// Nothing of support is in the log after the end.
			for _, row := range one.Do(t, "GET", "/api/v1/audit-events?limit=20", one.Key, nil).Want(t, 200).JSON(t)["data"].([]any) {
				e := row.(map[string]any)
				if e["action"] == "support_access.ended" {
					break
				}
				if e["actor_type"] == "support" {
					t.Fatalf("support acted after its access ended: %v", e)
				}
			}
		}
	}, rafftest.WithOperator())
}

func TestOwnerIsToldAboutSupport(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()), rafftest.WithOperator())
	srv.Support(t, "read")
	m := smtp.WaitNotice(t, "owner@example.com", "Support opened Acme")
	for _, want := range []string{"Dana Example", "Ticket 4711", "only view it", srv.URL + "/settings"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the email lacks %q:\n%s", want, m.Text)
		}
	}
}
