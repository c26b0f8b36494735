package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/team"
)

// TestExportShowsOnlyWhomTheUserMayStillSee takes a permission away from a user while their browser reads a long file slowly. The
// rest of the file lacks the people whom they may not see any more.
func TestExportShowsOnlyWhomTheUserMayStillSee(t *testing.T) {
	quotas := team.DefaultQuotas()
	quotas.Invitations = 20_000
	o := newOffice(t, rafftest.WithQuotas(quotas))
	viewer := o.RoleID(t, "project", "viewer")
	var in []map[string]any
	for i := range 3 {
		id := o.Do(t, "POST", "/api/v1/projects", o.Key, map[string]any{"name": fmt.Sprint(i, " ", strings.Repeat("long ", 11), "name")}).Want(t, 201).Data(t)["id"]
		in = append(in, map[string]any{"project_id": id, "role_id": viewer})
	}
	for i := range 15 {
		var rows []map[string]any
		for j := range 200 {
			email := fmt.Sprintf("a%d-%d@%s.example.com", i, j, strings.Repeat(strings.Repeat("long", 12)+".", 4)+"example")
			rows = append(rows, map[string]any{"email": email, "role_id": o.RoleID(t, "account", "member"), "projects": in})
		}
		o.Do(t, "POST", "/api/v1/members/bulk", o.Key, map[string]any{"members": rows}).Want(t, 200)
	}
	o.Do(t, "POST", "/api/v1/projects/"+in[0]["project_id"].(string)+"/invitations", o.Key, map[string]any{"email": "zoe@example.com", "role_id": viewer}).Want(t, 201)
	id, _ := o.NewMember(t, "bob@example.com", "Bob", o.RoleID(t, "account", "admin"))
	watch := o.Do(t, "POST", "/api/v1/roles", o.Key, map[string]any{"name": "Watch", "slug": "watch", "scope": "account", "permissions": []string{"account.members.view"}}).
		Want(t, 201).Data(t)["id"]
	bob := signIn(t, o.Server, "bob@example.com")
	if file := bob.open(t, "/members/export?sort=name").source; !strings.Contains(file, "zoe@example.com") {
		t.Fatal("the file of an Admin lacks somebody who is only in a project")
	}

	u, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buffer := func(size int) {
		if err := conn.(*net.TCPConn).SetReadBuffer(size); err != nil {
			t.Fatal(err)
		}
	}
	buffer(4096)
	req, _ := http.NewRequest("GET", o.URL+"/members/export?sort=name", nil)
	req.Header.Set("Connection", "close")
	for _, c := range bob.client.Jar.Cookies(u) {
		req.AddCookie(c)
	}
	if err := req.Write(conn); err != nil {
		t.Fatal(err)
	}
	begin := make([]byte, 4096)
	if _, err := io.ReadFull(conn, begin); err != nil || !bytes.HasPrefix(begin, []byte("HTTP/1.1 200")) {
		t.Fatalf("%s, %v", begin, err)
	}
	o.Do(t, "PATCH", "/api/v1/members/"+id, o.Key, map[string]any{"role_id": watch}).Want(t, 200)
	buffer(4 << 20)
	rest, err := io.ReadAll(conn)
	if err != nil || !bytes.Contains(rest, []byte("a9-199@")) || bytes.Contains(rest, []byte("zoe@example.com")) {
		t.Errorf("%d bytes after the change, %v, and the file has somebody who is only in a project: %t", len(rest), err, bytes.Contains(rest, []byte("zoe@example.com")))
	}
}
