package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// TestCustomCatalog runs a server for another product, with its own permissions and roles.
func TestCustomCatalog(t *testing.T) {
	def, err := os.ReadFile("../internal/permission/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(def), "permissions:\n", "permissions:\n  - {name: doc.share, category: Documents, description: Share documents}\n", 1)
	text = strings.Replace(text, "  project:\n", "  project:\n    - {slug: editor, name: Editor, description: Writes, permissions: [doc.share]}\n", 1)
	file := filepath.Join(t.TempDir(), "catalog.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := rafftest.Start(t, rafftest.WithCatalog(file))
	editor := srv.RoleID(t, "project", "editor")
	_, user := srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
	srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{"target_user_id": user, "role_id": editor}).Want(t, 201)
	res := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "x", "slug": "x", "scope": "project", "permissions": []string{"doc.shar"}}).Want(t, 400).JSON(t)
	if res["suggestion"] != "doc.share" {
		t.Errorf("the nearest name: %v", res)
	}
}
