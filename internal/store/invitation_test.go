package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/outbox"
	"raff/internal/store"
	"raff/internal/team"
)

func invitedComesBack(t *testing.T, w *world) {
	bob := w.newUser(t, "inviter@example.com", "Inviter")
	m := w.invited("carol@example.com")
	i := m.Invitation
	i.InvitedBy, i.InvitedByUser, i.ExpiresAt, i.CreatedAt, i.UpdatedAt = bob.ID, bob.ID, w.at(7), w.at(8), w.at(9)
	w.add(t, m)
	w.do(t, func(tx store.Tx) error {
		if err := tx.AddToken(w.ctx, team.InvitationToken{Hash: hash("first"), AccountID: w.account.ID, InvitationID: i.ID}, w.at(1)); err != nil {
			return err
		}
		if err := tx.ReplaceTokens(w.ctx, i.ID); err != nil {
			return err
		}
		return tx.AddToken(w.ctx, team.InvitationToken{Hash: hash("second"), AccountID: w.account.ID, InvitationID: i.ID, FetchedBy: "someone"}, w.at(2))
	})

	// A membership and its invitation each have fields of the other.
	i.CanonicalEmail, i.MemberStatus, i.Role = m.CanonicalEmail, m.Status, m.Role
	same(t, "pending member", m)(w.Member(w.ctx, w.account.ID, "", m.ID))
	full := *i
	account, _ := w.Account(w.ctx, w.account.ID)
	full.AccountName, full.AccountState, full.InviterName, full.InviterEmail = account.Name, account.State, bob.Name, bob.Email
	same(t, "invitation", full)(w.Invitation(w.ctx, w.account.ID, i.ID))
	same(t, "invitations sent by", []team.Invitation{full})(w.InvitationsSentBy(w.ctx, w.account.ID, bob.ID))
	for token, current := range map[string]bool{"first": false, "second": true} {
		got, cur, err := w.InvitationByToken(w.ctx, hash(token))
		same(t, "invitation by "+token+" token", full)(got, err)
		if cur.Stale == current {
			t.Errorf("%s token: current %v", token, cur)
		}
	}
	token := team.InvitationToken{Hash: hash("second"), AccountID: w.account.ID, InvitationID: i.ID, FetchedBy: "someone"}
	same(t, "token", token)(tokenOf(w, "second"))
	if err := w.ReplaceFetchedTokens(w.ctx); err != nil {
		t.Fatal(err)
	}
	token.Stale = true
	same(t, "token once mail is sent", token)(tokenOf(w, "second"))
	w.do(t, func(tx store.Tx) error {
		return tx.AddToken(w.ctx, team.InvitationToken{Hash: hash("mailed"), AccountID: w.account.ID, InvitationID: i.ID, Mailed: true}, w.at(3))
	})
	if err := w.ReplaceFetchedTokens(w.ctx); err != nil {
		t.Fatal(err)
	}
	same(t, "mailed token", team.InvitationToken{Hash: hash("mailed"), AccountID: w.account.ID, InvitationID: i.ID, Mailed: true})(tokenOf(w, "mailed"))
	_, _, err := w.InvitationByToken(w.ctx, hash("third"))
	wantNotFound(t, "invitation by unknown token", err)
	_, err = w.Invitation(w.ctx, newID(), i.ID)
	wantNotFound(t, "invitation of another account", err)

	// The invitation of a removed member remains, so that its link can say why it no longer works.
	w.do(t, func(tx store.Tx) error {
		if err := must(tx.CloseInvitation(w.ctx, *i, team.InvitationCancelled, w.at(11))); err != nil {
			return err
		}
		return tx.DeleteMember(w.ctx, m)
	})
	got, _, err := w.InvitationByToken(w.ctx, hash("second"))
	if err != nil || got.State != team.InvitationCancelled || got.Role.ID != "" {
		t.Errorf("invitation of a removed member: %+v, %v", got, err)
	}
}

