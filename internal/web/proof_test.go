package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"raff/internal/rafftest"
)

const evil = "evil person pads the quiet moat"

// fetched creates an invitation and returns its link, which the holder of the key fetched.
func fetched(t *testing.T, srv *rafftest.Server, key, path, email, roleID string) string {
	t.Helper()
	d := srv.Do(t, "POST", path, key, map[string]any{"email": email, "role_id": roleID}).Want(t, 201).Data(t)
	return srv.Do(t, "POST", "/api/v1/invitations/"+d["id"].(string)+"/link", key, nil).Want(t, 200).Data(t)["link"].(string)
}

// withMail starts another node on the same database, which sends email.
func withMail(t *testing.T, srv *rafftest.Server) (*rafftest.Server, *rafftest.SMTP) {
	t.Helper()
	mail := rafftest.StartSMTP(t)
	node := rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithSMTP(mail.URL()), rafftest.WithName())
	return node, mail
}

func (b *browser) signInAs(t *testing.T, email, password string) bool {
	t.Helper()
	return b.open(t, "/sign-in").submitTo(t, "/sign-in", "email", email, "password", password).path(t) != "/sign-in"
}

// said is the text of a page without emails and times.
func said(p page) string {
	text := strings.NewReplacer("nobody@example.com", "", "owner@globex.example.com", "").Replace(p.text())
	before, rest, _ := strings.Cut(text, "Expires")
	_, after, _ := strings.Cut(rest, "UTC")
	return before + after
}

func actions(t *testing.T, srv *rafftest.Server, key, action string) (all []map[string]any) {
	t.Helper()
	query := "?limit=1000"
	if action != "" {
		query += "&action=" + action
	}
	for _, e := range srv.Do(t, "GET", "/api/v1/audit-events"+query, key, nil).Want(t, 200).JSON(t)["data"].([]any) {
		all = append(all, e.(map[string]any))
	}
	return all
}

func TestFetchedLinkDoesNotChangeAnExistingUser(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		globex := srv.NewAccount(t, "Globex", "owner@globex.example.com")
		link := fetched(t, srv, srv.Key, "/api/v1/invitations", "owner@globex.example.com", srv.RoleID(t, "account", "member"))
		accept := func(body map[string]any) rafftest.Response {
			t.Helper()
			body["token"] = rafftest.TokenOf(t, link)
			return srv.Do(t, "POST", "/api/v1/invitations/accept", "", body)
		}
		if code := accept(map[string]any{"name": "Eve", "password": evil}).Want(t, 401).JSON(t)["code"]; code != "invalid_credentials" {
			t.Errorf("refused with code %v", code)
		}
		open(t, link).submit(t, "answer", "accept", "name", "Eve", "password", evil).shows(t, 403, "sign in first")
		if newBrowser(t, srv.URL).signInAs(t, "owner@globex.example.com", evil) {
			t.Fatal("the person who fetched the link can sign in as the Owner of another account")
		}
		// Errors about the password or the name do not reveal whether the email has a user.
		fresh := fetched(t, srv, srv.Key, "/api/v1/invitations", "nobody@example.com", srv.RoleID(t, "account", "member"))
		for _, typed := range [][2]string{{"Eve", "short"}, {"", evil}, {"Eve\u202e", evil}, {"", ""}} {
			known := open(t, link).submit(t, "answer", "accept", "name", typed[0], "password", typed[1])
			unknown := open(t, fresh).submit(t, "answer", "accept", "name", typed[0], "password", typed[1])
			if known.status != unknown.status || said(known) != said(unknown) {
				t.Errorf("%q: for the email of a user %d %s, for another email %d %s", typed, known.status, known.text(), unknown.status, unknown.text())
			}
		}
		// The Owner uses the operator's link, signs in, and accepts with one click. Their name does not change.
		open(t, globex.OwnerLink).submit(t, "name", "Olga", "password", rafftest.Password).shows(t, 200, "Password set")
		open(t, link).shows(t, 200, "Already have a login with this email?").lacks(t, "already has a password", "passkey")
		b := signIn(t, srv, "owner@globex.example.com")
		b.open(t, link).shows(t, 200, "with one click").submit(t, "answer", "accept")
		m := srv.Do(t, "GET", "/api/v1/members?email=owner@globex.example.com", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)
		if m["status"] != "active" || m["name"] != "Olga" {
			t.Errorf("the member is %v", m)
		}
	})
}

