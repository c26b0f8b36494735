package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
	"raff/internal/signin"
)

// TestNodesWithDifferentClocks runs three nodes on one database, two of them with clocks that are years off. What one node
// creates must be valid on the others for the right time, nothing may be removed early, and no email may be sent twice.
func TestNodesWithDifferentClocks(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); nodesWhoseClocksDiffer(t) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); nodesWhoseClocksDiffer(t, rafftest.OnPostgres(t)) })
}

func nodesWhoseClocksDiffer(t *testing.T, on ...rafftest.Option) {
	const years = 3 * 365 * 24 * time.Hour
	box := rafftest.StartSMTP(t)
	start := func(off time.Duration, more ...rafftest.Option) *rafftest.Server {
		clock := func() time.Time { return time.Now().Add(off) }
		return rafftest.Start(t, append(more, rafftest.WithSMTP(box.URL()), rafftest.WithMachineClock(clock))...)
	}
	right := start(0, on...)
	ahead, behind := start(years, rafftest.OnDatabase(right.Database)), start(-years, rafftest.OnDatabase(right.Database))
	nodes := []*rafftest.Server{right, ahead, behind}
	role := right.RoleID(t, "account", "member")
	if err := right.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, right.OwnerLink), Name: "Owner", Password: rafftest.Password}); err != nil {
		t.Fatal(err)
	}
	for i, from := range nodes {
		name := fmt.Sprint("node", i)
		session := from.SignIn(t, "owner@example.com")
		expires := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		key := from.Do(t, "POST", "/api/v1/api-keys", right.Key, map[string]any{"name": name, "role_id": role, "expires_at": expires}).Want(t, 201).Data(t)
		once := http.Header{"X-Api-Key": {right.Key}, "Content-Type": {"application/json"}, "Idempotency-Key": {name}}
		project := map[string]any{"name": name}
		first := from.Send(t, "POST", "/api/v1/projects", once, project).Want(t, 201)
		var members []string
		for j := range nodes {
			members = append(members, from.Do(t, "POST", "/api/v1/members", right.Key, map[string]any{"email": fmt.Sprintf("%s-%d@example.com", name, j), "role_id": role}).Want(t, 201).Data(t)["id"].(string))
		}
		for _, n := range nodes {
			for range 2 {
				if removed, err := n.Node.Service().CleanUp(t.Context()); err != nil || removed != 0 {
					t.Errorf("%d invitations were cleaned up, %v", removed, err)
				}
				if _, err := n.Node.Audit().Seal(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
		for j, to := range nodes {
			to.Do(t, "GET", "/api/v1/whoami", session, nil).Want(t, 200)
			to.Do(t, "GET", "/api/v1/whoami", key["secret"].(string), nil).Want(t, 200)
			if again := to.Send(t, "POST", "/api/v1/projects", once, project).Want(t, 201); !bytes.Equal(again.Body, first.Body) {
				t.Errorf("the response to the repeated request is different: %s", again.Body)
			}
			email := fmt.Sprintf("%s-%d@example.com", name, j)
			token := rafftest.TokenOf(t, box.Wait(t, email).Link(t))
			to.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": token, "name": "Alice", "password": rafftest.Password}).Want(t, 200)
			m := to.Do(t, "GET", "/api/v1/members/"+members[j], right.Key, nil).Want(t, 200).Data(t)
			for _, field := range []string{"created_at", "accepted_at"} {
				if at, err := time.Parse(time.RFC3339, m[field].(string)); err != nil || time.Since(at).Abs() > time.Hour {
					t.Errorf("%s is %v: %v", field, m[field], err)
				}
			}
			if n := box.Attempts(email); n != 1 {
				t.Errorf("%s got %d emails", email, n)
			}
		}
	}
	events := right.Do(t, "GET", "/api/v1/audit-events?limit=1000", right.Key, nil).Want(t, 200)
	for _, year := range []string{fmt.Sprint(time.Now().Year() + 3), fmt.Sprint(time.Now().Year() - 3)} {
		if strings.Contains(string(events.Body), `"created_at":"`+year) {
			t.Errorf("an event has the year %s", year)
		}
	}
}