func messageComesBack(t *testing.T, w *world) {
	m := w.add(t, w.invited("erin@example.com"))
	msg := team.Message{
		ID: newID(), Kind: team.MessageInvitation, AccountID: w.account.ID, InvitationID: m.Invitation.ID, Attempts: 2, NextAt: w.at(5), CreatedAt: w.at(1), LastError: "refused",
	}
	w.do(t, func(tx store.Tx) error { return tx.InsertMessage(w.ctx, msg) })
	lease := func(at time.Time, want ...team.Message) {
		t.Helper()
		same(t, "leased", want)(w.leaseAll(at))
	}
	lease(w.at(4))
	lease(w.at(5), msg)
	lease(w.at(6)) // a worker is sending it
	lease(w.at(5).Add(time.Minute), msg)
	msg.Attempts, msg.NextAt, msg.LastError = 3, w.at(7), "timeout"
	w.do(t, func(tx store.Tx) error { return tx.UpdateMessage(w.ctx, msg) })
	lease(w.at(7), msg)
	w.do(t, func(tx store.Tx) error { return tx.DeleteMessagesOf(w.ctx, *m.Invitation) })
	w.do(t, func(tx store.Tx) error { return tx.UpdateMessage(w.ctx, msg) }) // from the worker that was sending it
	lease(w.at(8).Add(time.Hour))
}

// leaseAll leases all messages that are due, for a minute.
func (w *world) leaseAll(at time.Time) (all []team.Message, err error) {
	after := ""
	for {
		m, err := w.LeaseMessage(w.ctx, outbox.Lease{Now: at, Until: at.Add(time.Minute), After: after})
		if err != nil {
			if team.IsNotFound(err) {
				err = nil
			}
			return all, err
		}
		all, after = append(all, m), m.AccountID
	}
}

// TestMessagesOfAccountsAlternate: one account has queued many messages, two others one each, and the newest message is for a password.
func TestMessagesOfAccountsAlternate(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		accounts := []string{w.account.ID, newID(), newID()}
		w.do(t, func(tx store.Tx) error {
			for n, account := range []string{accounts[0], accounts[0], accounts[0], accounts[0], accounts[1], accounts[2], ""} {
				msg := team.Message{ID: newID(), Kind: team.MessageInvitation, AccountID: account, InvitationID: newID(), NextAt: w.at(n), CreatedAt: w.start}
				if account == "" {
					msg.Kind, msg.InvitationID, msg.Address = team.MessagePassword, "", "bob@example.com"
				}
				if err := tx.InsertMessage(w.ctx, msg); err != nil {
					return err
				}
			}
			return nil
		})
		lease := outbox.Lease{Now: w.at(10), Until: w.at(10).Add(time.Minute), UrgentOnly: true}
		if got, err := w.LeaseMessage(w.ctx, lease); err != nil || got.Kind != team.MessagePassword {
			t.Fatalf("first: %+v, %v; want the password mail", got, err)
		}
		if got, err := w.LeaseMessage(w.ctx, lease); !team.IsNotFound(err) {
			t.Fatalf("a worker for urgent mails took %+v, %v", got, err)
		}
		list, err := w.leaseAll(w.at(10))
		if err != nil || len(list) != 6 {
			t.Fatalf("%d more, %v", len(list), err)
		}
		first := map[string]bool{}
		for _, msg := range list[:3] {
			first[msg.AccountID] = true
		}
		if len(first) != 3 {
			t.Errorf("the first three messages are from %d accounts", len(first))
		}
		for i, msg := range list[3:] {
			if msg.AccountID != accounts[0] || !msg.NextAt.Equal(list[3].NextAt) && msg.NextAt.Before(list[2+i].NextAt) {
				t.Errorf("later mail %d: %+v", i, msg)
			}
		}
	})
}

func TestTakeLimit(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		limits := []team.Limit{{Subject: "a", Every: time.Second, Burst: 5}, {Subject: "b", Every: time.Minute, Burst: 3}}
		take := func(after time.Duration, n, want int) {
			t.Helper()
			w.do(t, func(tx store.Tx) error {
				got, err := tx.TakeLimit(w.ctx, limits, n, w.start.Add(after))
				if got != want {
					t.Errorf("after %s took %d of %d, want %d", after, got, n, want)
				}
				return err
			})
		}
		wait := func(after time.Duration, n int, want time.Duration) {
			t.Helper()
			if got, err := w.LimitWait(w.ctx, limits, n, w.start.Add(after)); err != nil || got != want {
				t.Errorf("after %s: wait %s for %d, %v; want %s", after, got, n, err, want)
			}
		}
		wait(0, 3, 0)
		wait(0, 4, time.Minute)
		take(0, 2, 2)
		take(0, 4, 1)
		take(0, 1, 0)
		wait(0, 1, time.Minute)
		wait(10*time.Second, 2, 110*time.Second)
		take(time.Minute, 9, 1)
		w.do(t, func(tx store.Tx) error { return tx.RefundLimit(w.ctx, limits, 1) })
		take(time.Minute, 9, 1)
		failed := errors.New("rolled back")
		if err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
			if n, err := tx.TakeLimit(w.ctx, limits, 1, w.start.Add(2*time.Minute)); n != 1 || err != nil {
				t.Errorf("took %d, %v", n, err)
			}
			return failed
		}); !errors.Is(err, failed) {
			t.Error(err)
		}
		take(2*time.Minute, 1, 1)
		take(time.Hour, 9, 3)

		var mu sync.Mutex
		all := 0
		parallel(8, func(int) {
			if err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
				n, err := tx.TakeLimit(w.ctx, []team.Limit{{Subject: "c", Every: time.Hour, Burst: 10}}, 3, w.start)
				if err == nil {
					mu.Lock()
					all += n
					mu.Unlock()
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
		if all != 10 {
			t.Errorf("eight took %d together, want 10", all)
		}
	})
}