func TestFetchedLinkAcceptsOnlyItsOwnInvitation(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		admin := srv.RoleID(t, "account", "admin")
		// This key may only invite people to one project, with few permissions.
		role := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Greeter", "slug": "greeter", "scope": "project", "permissions": []string{"project.members.view", "project.members.invite"}}).Want(t, 201).Data(t)["id"].(string)
		id, greeter := srv.NewKeyID(t, "greeter", "")
		project := "/api/v1/projects/" + srv.ProjectID
		srv.Do(t, "POST", project+"/members", srv.Key, map[string]any{"api_key_id": id, "role_id": role}).Want(t, 201)

		boss := srv.Invite(t, "boss@example.com", admin)
		link := fetched(t, srv, greeter, project+"/invitations", "boss@example.com", role)
		open(t, link).submit(t, "answer", "accept", "name", "Eve", "password", evil).shows(t, 200, "Invitation accepted")
		if m := member(t, srv, boss); m["status"] != "pending" {
			t.Errorf("invitation as Admin: %v", m["status"])
		}
		// In the other order: the project member exists before the invitation as Admin.
		link = fetched(t, srv, greeter, project+"/invitations", "chief@example.com", role)
		open(t, link).submit(t, "answer", "accept", "name", "Eve", "password", evil).shows(t, 200, "Invitation accepted")
		chief := srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "chief@example.com", "role_id": admin}).Want(t, 201).Data(t)
		if chief["status"] != "pending" {
			t.Errorf("member invited by the greeter: %v as Admin", chief["status"])
		}
		// A person who was invited by someone who may assign the role becomes active immediately.
		link = fetched(t, srv, srv.Key, project+"/invitations", "alice@example.com", role)
		open(t, link).submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 200, "Invitation accepted")
		if m := srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "alice@example.com", "role_id": admin}).Want(t, 201).Data(t); m["status"] != "active" {
			t.Errorf("member invited by the Owner: %v", m["status"])
		}
	})
}

// stand is a user with an unverified email, in two accounts, with a session and a passkey.
func stand(t *testing.T, srv *rafftest.Server, email string) (globex rafftest.Account, b *browser, key *device) {
	t.Helper()
	globex = srv.NewAccount(t, "Globex", "owner@globex.example.com")
	member := srv.RoleID(t, "account", "member")
	link := fetched(t, srv, srv.Key, "/api/v1/invitations", email, member)
	open(t, link).submit(t, "answer", "accept", "name", "Eve", "password", evil).shows(t, 200, "Invitation accepted")
	b = newBrowser(t, srv.URL)
	if !b.signInAs(t, email, evil) {
		t.Fatal("cannot sign in")
	}
	b.open(t, fetched(t, srv, globex.Key, "/api/v1/invitations", email, member)).submit(t, "answer", "accept")
	key = newDevice(t, srv)
	key.add(t, b, "current_password", evil).shows(t, 200, "recovery")
	return globex, b, key
}

// gone fails the test if anything that was set up still works.
func gone(t *testing.T, srv *rafftest.Server, email string, b *browser, key *device) {
	t.Helper()
	if b.signedIn(t) {
		t.Error("a session still works")
	}
	if newBrowser(t, srv.URL).signInAs(t, email, evil) {
		t.Error("the password still works")
	}
	if other, _ := key.signIn(t, srv); other.signedIn(t) {
		t.Error("the passkey still works")
	}
}

func TestFirstEmailedPasswordLinkRemovesEarlierSetup(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		globex, b, key := stand(t, srv, "boss@example.com")
		node, mail := withMail(t, srv)
		open(t, node.URL+"/forgot").submit(t, "email", "boss@example.com")
		link := mail.Wait(t, "boss@example.com").Link(t)
		open(t, link).shows(t, 200, "It removes everything that was set up before").submit(t, "name", "Boss", "password", rafftest.Password).shows(t, 200, "Password set")
		gone(t, srv, "boss@example.com", b, key)
		if !newBrowser(t, srv.URL).signInAs(t, "boss@example.com", rafftest.Password) {
			t.Error("the new password does not work")
		}
		for name, k := range map[string]string{"Acme": srv.Key, "Globex": globex.Key} {
			for _, action := range []string{"user.password_link_made", "user.sign_in_reset"} {
				if got := actions(t, srv, k, action); len(got) != 1 || (got[0]["actor_type"] == "user") == (action == "user.password_link_made") {
					t.Errorf("%s: %s: %v", name, action, got)
				}
			}
		}
		// The email is verified now: the next password link keeps passkeys, unless the user chooses to remove them.
		mine := signIn(t, srv, "boss@example.com")
		key = newDevice(t, srv)
		key.add(t, mine, "current_password", rafftest.Password).shows(t, 200, "recovery")
		for _, keep := range []bool{true, false} {
			open(t, node.URL+"/forgot").submit(t, "email", "boss@example.com")
			typed := []string{"name", "Boss", "password", rafftest.Password}
			if !keep {
				typed = append(typed, "passkeys", "remove")
			}
			open(t, mail.Wait(t, "boss@example.com").Link(t)).shows(t, 200, "remove all my passkeys").submit(t, typed...).shows(t, 200, "Password set")
			if other, _ := key.signIn(t, srv); other.signedIn(t) != keep {
				t.Errorf("keep the passkeys: %v, the passkey works: %v", keep, !keep)
			}
		}
	}, rafftest.WithName())
}

