package web_test

import (
	"fmt"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// soon waits until a condition is true.
func soon(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within two minutes", what)
		}
	}
}

// into adds an existing user to another account.
func into(t *testing.T, srv *rafftest.Server, a rafftest.Account, b *browser, email string) (memberID string) {
	t.Helper()
	b.open(t, fetched(t, srv, a.Key, "/api/v1/invitations", email, srv.RoleID(t, "account", "member"))).submit(t, "answer", "accept")
	return srv.Do(t, "GET", "/api/v1/members?email="+email, a.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)["id"].(string)
}

func TestEventsOfAUserAreInTheLogsOfTheirAccounts(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		const email = "alice@example.com"
		srv.NewMember(t, email, "Alice", srv.RoleID(t, "account", "member"))
		b := signIn(t, srv, email)
		in, left := srv.NewAccount(t, "Globex", "owner@globex.example.com"), srv.NewAccount(t, "Initech", "owner@initech.example.com")
		held := srv.NewAccount(t, "Hooli", "owner@hooli.example.com")
		into(t, srv, in, b, email)
		srv.Do(t, "PATCH", "/api/v1/members/"+into(t, srv, held, b, email), held.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		was := into(t, srv, left, b, email)
		signIn(t, srv, email)
		srv.Do(t, "DELETE", "/api/v1/members/"+was, left.Key, nil).Want(t, 200)
		before := len(actions(t, srv, left.Key, ""))
		count := func(a string) [3]int {
			return [3]int{len(actions(t, srv, srv.Key, a)), len(actions(t, srv, in.Key, a)), len(actions(t, srv, held.Key, a))}
		}

		b = signIn(t, srv, email)
		b.open(t, "/profile").submitTo(t, "/profile/password", "current_password", rafftest.Password, "password", "another lamp orbit velvet").shows(t, 200, "Password changed")
		newBrowser(t, srv.URL).signInAs(t, email, rafftest.Password) // the old password
		newBrowser(t, srv.URL).signInAs(t, email, "something else that is wrong")
		if got := count("user.password_changed"); got != [3]int{1, 1, 1} {
			t.Errorf("numbers of password changes in the logs: %v", got)
		}
		soon(t, "failed sign-ins", func() bool { return count("user.sign_in_failed") == [3]int{1, 1, 1} })
		e := actions(t, srv, in.Key, "user.sign_in_failed")[0]
		if e["actor_type"] == "user" || e["target_name"] != email {
			t.Errorf("event of a failed sign-in: %v", e)
		}
		// Switching accounts is recorded in both accounts, without the id of the other one.
		b.open(t, "/profile").submitTo(t, "/account", "account", in.AccountID)
		b.open(t, "/profile").submitTo(t, "/account", "account", srv.AccountID)
		for _, a := range []rafftest.Account{srv.Account, in} {
			all := actions(t, srv, a.Key, "user.account_switched")
			if len(all) == 0 {
				t.Error("an account has no event of the switch")
			}
			for _, e := range all {
				if text := fmt.Sprint(e["details"]); text != "map[direction:in]" && text != "map[direction:out]" {
					t.Errorf("the log of an account contains %s", text)
				}
			}
		}
		b.open(t, "/profile").submitTo(t, "/sign-out")
		if after := actions(t, srv, left.Key, ""); len(after) != before {
			t.Errorf("events in the account that removed the user: %v", after[:len(after)-before])
		}
	})
}

func TestRemovedUserHasNoEventsInTheLog(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		path := "/api/v1/projects/" + srv.ProjectID
		link := fetched(t, srv, srv.Key, path+"/invitations", "bob@example.com", srv.RoleID(t, "project", "viewer"))
		open(t, link).submit(t, "answer", "accept", "name", "Bob", "password", rafftest.Password).shows(t, 200, "Invitation accepted")
		b := signIn(t, srv, "bob@example.com")
		m := srv.Do(t, "GET", path+"/members?email=bob@example.com", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)
		srv.Do(t, "DELETE", path+"/members/"+m["id"].(string), srv.Key, nil).Want(t, 200)
		before := len(actions(t, srv, srv.Key, ""))
		b.open(t, "/profile").submitTo(t, "/profile/password", "current_password", rafftest.Password, "password", "another lamp orbit velvet").shows(t, 200, "Password changed")
		if after := actions(t, srv, srv.Key, ""); len(after) != before {
			t.Errorf("new events in the log: %v", after[:len(after)-before])
		}
	})
}

func TestFailedSignInsDoNotFillTheLog(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		guess := func(n int) {
			for range n {
				newBrowser(t, srv.URL).signInAs(t, "alice@example.com", "something that is wrong")
			}
		}
		told := func() (events, attempts int) {
			for _, e := range actions(t, srv, srv.Key, "user.sign_in_failed") {
				events, attempts = events+1, attempts+int(e["details"].(map[string]any)["attempts"].(float64))
			}
			return events, attempts
		}
		guess(1)
		soon(t, "the first failure", func() bool { n, _ := told(); return n == 1 })
		guess(5)
		srv.Advance(14 * time.Minute)
		guess(1)
		srv.Advance(2 * time.Minute)
		soon(t, "the others", func() bool { _, n := told(); return n == 7 })
		if n, _ := told(); n != 2 {
			t.Errorf("seven failures: %d events", n)
		}
	})
}

func TestRefusedSecondFactorIsRecorded(t *testing.T) {
	srv := rafftest.Start(t)
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	enrol(t, srv, signIn(t, srv, "alice@example.com"))
	_, p := halfway(t, srv, "alice@example.com")
	p.submitTo(t, "/sign-in/second", "code", "000000").shows(t, 403)
	soon(t, "the refusal", func() bool { return len(actions(t, srv, srv.Key, "user.second_factor_refused")) == 1 })
}
