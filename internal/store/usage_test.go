package store_test

import (
	"fmt"
	"testing"

	"raff/internal/operator"
	"raff/internal/store"
	"raff/internal/team"
)

// What several servers counted adds up, whatever they store again, and stays the same when ids become numbers.
func TestUsageAddsUp(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		ctx, port := t.Context(), store.For[operator.Tx](w.DB)
		globex := w.newAccount(t, "Globex")
		alice, bob, key := newID(), newID(), newID()
		add := func(all ...operator.Activity) {
			t.Helper()
			if err := port.AddUsage(ctx, all); err != nil {
				t.Fatal(err)
			}
		}
		add(operator.Activity{Day: 10, AccountID: w.account.ID, Requests: 3, Members: []string{alice}, APIKeys: []string{key}},
			operator.Activity{Day: 10, AccountID: globex.ID, Requests: 1}, operator.Activity{Day: 10, AccountID: newID(), Requests: 1, Members: []string{alice}})
		add(operator.Activity{Day: 10, AccountID: w.account.ID, Requests: 4, Decisions: 2, Members: []string{alice, bob}},
			operator.Activity{Day: 11, AccountID: w.account.ID, Requests: 1, Members: []string{alice}})
		days := func() (out string) {
			t.Helper()
			all, err := port.UsageOf(ctx, w.account.ID, 0, 20)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range all {
				out += fmt.Sprint(u.Day.Unix()/86400, ": ", u.Members, " ", u.APIKeys, " ", u.Requests, " ", u.Decisions, "; ")
			}
			return out
		}
		const want = "10: 2 1 7 2; 11: 1 0 1 0; "
		if got := days(); got != want {
			t.Errorf("the days: %s", got)
		}
		if by, err := port.UsageBy(ctx, w.account.ID, alice); err != nil || len(by) != 2 {
			t.Errorf("the days of alice: %+v, %v", by, err)
		}
		for range 2 {
			if more, err := port.FoldUsage(ctx, 11); err != nil || more {
				t.Error(more, err)
			}
			if got := days(); got != want {
				t.Errorf("the days without ids: %s", got)
			}
		}
		// What a server stores days later adds requests. Whether its people were counted is not known any more.
		add(operator.Activity{Day: 10, AccountID: w.account.ID, Requests: 5, Members: []string{alice}, APIKeys: []string{key}})
		for range 2 {
			if _, err := port.FoldUsage(ctx, 11); err != nil {
				t.Error(err)
			}
			if got := days(); got != "10: 2 1 12 2; 11: 1 0 1 0; " {
				t.Errorf("the days after a late addition: %s", got)
			}
		}
		if by, err := port.UsageBy(ctx, w.account.ID, alice); err != nil || len(by) != 1 {
			t.Errorf("the days of alice without ids: %+v, %v", by, err)
		}
		on, total, err := port.UsageOn(ctx, 10, team.Page{Limit: 1})
		if err != nil || total.N != 2 || len(on) != 1 || on[0].AccountID != w.account.ID || on[0].AccountName != w.account.Name || on[0].Members != 2 {
			t.Errorf("on a day: %+v, %+v, %v", on, total, err)
		}
		on, _, err = port.UsageOn(ctx, 10, team.Page{Limit: 2, After: &team.Cursor{At: on[0].Day, ID: on[0].AccountID}})
		if err != nil || len(on) != 1 || on[0].AccountID != globex.ID {
			t.Errorf("the next page: %+v, %v", on, err)
		}
		if more, err := port.ForgetUsage(ctx, 11); err != nil || more || days() != "11: 1 0 1 0; " {
			t.Error(more, err, days())
		}
	})
}