func TestConcurrentLeases(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		const messages, workers = 60, 6
		w.do(t, func(tx store.Tx) error {
			for range messages {
				if err := tx.InsertMessage(w.ctx, team.Message{
					ID: newID(), Kind: team.MessageInvitation, AccountID: w.account.ID, InvitationID: newID(), NextAt: w.start, CreatedAt: w.start,
				}); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		taken := map[string]int{}
		parallel(workers, func(int) {
			for range messages {
				msg, err := w.LeaseMessage(w.ctx, outbox.Lease{Now: w.at(1), Until: w.at(1).Add(time.Minute)})
				if team.IsNotFound(err) {
					return
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				taken[msg.ID]++
				mu.Unlock()
			}
		})
		if len(taken) != messages {
			t.Errorf("%d of %d messages were leased", len(taken), messages)
		}
		for id, n := range taken {
			if n != 1 {
				t.Errorf("message %s was leased %d times", id, n)
			}
		}
	})
}

func TestInvitationTransitions(t *testing.T) {
	const queued, sent, failed, declined, accepted, cancelled = team.InvitationQueued, team.InvitationSent, team.InvitationFailed,
		team.InvitationDeclined, team.InvitationAccepted, team.InvitationCancelled
	onEach(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			from, to team.InvitationState
			want     bool
		}{
			{queued, accepted, true}, {sent, accepted, true}, {failed, accepted, true}, {failed, declined, true}, {sent, cancelled, true},
			{declined, cancelled, true}, {declined, accepted, false}, {declined, declined, false},
			{accepted, cancelled, false}, {accepted, declined, false}, {accepted, accepted, false}, {cancelled, accepted, false},
		} {
			m := w.invited(newID() + "@example.com")
			m.Invitation.State = c.from
			w.add(t, m)
			w.do(t, func(tx store.Tx) error {
				ok, err := tx.CloseInvitation(w.ctx, *m.Invitation, c.to, w.at(5))
				if ok != c.want {
					t.Errorf("%s to %s: %v", c.from, c.to, ok)
				}
				return err
			})
			want := c.from
			if c.want {
				want = c.to
			}
			if i, err := w.Invitation(w.ctx, w.account.ID, m.Invitation.ID); err != nil || i.State != want {
				t.Errorf("%s to %s: %s, %v", c.from, c.to, i.State, err)
			}
		}
		// News of a mail changes nothing that was decided meanwhile; sending again takes up what was declined.
		for _, c := range []struct {
			from, to team.InvitationState
			want     bool
		}{{queued, sent, true}, {declined, sent, false}, {accepted, sent, false}, {cancelled, queued, false}, {declined, queued, true}} {
			m := w.invited(newID() + "@example.com")
			m.Invitation.State = c.from
			w.add(t, m)
			m.Invitation.State = c.to
			err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return tx.UpdateInvitation(w.ctx, *m.Invitation) })
			if (err == nil) != c.want || err != nil && !team.IsNotFound(err) {
				t.Errorf("update %s to %s: %v", c.from, c.to, err)
			}
		}
	})
}

