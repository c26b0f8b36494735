package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raff/internal/rafftest"
)

func TestInviteAndAccept(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		email := strings.ReplaceAll(t.Name(), "/", ".") + "@example.com"
		invited := srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": email, "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
		if invited["status"] != "pending" || invited["user_id"] != nil || invited["invitation_state"] != "queued" {
			t.Errorf("invited: %v", invited)
		}
		mail := smtp.Wait(t, email)
		token := rafftest.TokenOf(t, mail.Link(t))
		path := "/api/v1/members/" + invited["id"].(string)
		rafftest.Eventually(t, "the state to become sent", func() bool {
			return srv.Do(t, "GET", path, srv.Key, nil).Data(t)["invitation_state"] == "sent"
		})
		// Mail scanners open links; that must change nothing.
		for range 3 {
			srv.Do(t, "GET", "/invite/"+token, "", nil).Want(t, 200)
		}
		accept := map[string]any{"token": token, "name": "Alice", "password": rafftest.Password}
		got := srv.Do(t, "POST", "/api/v1/invitations/accept", "", accept).Want(t, 200).Data(t)
		if got["id"] != invited["id"] || got["status"] != "active" || got["user_id"] == nil || got["accepted_at"] == nil || got["name"] != "Alice" {
			t.Errorf("accepted: %v", got)
		}
		srv.Do(t, "POST", "/api/v1/invitations/accept", "", accept).Want(t, 410)
		if read := srv.Do(t, "GET", path, srv.Key, nil).Want(t, 200).Data(t); read["id"] != invited["id"] || read["invitation_state"] != "none" {
			t.Errorf("read after acceptance: %v", read)
		}
	}, rafftest.WithSMTP(smtp.URL()))
}

func TestNoLinkForInviterWithEmail(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()))
	id := srv.Invite(t, "alice@example.com", srv.RoleID(t, "account", "member"))
	inv := srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Data(t)["invitation_id"].(string)
	if code := srv.Do(t, "POST", "/api/v1/invitations/"+inv+"/link", srv.Key, nil).Want(t, 409).JSON(t)["code"]; code != "mail_configured" {
		t.Errorf("code is %v", code)
	}
}

// TestConcurrentAccepts sends 50 concurrent accepts of one token, by a new user and then by the same user with a password.
// Attempts with a password are also slowed down like guesses, and on a slow machine some get the error that too many
// passwords are waiting to be checked.
func TestConcurrentAccepts(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.RoleID(t, "account", "member")
		for round := range 4 {
			id := srv.Invite(t, fmt.Sprintf("racer%d@example.com", round/2), role)
			body := map[string]any{"token": srv.Token(t, id), "name": "Racer", "password": rafftest.Password}
			statuses := parallel(50, func(int) int { return srv.Do(t, "POST", "/api/v1/invitations/accept", "", body).Status })
			if statuses[200] != 1 || statuses[200]+statuses[410]+statuses[409]+statuses[429]+statuses[503] != 50 {
				t.Errorf("round %d: %v, want one 200 and refusals", round, statuses)
			}
			srv.Do(t, "DELETE", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200)
		}
		if n := count(t, srv, "invitation.accepted"); n != 4 {
			t.Errorf("%d acceptances in the audit log, want 4", n)
		}
	})
}

// TestConcurrentAcceptAndCancel accepts and cancels concurrently: the result must be either an active member or none.
func TestConcurrentAcceptAndCancel(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.RoleID(t, "account", "member")
		for round := range 10 {
			id := srv.Invite(t, fmt.Sprintf("racer%d@example.com", round), role)
			inv := srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Data(t)["invitation_id"].(string)
			body := map[string]any{"token": srv.Token(t, id), "name": "Racer", "password": rafftest.Password}
			var accepted, cancelled atomic.Int32
			parallel(2, func(i int) int {
				if i == 0 {
					accepted.Store(int32(srv.Do(t, "POST", "/api/v1/invitations/accept", "", body).Status))
				} else {
					time.Sleep(time.Duration(round) * 5 * time.Millisecond)
					cancelled.Store(int32(srv.Do(t, "DELETE", "/api/v1/invitations/"+inv, srv.Key, nil).Status))
				}
				return 0
			})
			read := srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Status
			got := [3]int{int(accepted.Load()), int(cancelled.Load()), read}
			if got != [3]int{200, 404, 200} && got != [3]int{410, 200, 404} {
				t.Errorf("round %d: statuses of accept, cancel and read: %v", round, got)
			}
		}
	})
}

