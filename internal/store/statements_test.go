package store_test

import (
	"fmt"
	"strings"
	"testing"

	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

// maxStatementsPerAdd is how many statements adding a member by email may execute, with the authentication of the request.
const maxStatementsPerAdd = 13

// TestStatementsPerAdd counts the statements of adding a member by email, with the authentication of the request, and fails if
// the transaction executes one of them twice.
func TestStatementsPerAdd(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		var seen store.Statements
		seen.Watch(w.DB)
		limits := team.DefaultMailLimits()
		s := team.New(team.Options{
			Store: store.For[team.Tx](w.DB), Catalog: permission.Default(), PublicURL: "http://127.0.0.1", MailDelivered: true, MailLimits: &limits,
		})
		secret := "raff_" + strings.Repeat("0", 56) + "cb612bfd"
		k := w.newKey(t, "CI")
		k.Hash = team.HashOf(secret)
		w.do(t, func(tx store.Tx) error { return tx.UpdateAPIKey(w.ctx, k) })
		w.add(t, w.keyMember(k, w.admin))
		for i := range 3 {
			seen.Reset()
			p, err := s.Authenticate(w.ctx, secret)
			if err != nil {
				t.Fatal(err)
			}
			email := fmt.Sprintf("alice%d@example.com", i)
			if _, err := s.AddMember(w.ctx, p, team.NewMember{Email: &email, RoleID: w.admin.ID}); err != nil {
				t.Fatal(err)
			}
			statements := seen.Reset()
			if len(statements) > maxStatementsPerAdd {
				t.Errorf("an add executes %d statements, want at most %d", len(statements), maxStatementsPerAdd)
			}
			times := map[string]int{}
			for _, text := range statements[1:] { // the first one authenticates, before the transaction
				times[text]++
			}
			for text, n := range times {
				if n > 1 && !strings.Contains(text, " INTO limits ") { // one for each limit
					t.Errorf("an add executes %d times: %s", n, text)
				}
			}
			if i == 0 {
				t.Logf("%d statements", len(statements))
			}
		}
	})
}
