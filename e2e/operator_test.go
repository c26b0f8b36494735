package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/server"
)

// ownCatalog is the default catalog with report.read instead of vm.console.
func ownCatalog(t *testing.T) string {
	t.Helper()
	def, err := os.ReadFile("../internal/permission/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "catalog.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(def), "vm.console", "report.read")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// command opens the database like one of the operator's commands.
func command(t *testing.T, srv *rafftest.Server) *server.Server {
	t.Helper()
	s, err := server.Open(t.Context(), server.Config{Database: srv.Database, Mode: server.Looking})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestReadOnlyCommandsChangeNothing runs commands next to a server with its own catalog.
func TestReadOnlyCommandsChangeNothing(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		db := openSQL(t, srv.Database)
		defer db.Close() //nolint:errcheck // nothing is pending on it
		dump := func() (all []string) {
			for _, table := range []string{"roles", "settings", "goose_db_version"} {
				all = append(all, answers(t, db, "SELECT '"+table+"', CAST(x AS TEXT) FROM (SELECT "+map[string]string{
					"roles": "slug || permissions || updated_at", "settings": "name || value", "goose_db_version": "version_id",
				}[table]+" AS x FROM "+table+") AS y ORDER BY 2")...)
			}
			return all
		}
		before := dump()
		s := command(t, srv)
		if s.PublicURL() != srv.URL {
			t.Errorf("public URL %s, want that of the server, %s", s.PublicURL(), srv.URL)
		}
		if err := s.VerifyAudit(t.Context(), &bytes.Buffer{}, server.AuditCheck{}); err != nil {
			t.Error(err)
		}
		if after := dump(); !reflect.DeepEqual(before, after) {
			t.Errorf("a read-only command changed the database:\n%q\n%q", before, after)
		}
		// An older schema is not changed, either.
		if _, err := db.ExecContext(t.Context(), "DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)"); err != nil {
			t.Fatal(err)
		}
		before = dump()
		_, err := server.Open(t.Context(), server.Config{Database: srv.Database, Mode: server.Looking})
		if err == nil || !strings.Contains(err.Error(), "raffd migrate") {
			t.Errorf("an older schema: %v", err)
		}
		if after := dump(); !reflect.DeepEqual(before, after) {
			t.Errorf("a refused command changed the database:\n%q\n%q", before, after)
		}
	}, rafftest.WithCatalog(ownCatalog(t)))
}

// TestCatalogApply changes the catalog next to a running server.
func TestCatalogApply(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		other := srv.NewAccount(t, "Other", "owner@other.example.com")
		srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Console", "slug": "console", "scope": "project", "permissions": []string{"vm.console", "vm.view"}}).Want(t, 201)
		srv.Do(t, "GET", "/ready", "", nil).Want(t, 200)
		file := ownCatalog(t)

		// A node with another catalog does not start.
		_, err := server.Open(t.Context(), server.Config{Database: srv.Database, PublicURL: srv.URL, Catalog: file})
		if err == nil || !strings.Contains(err.Error(), "raffd catalog apply") {
			t.Fatalf("another catalog: %v", err)
		}
		var out bytes.Buffer
		if err := command(t, srv).ApplyCatalog(t.Context(), &out, file, true); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"System role Owner (owner, account), 4 memberships\n  + report.read\n  - vm.console\n", "Role Console (console, project) of account " + srv.AccountID + ", 0 memberships\n  - vm.console\n"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the preview lacks %q:\n%s", want, out.String())
			}
		}
		events := func(a rafftest.Account) []any {
			return srv.Do(t, "GET", "/api/v1/audit-events?action=catalog.applied", a.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
		}
		if n := len(events(srv.Account)); n != 0 {
			t.Errorf("a dry run wrote %d events", n)
		}
		if err := command(t, srv).ApplyCatalog(t.Context(), &out, file, false); err != nil {
			t.Fatal(err)
		}
		for a, custom := range map[*rafftest.Account]bool{&srv.Account: true, &other: false} {
			all := events(*a)
			if len(all) != 1 {
				t.Fatalf("%d events", len(all))
			}
			e := all[0].(map[string]any)
			roles := e["details"].(map[string]any)["roles"].([]any)
			found := false
			for _, r := range roles {
				found = found || r.(map[string]any)["role"] == "console"
			}
			if e["actor_type"] != "operator" || len(roles) == 0 || found != custom {
				t.Errorf("the event of %s: %v", a.AccountID, e)
			}
		}
		until(t, srv, "/ready", "", http.StatusServiceUnavailable)
		next := rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithCatalog(file), rafftest.WithoutAccount())
		until(t, next, "/ready", "", http.StatusOK)
		got := next.Do(t, "GET", "/api/v1/roles?scope=project", srv.Key, nil).Want(t, 200)
		if !strings.Contains(string(got.Body), "report.read") || strings.Contains(string(got.Body), "vm.console") {
			t.Errorf("the roles of a server that started since: %s", got.Body)
		}
	})
}