// TestConcurrentInvitesOfOneEmail sends 50 concurrent invitations to different spellings of one email.
func TestConcurrentInvitesOfOneEmail(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		domain := strings.ToLower(t.Name()[strings.LastIndex(t.Name(), "/")+1:]) + ".bücher.example.com"
		spellings := []string{"alice@" + domain, "ALICE@" + domain, "Alice@" + strings.ToUpper(domain), "alice@" + strings.Replace(domain, "ü", "u\u0308", 1)}
		role := srv.RoleID(t, "account", "member")
		var mu sync.Mutex
		named := map[any]bool{}
		statuses := parallel(50, func(i int) int {
			invite := func() rafftest.Response {
				return srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": spellings[i%len(spellings)], "role_id": role})
			}
			res := invite()
			for res.Status == http.StatusServiceUnavailable { // it waited too long for the others, on a busy machine
				res = invite()
			}
			body := res.JSON(t)
			mu.Lock()
			defer mu.Unlock()
			if res.Status == http.StatusConflict {
				named[body["member_id"]] = true
			} else if d, ok := body["data"].(map[string]any); ok {
				named[d["id"]] = true
			}
			return res.Status
		})
		if statuses[201] != 1 || statuses[409] != 49 {
			t.Errorf("statuses: %v, want 1 × 201 and 49 × 409", statuses)
		}
		if len(named) != 1 || named[nil] {
			t.Errorf("the responses have the members %v, want only one", named)
		}
		if n := count(t, srv, "invitation.created"); n != 1 {
			t.Errorf("%d invitations in the audit log, want 1", n)
		}
	}, rafftest.WithSMTP(smtp.URL()))
}

// parallel runs n calls concurrently and counts their statuses.
func parallel(n int, call func(i int) int) map[int]int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	counts := map[int]int{}
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			status := call(i)
			mu.Lock()
			defer mu.Unlock()
			counts[status]++
		})
	}
	close(start)
	wg.Wait()
	return counts
}

// count returns the number of audit events with this action.
func count(t *testing.T, srv *rafftest.Server, action string) (n int) {
	t.Helper()
	path := "/api/v1/audit-events?limit=1000" + strings.TrimSuffix("&action="+action, "&action=")
	for next := ""; ; {
		page := srv.Do(t, "GET", path+next, srv.Key, nil).Want(t, 200).JSON(t)
		if page["total_is"] == "exact" {
			return int(page["total"].(float64))
		}
		n += len(page["data"].([]any))
		cursor, more := page["next_cursor"].(string)
		if !more {
			return n
		}
		next = "&cursor=" + url.QueryEscape(cursor)
	}
}

func TestInvitationLifecycle(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		id := srv.Invite(t, "alice@example.com", srv.RoleID(t, "account", "member"))
		path := "/api/v1/members/" + id
		read := func() map[string]any { return srv.Do(t, "GET", path, srv.Key, nil).Want(t, 200).Data(t) }
		inv := "/api/v1/invitations/" + read()["invitation_id"].(string)
		old := srv.Token(t, id)
		accept := func(token string) rafftest.Response {
			return srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": token, "name": "Alice", "password": rafftest.Password})
		}
		// On hold: the link is refused, and only the invited person can activate the membership.
		srv.Do(t, "PATCH", path, srv.Key, map[string]any{"status": "active"}).Want(t, 409)
		srv.Do(t, "PATCH", path, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		accept(old).Want(t, 409)
		if m := srv.Do(t, "PATCH", path, srv.Key, map[string]any{"status": "active"}).Want(t, 200).Data(t); m["status"] != "pending" {
			t.Errorf("taken off hold: %v", m["status"])
		}
		// Expired: the member is the same and can still be read.
		srv.Advance(8 * 24 * time.Hour)
		accept(old).Want(t, 410)
		if m := read(); m["status"] != "pending" || m["invitation_state"] != "expired" {
			t.Errorf("after eight days: %v", m)
		}
		// Resent: there is a new token, the old one no longer works, and the id is the same.
		srv.Do(t, "POST", inv+"/resend", srv.Key, nil).Want(t, 200)
		fresh := srv.Token(t, id)
		accept(old).Want(t, 410)
		// Declined, and resent.
		srv.Do(t, "POST", "/api/v1/invitations/decline", "", map[string]any{"token": fresh}).Want(t, 200)
		accept(fresh).Want(t, 410)
		if m := read(); m["invitation_state"] != "declined" || m["status"] != "pending" {
			t.Errorf("declined: %v", m)
		}
		srv.Do(t, "POST", inv+"/resend", srv.Key, nil).Want(t, 200)
		if m := accept(srv.Token(t, id)).Want(t, 200).Data(t); m["id"] != id || m["status"] != "active" {
			t.Errorf("finally accepted: %v", m)
		}
		srv.Do(t, "POST", inv+"/resend", srv.Key, nil).Want(t, 404)
		// Removed: the user can be added again by id, and is active immediately.
		user := read()["user_id"]
		srv.Do(t, "DELETE", path, srv.Key, nil).Want(t, 200)
		srv.Do(t, "GET", path, srv.Key, nil).Want(t, 404)
		back := srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"target_user_id": user, "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
		if back["status"] != "active" || back["user_id"] != user || back["id"] == id {
			t.Errorf("added again: %v", back)
		}
	})
}

func TestStaleInvitationsAreRemovedAfterThirtyDays(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		id := srv.Invite(t, "alice@example.com", srv.RoleID(t, "account", "member"))
		clean := func() {
			t.Helper()
			if _, err := srv.Node.Service().CleanUp(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		srv.Advance(36 * 24 * time.Hour)
		clean()
		srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200)
		srv.Advance(2 * 24 * time.Hour)
		clean()
		srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Want(t, 404)
		srv.Invite(t, "alice@example.com", srv.RoleID(t, "account", "member"))
	})
}
