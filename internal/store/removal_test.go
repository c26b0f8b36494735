package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"raff/internal/event"
	"raff/internal/operator"
	"raff/internal/store"
	"raff/internal/team"
)

// The accounts of a server are listed, searched, and removed; nothing of another account is.
func TestAccountsAreListedAndRemoved(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		ctx, port := t.Context(), store.For[operator.Tx](w.DB)
		acme := w.account
		web := w.newProject(t, "Web", "web")
		trent := w.newUser(t, "owner@example.com", "Trent")
		owner := w.person(trent, w.owner)
		owner.IsOwner = true
		w.add(t, owner)
		alice := w.newUser(t, "alice@example.com", "Alice")
		w.add(t, w.person(alice, w.basic))
		in := w.person(alice, w.viewer)
		in.ID, in.ProjectID, in.ProjectName = newID(), web.ID, web.Name
		w.add(t, in)
		w.add(t, w.keyMember(w.newKey(t, "CI"), w.admin))
		w.add(t, w.invited("bob@example.com"))
		globex := w.newAccount(t, "Globex")
		w.account = globex
		w.add(t, w.person(alice, w.basic))
		w.account = acme

		w.do(t, func(tx store.Tx) error {
			return errors.Join(tx.KnowUser(ctx, acme.ID, trent, w.at(1)), tx.KnowUser(ctx, acme.ID, alice, w.at(1)), tx.KnowUser(ctx, globex.ID, alice, w.at(1)))
		})

		list := func(f operator.AccountFilter) string {
			t.Helper()
			f.Limit = 10
			found, total, err := port.OperatedAccounts(ctx, f)
			if err != nil || total.N != len(found) {
				t.Fatalf("%+v: %d of %d, %v", f, len(found), total.N, err)
			}
			names := ""
			for _, a := range found {
				names += a.Name + " " + a.Owner.Email + ";"
			}
			return names
		}
		for f, want := range map[*operator.AccountFilter]string{
			{}:                                "Acme owner@example.com;Globex ;",
			{Query: "LOB"}:                    "Globex ;",
			{Query: "owner@"}:                 "Acme owner@example.com;",
			{Query: globex.ID}:                "Globex ;",
			{State: team.AccountActive}:       "Acme owner@example.com;Globex ;",
			{State: team.AccountDeleting}:     "",
			{Query: "x", State: "suspended"}:  "",
			{Query: "ac", State: "active"}:    "Acme owner@example.com;",
			{Query: acme.ID, State: "active"}: "Acme owner@example.com;",
		} {
			if got := list(*f); got != want {
				t.Errorf("%+v: %q, want %q", *f, got, want)
			}
		}
		in3, err := port.PersonMemberships(ctx, "alice@example.com")
		if err != nil || len(in3) != 3 || in3[0].AccountName != "Acme" || in3[0].ProjectID != "" || in3[1].ProjectName != "Web" || in3[2].AccountName != "Globex" {
			t.Errorf("memberships of alice: %+v, %v", in3, err)
		}
		if links, err := port.LinkTokensOf(ctx, acme.ID); err != nil || len(links) != 0 {
			t.Errorf("links of nobody: %+v, %v", links, err)
		}
		due := func(now time.Time) string {
			t.Helper()
			ids, err := port.AccountsToRemove(ctx, now)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(ids)
		}
		a, err := port.OperatedAccount(ctx, acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range []team.AccountState{team.AccountDeleting, team.AccountRemoving} {
			a.State, a.DeleteAt = state, w.at(1000)
			w.do(t, func(tx store.Tx) error { return tx.OperateAccount(ctx, a) })
			early := map[team.AccountState]string{team.AccountDeleting: "[]", team.AccountRemoving: "[" + acme.ID + "]"}[state]
			if got := due(w.at(999)); got != early {
				t.Errorf("%s: due before its time: %s", state, got)
			}
			if got := due(w.at(1000)); got != "["+acme.ID+"]" {
				t.Errorf("%s: due: %s", state, got)
			}
		}
		// The operator's log says that the account is to be removed; without that, PostgreSQL keeps its log.
		scheduled := event.Event{ID: newID(), AccountID: event.OperatorLog, At: w.at(900), Action: event.ActionAccountDeletionScheduled, Target: acme.Target(), Details: "{}"}
		w.do(t, func(tx store.Tx) error { return tx.InsertEvent(ctx, scheduled) })
		for more := true; more; {
			w.do(t, func(tx store.Tx) (err error) {
				more, err = tx.RemovePart(ctx, acme.ID)
				return err
			})
		}
		w.do(t, func(tx store.Tx) error { return tx.RemoveAccount(ctx, acme.ID) })
		if got := list(operator.AccountFilter{}); got != "Globex ;" {
			t.Errorf("accounts: %q", got)
		}
		if _, err := w.UserByEmail(ctx, "alice@example.com"); err != nil {
			t.Errorf("a member of another account: %v", err)
		}
		_, err = w.UserByEmail(ctx, "owner@example.com")
		wantNotFound(t, "the user who belonged to this account only", err)
	})
}