func TestConcurrentClaims(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		m := w.add(t, w.invited("alice@example.com"))
		u := w.newUser(t, "bob@example.com", "Bob")
		w.do(t, func(tx store.Tx) error {
			return tx.InsertLinkToken(w.ctx, team.LinkToken{Hash: hash("link"), UserID: u.ID, ExpiresAt: w.at(1)})
		})
		for name, closing := range map[string]func(tx store.Tx) (bool, error){
			"accept": func(tx store.Tx) (bool, error) {
				return tx.CloseInvitation(w.ctx, *m.Invitation, team.InvitationAccepted, w.at(5))
			},
			"use link": func(tx store.Tx) (bool, error) { return tx.UseLinkToken(w.ctx, hash("link"), w.at(5)) },
		} {
			var won atomic.Int32
			parallel(50, func(int) {
				err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
					ok, err := closing(tx)
					if ok {
						won.Add(1)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			if won.Load() != 1 {
				t.Errorf("%s: %d of 50 succeeded", name, won.Load())
			}
		}
	})
}

func TestRemoveStale(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		before, at := w.start.Add(30*24*time.Hour), w.start.Add(60*24*time.Hour)
		old, young := before.Add(-time.Microsecond), before
		stale := map[string]team.Member{}
		kept := map[string]team.Member{}
		add := func(to map[string]team.Member, name string, state team.InvitationState, change func(m *team.Member)) {
			m := w.invited(name + "@example.com")
			m.Invitation.State, m.Invitation.ExpiresAt, m.Invitation.UpdatedAt = state, young, young
			change(&m)
			to[name] = w.add(t, m)
			w.do(t, func(tx store.Tx) error {
				return tx.AddToken(w.ctx, team.InvitationToken{Hash: hash(name), AccountID: w.account.ID, InvitationID: m.Invitation.ID}, w.start)
			})
		}
		add(stale, "expired", team.InvitationSent, func(m *team.Member) { m.Invitation.ExpiresAt = old })
		add(stale, "held", team.InvitationQueued, func(m *team.Member) { m.Invitation.ExpiresAt, m.Status = old, team.StatusSuspended })
		add(stale, "declined", team.InvitationDeclined, func(m *team.Member) { m.Invitation.UpdatedAt = old })
		add(kept, "open", team.InvitationSent, func(*team.Member) {})
		add(kept, "just-declined", team.InvitationDeclined, func(m *team.Member) { m.Invitation.ExpiresAt = old })
		accepted := w.invited("accepted@example.com")
		accepted.Invitation.State, accepted.Invitation.UpdatedAt, accepted.Invitation.ExpiresAt = team.InvitationAccepted, old, old
		w.add(t, accepted)
		u := w.newUser(t, "bob@example.com", "Bob")
		w.do(t, func(tx store.Tx) error {
			for name, l := range map[string]team.LinkToken{"used": {ExpiresAt: young, UsedAt: old}, "late": {ExpiresAt: old}, "good": {ExpiresAt: young}} {
				l.Hash, l.UserID = hash(name), u.ID
				if err := tx.InsertLinkToken(w.ctx, l); err != nil {
					return err
				}
			}
			return nil
		})

		n, err := w.RemoveStale(w.ctx, before, func() time.Time { return at })
		if err != nil || n != len(stale) {
			t.Fatalf("removed %d, %v; want %d", n, err, len(stale))
		}
		for name, m := range stale {
			_, err := w.Member(w.ctx, w.account.ID, "", m.ID)
			wantNotFound(t, name, err)
			_, _, err = w.InvitationByToken(w.ctx, hash(name))
			wantNotFound(t, "token of "+name, err)
			events, total, err := w.Events(w.ctx, audit.Filter{AccountID: w.account.ID, Action: "invitation.removed", TargetID: m.ID})
			if err != nil || total.N != 1 || !events[0].At.Equal(at) || events[0].ActorType != event.Operator || events[0].TargetName != m.Email {
				t.Errorf("%s: events %+v, %v", name, events, err)
			}
		}
		for name, m := range kept {
			if _, err := w.Member(w.ctx, w.account.ID, "", m.ID); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err = w.Invitation(w.ctx, w.account.ID, accepted.Invitation.ID)
		wantNotFound(t, "old accepted invitation", err)
		if _, err := w.Member(w.ctx, w.account.ID, "", accepted.ID); err != nil {
			t.Errorf("member with an old accepted invitation: %v", err)
		}
		for name, there := range map[string]bool{"used": false, "late": false, "good": true} {
			if _, err := w.LinkToken(w.ctx, hash(name)); (err == nil) != there {
				t.Errorf("link token %s: %v", name, err)
			}
		}
		if n, err := w.RemoveStale(w.ctx, before, func() time.Time { return at }); n != 0 || err != nil {
			t.Errorf("removed %d more, %v", n, err)
		}
	})
}

