package server_test

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"raff/internal/rafftest"
)

// unique returns an email that no other subtest uses.
func unique(t *testing.T, name string) string {
	t.Helper()
	return name + "." + strings.ToLower(strings.ReplaceAll(t.Name(), "/", ".")) + "@example.com"
}

func TestMailLimitPerRecipient(t *testing.T) {
	box := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.RoleID(t, "account", "member")
		stranger := unique(t, "stranger")
		invite := func(key, email string) rafftest.Response {
			return srv.Do(t, "POST", "/api/v1/invitations", key, map[string]any{"email": email, "role_id": role})
		}
		id := invite(srv.Key, stranger).Want(t, 201).Data(t)["id"].(string)
		box.Wait(t, stranger)
		resent := 0
		for range 12 {
			r := srv.Do(t, "POST", "/api/v1/invitations/"+id+"/resend", srv.Key, nil)
			if r.Status != 200 {
				wait, err := strconv.Atoi(r.Want(t, 429).Header.Get("Retry-After"))
				if body := r.JSON(t); err != nil || wait < 3600 || body["code"] != "mail_limited" || body["retry_after_seconds"] != float64(wait) || !strings.Contains(body["message"].(string), "Try again in") {
					t.Errorf("refused with Retry-After %q: %s", r.Header.Get("Retry-After"), r.Body)
				}
				continue
			}
			resent++
			box.Wait(t, stranger)
		}
		if resent != 4 {
			t.Errorf("%d resends, want 4", resent)
		}

		// Removing and inviting again does not bypass the limit: the invitation is created, and its email waits.
		for range 8 {
			srv.Do(t, "DELETE", "/api/v1/invitations/"+id, srv.Key, nil).Want(t, 200)
			id = invite(srv.Key, stranger).Want(t, 201).Data(t)["id"].(string)
		}
		// Other recipients are not affected. Another account can invite the same email, up to its total limit.
		other := unique(t, "other")
		invite(srv.Key, other).Want(t, 201)
		box.Wait(t, other)
		if n := len(box.Messages(stranger)); n != 5 {
			t.Errorf("the recipient got %d emails, want 5", n)
		}
		state := func() any {
			return srv.Do(t, "GET", "/api/v1/invitations/"+id, srv.Key, nil).Want(t, 200).Data(t)["state"]
		}
		if got := state(); got != "queued" {
			t.Errorf("state of the invitation with the waiting email: %v", got)
		}
		invite(srv.NewAccount(t, "Globex", unique(t, "gina")).Key, stranger).Want(t, 201)
		box.Wait(t, stranger)

		// A day later the limit allows more.
		srv.Advance(24 * time.Hour)
		invite(srv.Key, unique(t, "wakes")).Want(t, 201)
		box.Wait(t, stranger)
		rafftest.Eventually(t, "sent", func() bool { return state() == "sent" })
	}, rafftest.WithSMTP(box.URL()))
}

func TestMailLimitPerEmailAcrossAccounts(t *testing.T) {
	box := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		stranger, fence := unique(t, "stranger"), unique(t, "fence")
		role := srv.RoleID(t, "account", "member")
		for n := range 5 {
			key := srv.NewAccount(t, fmt.Sprint("Account ", n), unique(t, fmt.Sprint("owner", n))).Key
			srv.Do(t, "POST", "/api/v1/members", key, map[string]any{"email": stranger, "role_id": role}).Want(t, 201)
		}
		for range 3 {
			box.Wait(t, stranger)
		}
		// Email to an address with a + arrives in the same mailbox.
		tagged := strings.Replace(stranger, "@", "+news@", 1)
		srv.Invite(t, tagged, role)
		srv.Invite(t, fence, role)
		box.Wait(t, fence)
		if n := len(box.Messages(stranger)) + len(box.Messages(tagged)); n != 3 {
			t.Errorf("%d mails, want 3", n)
		}
	}, rafftest.WithSMTP(box.URL()), rafftest.WithMailLimits("recipient-total=3/24h"))
}

