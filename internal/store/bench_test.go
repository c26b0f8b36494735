package store_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/store"
	"raff/internal/team"
)

func benchEach(b *testing.B, bench func(b *testing.B, w *world)) {
	for _, backend := range backends {
		b.Run(backend.name, func(b *testing.B) { bench(b, newWorld(b, backend.url(b))) })
	}
}

func BenchmarkKeyPrincipal(b *testing.B) {
	benchEach(b, func(b *testing.B, w *world) {
		k := w.newKey(b, "CI")
		w.add(b, w.keyMember(k, w.admin))
		b.ReportAllocs()
		for b.Loop() {
			if p, err := w.KeyPrincipal(w.ctx, k.Hash); err != nil || p.Member == nil {
				b.Fatal(p, err)
			}
		}
	})
}

func BenchmarkMember(b *testing.B) {
	benchEach(b, func(b *testing.B, w *world) {
		m := w.add(b, w.person(w.newUser(b, "alice@example.com", "Alice"), w.admin))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Member(w.ctx, w.account.ID, "", m.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMembers reads a page of 50 of 1,000 members.
func BenchmarkMembers(b *testing.B) {
	benchEach(b, func(b *testing.B, w *world) {
		w.do(b, func(tx store.Tx) error {
			for i := range 1000 {
				m := w.invited(fmt.Sprintf("m%d@example.com", i))
				if err := must(tx.InsertMember(w.ctx, m)); err != nil {
					return err
				}
			}
			return nil
		})
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := w.Members(w.ctx, team.MemberFilter{AccountID: w.account.ID, Page: team.Page{Limit: 50}}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// addLikeTheService makes the same reads and writes as adding a member by email.
func (w *world) addLikeTheService(keyHash []byte, m team.Member) error {
	return w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
		if _, err := tx.KeyPrincipal(w.ctx, keyHash); err != nil {
			return err
		}
		if _, err := tx.Role(w.ctx, w.account.ID, m.Role.ID); err != nil {
			return err
		}
		if _, err := tx.MembershipsOf(w.ctx, w.account.ID, m.CanonicalEmail); err != nil {
			return err
		}
		if err := must(tx.InsertMember(w.ctx, m)); err != nil {
			return err
		}
		if err := tx.InsertInvitation(w.ctx, *m.Invitation); err != nil {
			return err
		}
		if err := tx.InsertMessage(w.ctx, team.Message{
			ID: newID(), Kind: team.MessageInvitation, AccountID: w.account.ID, InvitationID: m.Invitation.ID, NextAt: w.start, CreatedAt: w.start,
		}); err != nil {
			return err
		}
		return w.addEvent(tx, "invitation.created")
	})
}

func BenchmarkAdd(b *testing.B) {
	benchEach(b, func(b *testing.B, w *world) {
		k := w.newKey(b, "CI")
		w.add(b, w.keyMember(k, w.admin))
		for _, clients := range []int{1, 16} {
			b.Run(fmt.Sprint("clients=", clients), func(b *testing.B) {
				var left atomic.Int64
				left.Store(int64(b.N))
				parallel(clients, func(int) {
					for left.Add(-1) >= 0 {
						if err := w.addLikeTheService(k.Hash, w.invited(newID()+"@example.com")); err != nil {
							b.Error(err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "adds/s")
			})
		}
	})
}

// BenchmarkVerifyAudit verifies a sealed and signed log of 20,000 events and reports how many it verifies per second.
func BenchmarkVerifyAudit(b *testing.B) {
	const n = 20_000
	keys, err := audit.ParseSealKeys("k1 " + strings.Repeat("ab", 32))
	if err != nil {
		b.Fatal(err)
	}
	benchEach(b, func(b *testing.B, w *world) {
		ring := audit.NewRing(keys)
		ring.Use("k1", true)
		w.SignEvents(ring.Sign)
		for range n / 1000 {
			w.do(b, func(tx store.Tx) error {
				for i := range 1000 {
					e := event.Event{
						ID: newID(), AccountID: w.account.ID, At: time.Now(), ActorType: event.User, ActorID: newID(), ActorName: "Alice Example", Action: "member.updated",
						Target: event.Target{TargetType: "member", TargetID: newID(), TargetName: "bob@example.com"}, RequestID: newID(),
						Details: fmt.Sprintf(`{"role":{"from":"member","to":"admin %d"}}`, i),
					}
					if err := tx.InsertEvent(w.ctx, e); err != nil {
						return err
					}
				}
				return nil
			})
		}
		svc := team.New(team.Options{Store: store.For[team.Tx](w.DB), Catalog: w.cat})
		log := audit.New(audit.Options{Store: store.For[audit.Tx](w.DB), Team: svc, Keys: ring})
		if _, err := log.Seal(w.ctx); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			found, err := log.Verify(w.ctx, audit.Check{})
			if err != nil || found[0].Broken != "" || found[0].Events < n {
				b.Fatal(found, err)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
