package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"raff/internal/brand"
	"raff/internal/rafftest"
)

// The pages and emails of an account have its own brand; those that belong to no account have the operator's.
func TestAccountHasItsOwnBrand(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200, "Password set", "Mindful VMs")
		b := signIn(t, srv, "owner@example.com")
		b.open(t, "/members").shows(t, 200, "Mindful VMs", "help@example.com")
		key := srv.OperatorKey(t, "write")
		at := "/operator/v1/accounts/" + srv.AccountID
		srv.Operate(t, "PATCH", at, key, map[string]any{"branding": map[string]any{
			"product_name": "Lamp Works", "accent_color": "#205020", "support": "https://help.example.com/lamps", "mail_footer": "Lamps Ltd.",
		}}).Want(t, 200)

		own := func(what string, p page) {
			t.Helper()
			for _, words := range []string{"· Lamp Works</title>", `href="https://help.example.com/lamps"`, "/assets/account/205020.css", "/assets/account/4c-205020.svg"} {
				if !strings.Contains(p.source, words) {
					t.Errorf("%s lacks %s", what, words)
				}
			}
			if strings.Contains(p.source, "Mindful VMs") || strings.Contains(p.source, "help@example.com") {
				t.Errorf("%s has the operator's brand", what)
			}
		}
		members := b.open(t, "/members")
		own("/members", members)
		own("an error page", b.open(t, "/members/none"))
		own("/profile", b.open(t, "/profile"))
		files := regexp.MustCompile(`/assets/account/[^"]+`).FindAllString(members.source, -1)
		if len(files) < 3 {
			t.Errorf("files: %v", files)
		}
		for _, file := range files {
			res := srv.Send(t, "GET", file, http.Header{}, nil).Want(t, 200)
			if body := string(res.Body); !strings.Contains(body, "--accent:#205020") && !strings.Contains(body, ">L</text>") || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") ||
				res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: %v %s", file, res.Header, body)
			}
		}
		for _, none := range []string{"ffcc00.css", "x.css", ".css", "3c-205020.svg", "4c-ffcc00.svg", "4c.svg", "zz-205020.svg", "4c-205020.png", "ffffffff-205020.svg", ""} {
			srv.Send(t, "GET", "/assets/account/"+none, http.Header{}, nil).Want(t, 404)
		}

		someone := strings.ToLower(t.Name()[strings.LastIndex(t.Name(), "/")+1:]) + "@example.com"
		memberID := srv.Invite(t, someone, srv.RoleID(t, "account", "member"))
		m := smtp.Wait(t, someone)
		if from := m.Header.Get("From"); !strings.Contains(from, `"Lamp Works" <`) {
			t.Errorf("from %s", from)
		}
		if !strings.Contains(m.HTML, "Lamp Works") || !strings.Contains(m.HTML, "#205020") || !strings.Contains(m.Text, "Lamps Ltd.") || !strings.Contains(m.Text, "help.example.com/lamps") ||
			strings.Contains(m.Raw, "Mindful VMs") || strings.Contains(m.Raw, "help@example.com") {
			t.Errorf("the invitation has another brand:\n%s", m.Raw)
		}
		invitation := open(t, m.Link(t))
		own("the invitation", invitation)
		invitation.submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 200, "Lamp Works")

		srv.Operate(t, "PATCH", at, key, map[string]any{"branding": map[string]any{"mail_sender_name": "The Lamps", "support": nil, "accent_color": nil}}).Want(t, 200)
		p := b.open(t, "/members").shows(t, 200, "Lamp Works", "help@example.com")
		if !strings.Contains(p.source, "/assets/account/702070.css") {
			t.Error("the accent color is not the operator's")
		}
		userID := srv.Do(t, "GET", "/api/v1/members/"+memberID, srv.Key, nil).Want(t, 200).Data(t)["user_id"]
		project := srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "Shop"}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, "POST", "/api/v1/projects/"+project+"/members", srv.Key, map[string]any{"target_user_id": userID, "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201)
		if n := smtp.WaitNotice(t, someone, "You were added to the project Shop of Acme"); !strings.Contains(n.Header.Get("From"), `"The Lamps" <`) || !strings.Contains(n.HTML, "Lamp Works") {
			t.Errorf("the notice has another brand:\n%s", n.Raw)
		}

		// What belongs to no account is the operator's.
		open(t, srv.URL+"/sign-in").shows(t, 200, "Mindful VMs", "help@example.com")
		open(t, srv.URL+"/forgot").submit(t, "email", someone)
		if m := smtp.Wait(t, someone); !strings.Contains(m.HTML, "Mindful VMs") || strings.Contains(m.Raw, "The Lamps") || strings.Contains(m.Raw, "Lamp Works") {
			t.Errorf("the password link has the brand of an account:\n%s", m.Raw)
		}
		other := "bob." + someone
		srv.Invite(t, other, srv.RoleID(t, "account", "member"))
		srv.Operate(t, "PATCH", at, key, map[string]any{"branding": map[string]any{"logo": rafftest.Logo(t)}}).Want(t, 200)
		invitation = open(t, smtp.Wait(t, other).Link(t))
		for what, p := range map[string]page{"/members": b.open(t, "/members"), "the invitation": invitation} {
			logo := regexp.MustCompile(`<img class="mark" src="(/assets/account/[0-9a-f]{64}\.png)"`).FindStringSubmatch(p.source)
			if len(logo) < 2 || !strings.Contains(p.source, `rel="icon" href="`+logo[1]) {
				t.Fatalf("%s does not have the logo: %s", what, p.source)
			}
			res := srv.Send(t, "GET", logo[1], http.Header{}, nil).Want(t, 200)
			if h := res.Header; h.Get("Content-Type") != "image/png" || !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("X-Content-Type-Options") != "nosniff" ||
				h.Get("Content-Security-Policy") == "" || h.Get("Set-Cookie") != "" {
				t.Errorf("%s: %v", logo[1], h)
			}
			srv.Send(t, "GET", strings.Replace(logo[1], "account/", "account/0", 1), http.Header{}, nil).Want(t, 404)
			srv.Send(t, "GET", strings.TrimSuffix(logo[1], "png")+"svg", http.Header{}, nil).Want(t, 404)
		}
		srv.Send(t, "GET", "/assets/account/"+strings.Repeat("0", 64)+".png", http.Header{}, nil).Want(t, 404)
		srv.Operate(t, "PATCH", at, key, map[string]any{"branding": nil}).Want(t, 200)
		if p := b.open(t, "/members").shows(t, 200, "Mindful VMs"); strings.Contains(p.source, "/assets/account/") {
			t.Error("the branding was not removed")
		}
		b.open(t, "/audit").shows(t, 200, "changed the branding of the account", "Accent color", "none → #205020", "Logo")
	}, rafftest.WithOperator(), rafftest.WithSMTP(smtp.URL()), rafftest.WithBrand(brand.Settings{Name: "Mindful VMs", Accent: "#702070", Support: "help@example.com"}))
}