func TestMailLimitPerSenderAndAccount(t *testing.T) {
	box := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.RoleID(t, "account", "member")
		admin := srv.RoleID(t, "account", "admin")
		first, second := srv.NewKey(t, "first", admin), srv.NewKey(t, "second", admin)
		bulk := func(key, name string, from, to int) map[float64]int {
			t.Helper()
			rows := []map[string]any{}
			for n := from; n < to; n++ {
				rows = append(rows, map[string]any{"email": fmt.Sprint(name, n, "@example.com"), "role_id": role})
			}
			got := map[float64]int{}
			for _, r := range srv.Do(t, "POST", "/api/v1/members/bulk", key, map[string]any{"members": rows}).Want(t, 200).JSON(t)["data"].([]any) {
				row := r.(map[string]any)
				got[row["status"].(float64)]++
				if row["status"] == 429.0 {
					e := row["error"].(map[string]any)
					if s, _ := e["retry_after_seconds"].(float64); e["code"] != "mail_limited" || s < 1 {
						t.Errorf("refused row: %v", e)
					}
				}
			}
			return got
		}
		same := func(what string, got, want map[float64]int) {
			t.Helper()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		same("one sender", bulk(first, "a", 0, 30), map[float64]int{201: 20, 429: 10})
		same("already invited people do not count", bulk(first, "a", 0, 22), map[float64]int{409: 20, 429: 2})
		srv.Do(t, "POST", "/api/v1/invitations", first, map[string]any{"email": "b@example.com", "role_id": role}).Want(t, 429)
		// The account may send 25, and one to its Owner.
		same("another sender of the account", bulk(second, "c", 0, 10), map[float64]int{201: 6, 429: 4})
		srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "b@example.com", "role_id": role}).Want(t, 429)
		other := srv.NewAccount(t, "Globex", unique(t, "gina"))
		same("another account", bulk(other.Key, "d", 0, 20), map[float64]int{201: 20})

		// Refused invitations do not count, and an hour later all of them succeed.
		srv.Advance(time.Hour)
		same("an hour later", bulk(first, "a", 20, 30), map[float64]int{201: 10})
	}, rafftest.WithSMTP(box.URL()), rafftest.WithMailLimits("sender=20/1h,account=25/1h"))
}

// A server without email has no mail limits, and queues nothing for when email is configured.
func TestNoLimitsWithoutEmail(t *testing.T) {
	box := rafftest.StartSMTP(t)
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			on := rafftest.OnDatabase("sqlite:" + filepath.Join(t.TempDir(), "raff.db"))
			if database == "postgres" {
				on = rafftest.OnPostgres(t)
			}
			srv := rafftest.Start(t, on, rafftest.WithMailLimits("sender=1/24h"))
			role := srv.RoleID(t, "account", "member")
			early, late := unique(t, "early"), unique(t, "late")
			srv.Invite(t, early, role)
			srv.Invite(t, unique(t, "another"), role)
			second := rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithSMTP(box.URL()))
			second.Invite(t, late, role)
			box.Wait(t, late)
			if n := box.Attempts(early); n != 0 {
				t.Errorf("the earlier email was attempted %d times", n)
			}
		})
	}
}

// While the mail server hangs on every invitation, a password email is sent, and
// no email is lost.
func TestPasswordMailOvertakesStuckInvitations(t *testing.T) {
	release := make(chan struct{})
	box := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(to string, _ int) *smtp.SMTPError {
		if strings.HasPrefix(to, "slow") {
			<-release
		}
		if strings.HasPrefix(to, "gone") {
			return &smtp.SMTPError{Code: 550, Message: "No such user"}
		}
		if strings.HasPrefix(to, "busy") {
			return &smtp.SMTPError{Code: 451, Message: "Later"}
		}
		return nil
	}})
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.RoleID(t, "account", "member")
		srv.NewAccount(t, "Globex", unique(t, "gina"))
		rows := []map[string]any{}
		for _, kind := range []string{"gone", "busy", "slow"} {
			for n := range 10 {
				rows = append(rows, map[string]any{"email": fmt.Sprint(kind, n, unique(t, "")), "role_id": role})
			}
		}
		srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200)
		// An email that fails does not delay others.
		for _, kind := range []string{"gone", "busy"} {
			for n := range 10 {
				to := fmt.Sprint(kind, n, unique(t, ""))
				rafftest.Eventually(t, "tried "+to, func() bool { return box.Attempts(to) > 0 })
			}
		}
		rafftest.Eventually(t, "an email to hang", func() bool { return box.Attempts(fmt.Sprint("slow", 0, unique(t, ""))) > 0 })
		if err := srv.Node.SignIn().ForgotPassword(t.Context(), unique(t, "gina"), ""); err != nil {
			t.Fatal(err)
		}
		box.Wait(t, unique(t, "gina"))
	}, rafftest.WithSMTP(box.URL()))
	t.Cleanup(func() { close(release) }) // before the servers stop
}

// An account that sends many emails does not delay one that sends few.
func TestAccountsTakeTurns(t *testing.T) {
	const many = 120
	box := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(string, int) *smtp.SMTPError {
		time.Sleep(20 * time.Millisecond) // a slow mail server
		return nil
	}})
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.RoleID(t, "account", "member")
		rows := []map[string]any{}
		for n := range many {
			rows = append(rows, map[string]any{"email": fmt.Sprint("many", n, unique(t, "")), "role_id": role})
		}
		other := srv.NewAccount(t, "Globex", unique(t, "gina"))
		srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200)
		few := unique(t, "few")
		srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": few, "role_id": role}).Want(t, 201)
		box.Wait(t, few)
		sent := 0
		for n := range many {
			sent += len(box.Messages(fmt.Sprint("many", n, unique(t, ""))))
		}
		if sent > many*3/4 {
			t.Errorf("%d of %d emails of the other account were sent first", sent, many)
		}
	}, rafftest.WithSMTP(box.URL()))
}

