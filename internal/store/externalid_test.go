package store_test

import (
	"testing"

	"github.com/google/uuid"

	"raff/internal/store"
	"raff/internal/team"
)

// The external ids of all objects of a page are read together, and an account that never had one says so in the row that
// every request reads anyway.
func TestExternalIDsAreReadTogether(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		flag := func(want bool) {
			t.Helper()
			a, err := w.Account(w.ctx, w.account.ID)
			if err != nil || a.HasExternalIDs != want {
				t.Errorf("the account: %+v, %v; want %v", a, err, want)
			}
		}
		flag(false)
		ids := make([]string, 500)
		for i := range ids {
			ids[i] = uuid.NewString()
		}
		set := func(kind, value, object string) {
			t.Helper()
			x := team.ExternalID{AccountID: w.account.ID, Kind: kind, Source: "okta", Value: value, ObjectID: object, CreatedAt: w.start}
			if err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { _, err := tx.InsertExternalID(w.ctx, x); return err }); err != nil {
				t.Fatal(err)
			}
		}
		set("record", "r", ids[0])
		flag(false) // a resource is not an object with external ids of its own
		for i := range 100 {
			set(team.ExternalMember, ids[i], ids[i])
		}
		flag(true)
		var seen store.Statements
		seen.Watch(w.DB)
		for _, n := range []int{1, 50, 500} {
			before := seen.Number()
			found, err := w.ExternalIDsOf(w.ctx, w.account.ID, ids[:n])
			if err != nil || len(found) != min(n, 100) {
				t.Errorf("%d of %d found, %v", len(found), n, err)
			}
			if sent := seen.Number() - before; sent != 1 {
				t.Errorf("%d statements for %d objects", sent, n)
			}
		}
	})
}
