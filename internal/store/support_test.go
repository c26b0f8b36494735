package store_test

import (
	"testing"

	"raff/internal/operator"
	"raff/internal/store"
	"raff/internal/team"
)

func TestSupport(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		hash := team.HashOf
		_, err := w.SupportGrant(w.ctx, w.account.ID)
		wantNotFound(t, "no grant", err)
		k := operator.Key{ID: newID(), Name: "Desk", Scope: operator.ScopeSupport, Prefix: "rop_", Hash: hash("key"), CreatedAt: w.at(1)}
		g := team.SupportGrant{
			ID: newID(), AccountID: w.account.ID, Level: team.SupportRead, Reason: "Ticket", GrantedByType: team.TypeUser, GrantedBy: newID(), GrantedByName: "Alice",
			CreatedAt: w.at(1), ExpiresAt: w.at(100),
		}
		s := team.SupportSession{
			ID: newID(), AccountID: w.account.ID, GrantID: g.ID, OperatorKeyID: k.ID, OperatorKeyName: k.Name, Person: "Dana", Reason: "Ticket",
			CreatedAt: w.at(2), ExpiresAt: w.at(50),
		}
		w.do(t, func(tx store.Tx) error { return tx.InsertOperatorKey(w.ctx, k) })
		w.do(t, func(tx store.Tx) error { return tx.SetSupportGrant(w.ctx, g) })
		w.do(t, func(tx store.Tx) error { return tx.InsertSupportSession(w.ctx, s, hash("api"), hash("link")) })
		row := team.SupportRow{Session: s, Grant: g, Account: w.account}
		same(t, "by its credential", row)(w.SupportByHash(w.ctx, team.SupportCredential, hash("api")))
		_, err = w.SupportByHash(w.ctx, team.SupportCredential, hash("link"))
		wantNotFound(t, "the link as a credential", err)
		w.do(t, func(tx store.Tx) error {
			same(t, "by its link", row)(tx.SupportByHash(w.ctx, team.SupportLink, hash("link")))
			same(t, "the first use", true)(tx.TakeSupportLink(w.ctx, hash("link"), hash("cookie")))
			same(t, "the second use", false)(tx.TakeSupportLink(w.ctx, hash("link"), hash("cookie")))
			return nil
		})
		for _, at := range []int{30, 20} { // the earlier time arrives last
			if err := w.TouchSupport(w.ctx, map[string]team.SupportUse{s.ID: {Requests: 2, LastAt: w.at(at)}}); err != nil {
				t.Fatal(err)
			}
		}
		row.Session.Requests, row.Session.LastUsedAt = 4, w.at(30)
		same(t, "by its cookie", row)(w.SupportByHash(w.ctx, team.SupportCookie, hash("cookie")))
		same(t, "sessions", []team.SupportSession{row.Session})(w.SupportSessions(w.ctx, w.account.ID))
		same(t, "nothing expired", []string(nil))(w.ExpiredSupport(w.ctx, w.at(49)))
		same(t, "an expired session", []string{w.account.ID})(w.ExpiredSupport(w.ctx, w.at(50)))
		w.do(t, func(tx store.Tx) error { return tx.DeleteOperatorKey(w.ctx, k.ID) })
		_, err = w.SupportByHash(w.ctx, team.SupportCookie, hash("cookie"))
		wantNotFound(t, "with a revoked key", err)
		w.do(t, func(tx store.Tx) error { return tx.DeleteSupportSession(w.ctx, s.ID) })
		same(t, "an expired grant", []string{w.account.ID})(w.ExpiredSupport(w.ctx, w.at(100)))
		w.do(t, func(tx store.Tx) error { return tx.DeleteSupport(w.ctx, w.account.ID) })
		_, err = w.SupportGrant(w.ctx, w.account.ID)
		wantNotFound(t, "ended", err)
	})
}