func TestFirstEmailedInvitationRemovesEarlierSetup(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		_, b, key := stand(t, srv, "boss@example.com")
		node, mail := withMail(t, srv)
		initech := node.NewAccount(t, "Initech", "owner@initech.example.com")
		d := node.Do(t, "POST", "/api/v1/invitations", initech.Key, map[string]any{"email": "boss@example.com", "role_id": node.RoleID(t, "account", "admin")}).Want(t, 201).Data(t)
		token := rafftest.TokenOf(t, mail.Wait(t, "boss@example.com").Link(t))
		// The earlier session and password are not enough: neither verifies the email.
		session := http.Header{"Cookie": {b.cookie(t).String()}, "Content-Type": {"application/json"}}
		if code := srv.Send(t, "POST", "/api/v1/invitations/accept", session, map[string]any{"token": token}).Want(t, 409).JSON(t)["code"]; code != "password_needed" {
			t.Errorf("with the earlier session: %v", code)
		}
		b.open(t, srv.URL+"/invite/"+token).shows(t, 200, "choose a new password").lacks(t, "one click")
		open(t, srv.URL+"/invite/"+token).submit(t, "answer", "accept", "name", "Boss", "password", rafftest.Password).shows(t, 200, "Invitation accepted")
		gone(t, srv, "boss@example.com", b, key)
		m := node.Do(t, "GET", "/api/v1/members/"+d["member_id"].(string), initech.Key, nil).Want(t, 200).Data(t)
		if m["status"] != "active" || m["name"] != "Boss" {
			t.Errorf("the member is %v", m)
		}
		for name, k := range map[string]string{"Acme": srv.Key, "Initech": initech.Key} {
			if len(actions(t, srv, k, "user.sign_in_reset")) != 1 {
				t.Errorf("%s has no event", name)
			}
		}
		if all := actions(t, srv, initech.Key, "user.password_set"); len(all) != 1 {
			t.Errorf("events of password changes: %v", all)
		}
	}, rafftest.WithName())
}

func TestFetchedLinksEndWhenMailIsConfigured(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		link := fetched(t, srv, srv.Key, "/api/v1/invitations", "alice@example.com", srv.RoleID(t, "account", "member"))
		token := rafftest.TokenOf(t, link)
		open(t, link).shows(t, 200, "Join Acme")
		node, _ := withMail(t, srv)
		open(t, node.URL+"/invite/"+token).shows(t, 410, "before this server sent email")
		for _, path := range []string{"accept", "decline"} {
			body := map[string]any{"token": token}
			if path == "accept" {
				body["name"], body["password"] = "Alice", rafftest.Password
			}
			node.Do(t, "POST", "/api/v1/invitations/"+path, "", body).Want(t, 410)
			srv.Do(t, "POST", "/api/v1/invitations/"+path, "", body).Want(t, 410) // nor if mail is switched off again
		}
	})
}

func TestOnlyOneOfAFetchedAndAnEmailedLinkWorks(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		node, mail := withMail(t, srv)
		for _, email := range []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"} {
			d := node.Do(t, "POST", "/api/v1/invitations", srv.Key, map[string]any{"email": email, "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
			mailed := rafftest.TokenOf(t, mail.Wait(t, email).Link(t))
			hand := rafftest.TokenOf(t, srv.Do(t, "POST", "/api/v1/invitations/"+d["id"].(string)+"/link", srv.Key, nil).Want(t, 200).Data(t)["link"].(string))
			var wg sync.WaitGroup
			var byMail, byHand int
			wg.Go(func() {
				byMail = srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": mailed, "name": "Alice", "password": rafftest.Password}).Status
			})
			wg.Go(func() {
				byHand = srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": hand, "name": "Eve", "password": evil}).Status
			})
			wg.Wait()
			if (byMail == 200) == (byHand == 200) {
				t.Errorf("status of accepting: %d with the emailed link, %d with the fetched link", byMail, byHand)
			}
			if newBrowser(t, srv.URL).signInAs(t, email, evil) != (byHand == 200) {
				t.Errorf("the fetched link responded with %d, but its password does not match that", byHand)
			}
		}
	})
}

