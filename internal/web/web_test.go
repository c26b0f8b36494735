package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"raff/internal/catalog"
	"raff/internal/rafftest"
	"raff/internal/team"
	"raff/internal/web"
)

func TestHome(t *testing.T) {
	srv := rafftest.Start(t)
	p := open(t, srv.URL+"/").shows(t, 200, "Team and access")
	for _, link := range []string{"/openapi.yaml", "/health"} {
		if !strings.Contains(p.source, `href="`+link+`"`) {
			t.Errorf("no link to %s", link)
		}
		if got := srv.Do(t, "GET", link, "", nil); got.Status != 200 {
			t.Errorf("%s answers %d", link, got.Status)
		}
	}
	for _, link := range []string{"/assets/style.css", "/assets/icon.svg"} {
		if got := open(t, srv.URL+link); got.status != 200 || got.source == "" || strings.Contains(got.source, "url(") {
			t.Errorf("%s answers %d and %d bytes", link, got.status, len(got.source))
		}
	}
}

func TestOwnerSetsAPassword(t *testing.T) {
	srv := rafftest.Start(t)
	form := open(t, srv.OwnerLink).shows(t, 200, "Set your password")
	form.submit(t, "name", "Olivia", "password", "short").shows(t, 400).complains(t, "password", "15")
	p := form.submit(t, "name", "", "password", rafftest.Password).shows(t, 400).complains(t, "name", "name")
	p.submit(t, "name", "Olivia", "password", rafftest.Password).shows(t, 200, "Your password is set", "owner@example.com")
	form.submit(t, "name", "Olivia", "password", rafftest.Password).shows(t, 410, "already used")
	open(t, srv.OwnerLink).shows(t, 410, "already used")
	m := srv.Do(t, "GET", "/api/v1/members/"+srv.OwnerMemberID, srv.Key, nil).Want(t, 200).Data(t)
	if m["name"] != "Olivia" {
		t.Errorf("the Owner is called %v", m["name"])
	}
}

func TestTheHintIsTheRule(t *testing.T) {
	srv := rafftest.Start(t)
	const fifteen = "lamp orbit velv"
	form := open(t, srv.OwnerLink).shows(t, 200, "At least 15 characters")
	form.submit(t, "name", "Olivia", "password", fifteen[:14]).shows(t, 400).complains(t, "password", "15")
	form.submit(t, "name", "Olivia", "password", fifteen).shows(t, 200, "Your password is set")
}

// broken is a database that fails in a way nobody thought of.
type broken struct{ team.Store }

func (broken) InvitationByToken(context.Context, []byte) (team.Invitation, bool, error) {
	return team.Invitation{}, false, errors.New("table invitation has no column token")
}

func TestAnUnknownFailureTellsTheLogAndNobodyElse(t *testing.T) {
	var log bytes.Buffer
	svc := team.New(team.Options{Store: broken{}, Catalog: catalog.Default()})
	srv := httptest.NewServer(web.New(svc, slog.New(slog.NewTextHandler(&log, nil))))
	defer srv.Close()
	p := open(t, srv.URL+"/invite/secret-token").shows(t, 500, "Something went wrong", "Reference: ")
	if strings.Contains(p.source, "column") {
		t.Errorf("the page shows the failure: %s", p.text())
	}
	_, reference, _ := strings.Cut(p.text(), "Reference: ")
	for _, want := range []string{"no column token", "request_id=" + reference, `page="GET /invite/{token}"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "secret-token") {
		t.Errorf("the log shows the token: %s", log.String())
	}
}