func TestOffers(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		web, api := w.newProject(t, "Web", "web"), w.newProject(t, "API", "api")
		offer := func(name string, p team.Project, micros int, change func(*team.Invitation)) {
			m := w.invited(name + "@example.com")
			m.ProjectID, m.CreatedAt = p.ID, w.at(micros)
			i := m.Invitation
			i.ProjectID, i.CreatedAt, i.ExpiresAt = p.ID, w.at(micros), w.at(1000)
			if p.ID != "" {
				m.Role = w.viewer
			}
			if change != nil {
				change(i)
			}
			w.add(t, m)
		}
		account := team.Project{}
		offer("alice", account, 1, nil)
		offer("bob", web, 2, func(i *team.Invitation) { i.State = team.InvitationFailed })
		offer("carol", api, 3, func(i *team.Invitation) { i.ExpiresAt = w.at(500) })
		offer("dave", account, 4, func(i *team.Invitation) { i.State = team.InvitationDeclined; i.ExpiresAt = w.at(500) })
		offer("erin", web, 5, func(i *team.Invitation) { i.State = team.InvitationSent })
		offer("gone", web, 6, func(i *team.Invitation) { i.State = team.InvitationCancelled })
		acme := w.account
		w.account = w.newAccount(t, "Globex")
		offer("elsewhere", account, 7, nil)
		w.account = acme

		for name, c := range map[string]struct {
			filter team.OfferFilter
			want   string
			counts team.OfferCounts
		}{
			"everywhere":  {team.OfferFilter{Everywhere: true}, "erin dave carol bob alice", team.OfferCounts{Pending: 3, People: 3, Failed: 1, Expired: 1, Declined: 1}},
			"pending":     {team.OfferFilter{Everywhere: true, State: team.InvitationSent}, "erin bob alice", team.OfferCounts{Pending: 3, People: 3, Failed: 1, Expired: 1, Declined: 1}},
			"failed":      {team.OfferFilter{Everywhere: true, State: team.InvitationFailed}, "bob", team.OfferCounts{Pending: 3, People: 3, Failed: 1, Expired: 1, Declined: 1}},
			"expired":     {team.OfferFilter{Everywhere: true, State: team.InvitationExpired}, "carol", team.OfferCounts{Pending: 3, People: 3, Failed: 1, Expired: 1, Declined: 1}},
			"declined":    {team.OfferFilter{Everywhere: true, State: team.InvitationDeclined}, "dave", team.OfferCounts{Pending: 3, People: 3, Failed: 1, Expired: 1, Declined: 1}},
			"one project": {team.OfferFilter{Places: []string{web.ID}}, "erin bob", team.OfferCounts{Pending: 2, People: 2, Failed: 1}},
			"two places":  {team.OfferFilter{Places: []string{api.ID, w.account.ID}}, "dave carol alice", team.OfferCounts{Pending: 1, People: 1, Expired: 1, Declined: 1}},
			"nowhere":     {team.OfferFilter{}, "", team.OfferCounts{}},
			"by address":  {team.OfferFilter{Everywhere: true, Query: "BO"}, "bob", team.OfferCounts{Pending: 1, People: 1, Failed: 1}},
			"by nobody's": {team.OfferFilter{Everywhere: true, Query: "%"}, "", team.OfferCounts{}},
		} {
			f := c.filter
			f.CountPeople = true
			f.AccountID, f.Now, f.Limit = w.account.ID, w.at(500), 2
			counts, err := w.OfferCounts(w.ctx, f)
			if err != nil || counts != c.counts {
				t.Errorf("%s: counts %+v, want %+v; %v", name, counts, c.counts, err)
			}
			got, want := []string{}, strings.Fields(c.want)
			for {
				rows, total, err := w.Offers(w.ctx, f)
				if err != nil || total.N != len(want) {
					t.Fatalf("%s: total %d, want %d; %v", name, total.N, len(want), err)
				}
				for _, i := range rows {
					got = append(got, strings.TrimSuffix(i.Email, "@example.com"))
				}
				if len(rows) < 2 {
					break
				}
				f.After = &team.Cursor{At: rows[1].CreatedAt, ID: rows[1].ID}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	})
}

func tokenOf(w *world, name string) (team.InvitationToken, error) {
	_, t, err := w.InvitationByToken(w.ctx, hash(name))
	return t, err
}