func TestNewAccountForAnUnverifiedEmailResetsIt(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		_, b, key := stand(t, srv, "boss@example.com")
		a := srv.NewAccount(t, "Hooli", "boss@example.com")
		gone(t, srv, "boss@example.com", b, key)
		open(t, a.OwnerLink).submit(t, "name", "Boss", "password", rafftest.Password).shows(t, 200, "Password set")
		if !newBrowser(t, srv.URL).signInAs(t, "boss@example.com", rafftest.Password) {
			t.Error("the Owner cannot sign in")
		}
	}, rafftest.WithName())
}

// The previous user of an email has the secrets of the keys that they created. The person who verifies the email sees these
// keys and decides whether to disable them, and the audit log records it. Keys whose secret was also shown to someone else
// are not affected.
func TestVerifyingAnEmailDecidesAboutEarlierKeys(t *testing.T) {
	works := func(t *testing.T, srv *rafftest.Server, secret string) bool {
		return srv.Do(t, "GET", "/api/v1/whoami", secret, nil).Status == http.StatusOK
	}
	for _, answer := range []string{"keep", "end"} {
		t.Run(answer, func(t *testing.T) {
			rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
				srv.NewMember(t, "boss@example.com", "Boss", srv.RoleID(t, "account", "admin"))
				session := srv.SignIn(t, "boss@example.com")
				create := func(name string) (id, secret string) {
					d := srv.Do(t, "POST", "/api/v1/api-keys", session, map[string]any{"name": name}).Want(t, 201).Data(t)
					return d["id"].(string), d["secret"].(string)
				}
				_, theirs := create("theirs")
				shared, _ := create("shared")
				sharedSecret := srv.Do(t, "POST", "/api/v1/api-keys/"+shared+"/regenerate", srv.Key, nil).Want(t, 200).Data(t)["secret"].(string)
				node, mail := withMail(t, srv)
				open(t, node.URL+"/forgot").submit(t, "email", "boss@example.com")
				form := open(t, mail.Wait(t, "boss@example.com").Link(t)).shows(t, 200, "theirs").lacks(t, "shared")
				form.submit(t, "name", "Boss", "password", rafftest.Password).shows(t, 400, "Choose whether to keep or to disable these API keys")
				form.submit(t, "name", "Boss", "password", rafftest.Password, "keys", answer).shows(t, 200, "Password set")
				if works(t, srv, theirs) != (answer == "keep") || !works(t, srv, sharedSecret) {
					t.Errorf("answer %q: their key works: %v, the shared key works: %v", answer, works(t, srv, theirs), works(t, srv, sharedSecret))
				}
				field := map[string]string{"keep": "api_keys_kept", "end": "api_keys_deactivated"}[answer]
				events := actions(t, srv, srv.Key, "user.sign_in_reset")
				if len(events) != 1 || fmt.Sprint(events[0]["details"].(map[string]any)[field]) != "[theirs]" {
					t.Errorf("events in the account: %v", events)
				}
			}, rafftest.WithName())
		})
	}
	t.Run("API", func(t *testing.T) {
		rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
			secrets := map[string]string{}
			for _, name := range []string{"kept", "ended"} {
				srv.NewMember(t, name+"@example.com", "Boss", srv.RoleID(t, "account", "admin"))
				secrets[name] = srv.Do(t, "POST", "/api/v1/api-keys", srv.SignIn(t, name+"@example.com"), map[string]any{"name": name}).Want(t, 201).Data(t)["secret"].(string)
			}
			node, mail := withMail(t, srv)
			globex := node.NewAccount(t, "Globex", "owner@globex.example.com")
			for name := range secrets {
				node.Do(t, "POST", "/api/v1/invitations", globex.Key, map[string]any{"email": name + "@example.com", "role_id": node.RoleID(t, "account", "member")}).Want(t, 201)
				token := rafftest.TokenOf(t, mail.Wait(t, name+"@example.com").Link(t))
				body := map[string]any{"token": token, "name": "Boss", "password": rafftest.Password, "keep_keys": name == "kept"}
				node.Do(t, "POST", "/api/v1/invitations/accept", "", body).Want(t, 200)
				if got := works(t, srv, secrets[name]); got != (name == "kept") {
					t.Errorf("%s works: %v", name, got)
				}
			}
		}, rafftest.WithName())
	})
}

func TestNewAccountDoesNotRecordItsOwnerKeyAsKept(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		stand(t, srv, "boss@example.com")
		initech := srv.NewAccount(t, "Initech", "boss@example.com")
		events := actions(t, srv, initech.Key, "user.sign_in_reset")
		if len(events) != 1 {
			t.Fatalf("the new account has %d reset events, want 1", len(events))
		}
		if kept, named := events[0]["details"].(map[string]any)["api_keys_kept"]; named {
			t.Errorf("the reset event has kept keys %v, but the key did not exist before", kept)
		}
	}, rafftest.WithName())
}