// A node that stops while its mail server is silent releases its emails, and another node
// sends them at once.
func TestStoppedNodeReleasesMails(t *testing.T) {
	box := rafftest.StartSMTP(t)
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			on := rafftest.OnDatabase("sqlite:" + filepath.Join(t.TempDir(), "raff.db"))
			if database == "postgres" {
				on = rafftest.OnPostgres(t)
			}
			silent, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = silent.Close() })
			connected := make(chan struct{}, 100)
			go func() {
				for {
					conn, err := silent.Accept()
					if err != nil {
						return
					}
					defer conn.Close() //nolint:gocritic // all stay open until the test ends
					connected <- struct{}{}
				}
			}()
			to := unique(t, "alice")
			var url string
			t.Run("first node", func(t *testing.T) {
				srv := rafftest.Start(t, on, rafftest.WithSMTP("smtp://"+silent.Addr().String()+"?tls=none"))
				srv.Invite(t, to, srv.RoleID(t, "account", "member"))
				url = srv.Database
				<-connected
			})
			rafftest.Start(t, rafftest.OnDatabase(url), rafftest.WithSMTP(box.URL()))
			box.WaitFor(t, to, time.Minute) // the lease of the first node is two minutes long
		})
	}
}

// TestGreylistedInvitation is refused for now, then for now with another reason, and accepted at the third attempt; another one is
// refused for good. The invitation says each time what happens to its email.
func TestGreylistedInvitation(t *testing.T) {
	box := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(to string, attempt int) *smtp.SMTPError {
		switch {
		case strings.HasPrefix(to, "nobody."):
			return &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
		case attempt <= 2:
			return &smtp.SMTPError{Code: 451, Message: fmt.Sprintf("greylisted %d times, come back later", attempt)}
		}
		return nil
	}})
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.RoleID(t, "account", "member")
		invite := func(name string) string {
			return srv.Do(t, "POST", "/api/v1/invitations", srv.Key, map[string]any{"email": unique(t, name), "role_id": role}).Want(t, 201).Data(t)["id"].(string)
		}
		shows := func(id, state, reason string) map[string]any {
			t.Helper()
			var inv map[string]any
			defer func() {
				if t.Failed() {
					t.Logf("the invitation is %v", inv)
				}
			}()
			rafftest.Eventually(t, fmt.Sprintf("the email of the invitation to be %s, %q", state, reason), func() bool {
				inv = srv.Do(t, "GET", "/api/v1/invitations/"+id, srv.Key, nil).Want(t, 200).Data(t)
				text, _ := inv["mail_error"].(string)
				return inv["mail_state"] == state && strings.Contains(text, reason) && (reason != "") == (text != "")
			})
			return inv
		}
		id := invite("grey")
		inv := shows(id, "retrying", "greylisted 1 times")
		again, err := time.Parse(time.RFC3339, fmt.Sprint(inv["mail_retry_at"]))
		if err != nil || !again.After(srv.Now().Add(-time.Minute)) {
			t.Errorf("mail_retry_at is %v: %v", inv["mail_retry_at"], err)
		}
		if inv["state"] != "failed" {
			t.Errorf("state is %v: older clients know only failed", inv["state"])
		}
		srv.Advance(time.Minute)
		srv.Do(t, "POST", "/api/v1/invitations", srv.Key, map[string]any{"email": unique(t, "waker"), "role_id": role}).Want(t, 201)
		shows(id, "retrying", "greylisted 2 times")
		srv.Advance(2 * time.Minute)
		refused := invite("nobody")
		if inv := shows(id, "sent", ""); inv["mail_retry_at"] != nil {
			t.Errorf("mail_retry_at is %v after the email was sent", inv["mail_retry_at"])
		}
		if inv := shows(refused, "failed", "no such mailbox"); inv["mail_retry_at"] != nil {
			t.Errorf("mail_retry_at is %v, but the address does not exist", inv["mail_retry_at"])
		}
		if inv := srv.Do(t, "POST", "/api/v1/invitations/"+refused+"/resend", srv.Key, nil).Want(t, 200).Data(t); inv["mail_state"] != "queued" && inv["mail_state"] != nil || inv["mail_error"] != nil {
			t.Errorf("after it was sent again: %v", inv)
		}
	}, rafftest.WithSMTP(box.URL()))
}
