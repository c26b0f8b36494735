package httpapi_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"raff/internal/httpapi"
	"raff/internal/rafftest"
	"raff/internal/signin"
)

// The matrix has the status of a well-formed request for every operation and every kind of principal. It is written by
// hand from the documented permissions, not derived from the code. The test fails if a route has no row.
// Columns: keys of an Owner, Admin, Billing, Member, a role with only members.invite, a role with only members.manage,
// a key that is only Project Admin, one that is only project Viewer, one without any role, and the Owner of another
// account. After the bar: signed-in users, as Owner, Admin and Member, then
// the operator's support, let in to read and to write. Unusable credentials (suspended, expired,
// inactive, revoked, none) get the same status everywhere.
const matrix = `
                         owner admin bill member invite manage padmin pview none other | Owner Admin Member | sread swrite
listMembers              200   200   403  200    403    200    403    403   403  200   | 200   200   200 | 200   200
addMembers               200   200   403  403    200    200    403    403   403  200   | 200   200   403 | 403   200
getMember                200   200   403  200    403    200    403    403   403  404   | 200   200   200 | 200   200
addMember                201   201   403  403    201    201    403    403   403  400   | 201   201   403 | 403   201
updateMember             200   200   403  403    403    200    403    403   403  404   | 200   200   403 | 403   200
removeMember             200   200   403  403    403    200    403    403   403  404   | 200   200   403 | 403   200
listRoles                200   200   403  403    200    200    200    403   403  200   | 200   200   403 | 200   200
getRole                  200   200   403  403    200    200    200    403   403  404   | 200   200   403 | 200   200
createRole               201   201   403  403    403    403    403    403   403  201   | 201   201   403 | 403   201
updateRole               200   200   403  403    403    403    403    403   403  404   | 200   200   403 | 403   200
previewRole              200   200   403  403    403    403    403    403   403  404   | 200   200   403 | 403   200
deleteRole               200   403   403  403    403    403    403    403   403  404   | 200   403   403 | 403   200
listPermissions          200   200   200  200    200    200    200    200   200  200   | 200   200   200 | 200   200
listApiKeys              200   200   403  403    403    403    403    403   403  200   | 200   200   403 | 200   200
createApiKey             201   201   403  403    403    403    403    403   403  201   | 201   201   403 | 403   403
getApiKey                200   200   403  403    403    403    403    403   403  404   | 200   200   403 | 200   200
updateApiKey             200   200   403  403    403    403    403    403   403  404   | 200   200   403 | 403   403
regenerateApiKey         200   200   403  403    403    403    403    403   403  404   | 200   200   403 | 403   403
revokeApiKey             200   403   403  403    403    403    403    403   403  404   | 200   403   403 | 403   403
listInvitations          200   200   403  200    200    200    403    403   403  200   | 200   200   200 | 200   200
createAccountInvitation  201   201   403  403    201    201    403    403   403  400   | 201   201   403 | 403   201
getInvitation            200   200   403  200    200    200    403    403   403  404   | 200   200   200 | 200   200
resendInvitation         200   200   403  403    200    200    403    403   403  404   | 200   200   403 | 403   200
createInvitationLink     200   200   403  403    200    200    403    403   403  404   | 200   200   403 | 403   403
cancelInvitation         200   200   403  403    200    200    403    403   403  404   | 200   200   403 | 403   200
whoami                   200   200   200  200    200    200    200    200   200  200   | 200   200   200 | 200   200
listProjects             200   200   200  200    200    200    200    200   200  200   | 200   200   200 | 200   200
createProject            201   201   403  403    403    403    403    403   403  201   | 201   201   403 | 403   201
getProject               200   200   403  200    403    403    200    200   403  404   | 200   200   200 | 200   200
updateProject            200   200   403  403    403    403    403    403   403  404   | 200   200   403 | 403   200
deleteProject            200   403   403  403    403    403    403    403   403  404   | 200   403   403 | 403   200
listProjectMembers       200   200   403  403    403    200    200    200   403  404   | 200   200   403 | 200   200
addProjectMember         201   201   403  403    403    201    201    403   403  404   | 201   201   403 | 403   201
addProjectMembers        200   200   403  403    403    200    200    403   403  404   | 200   200   403 | 403   200
getProjectMember         200   200   403  403    403    200    200    200   403  404   | 200   200   403 | 200   200
updateProjectMember      200   200   403  403    403    200    200    403   403  404   | 200   200   403 | 403   200
removeProjectMember      200   200   403  403    403    200    200    403   403  404   | 200   200   403 | 403   200
listProjectInvitations   200   200   403  403    403    200    200    200   403  404   | 200   200   403 | 200   200
createProjectInvitation  201   201   403  403    403    201    201    403   403  404   | 201   201   403 | 403   201
lookupUser               200   200   403  200    403    200    403    403   403  404   | 200   200   200 | 200   200
getAccount               200   200   403  200    403    403    403    403   403  200   | 200   200   200 | 200   200
updateAccount            200   200   403  403    403    403    403    403   403  200   | 200   200   403 | 403   403
transferOwnership        403   403   403  403    403    403    403    403   403  403   | 400   403   403 | 403   403
listExternalIds          200   200   403  200    403    403    403    403   403  200   | 200   200   200 | 200   200
setExternalId            200   200   403  403    403    403    403    403   403  404   | 200   200   403 | 403   200
removeExternalId         200   200   403  403    403    403    403    403   403  404   | 200   200   403 | 403   200
verifyKey                200   200   403  403    403    200    403    403   403  200   | 200   200   403 | 403   200
verifySession            200   200   403  403    403    200    403    403   403  200   | 200   200   403 | 403   200
listAuditEvents          200   200   403  403    403    403    403    403   403  200   | 200   200   403 | 200   200
getSupportAccess         200   200   403  200    403    403    403    403   403  200   | 200   200   200 | 200   200
grantSupportAccess       201   201   403  403    403    403    403    403   403  201   | 201   201   403 | 403   403
endSupportAccess         200   200   403  403    403    403    403    403   403  200   | 200   200   403 | 403   403
`

// unusable has the unusable credentials, and the status that they get for every operation that requires a credential.
var unusable = map[string]int{"suspended": 403, "expired": 401, "inactive": 401, "revoked": 401, "nobody": 401}

// open has the operations without a credential, and their status for an unknown token.
var open = map[string]int{"healthCheck": 200, "readyCheck": 200, "getOpenAPI": 200, "getOpenAPIJSON": 200, "acceptInvitation": 404, "declineInvitation": 404}

func TestPermissionMatrix(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		want := parseMatrix(t)
		f := newFixture(t, srv)
		for _, r := range httpapi.Routes() {
			row, listed := want[r.Operation]
			status, isOpen := open[r.Operation]
			switch {
			case r.Open != isOpen:
				t.Errorf("%s: open is %v in the table of routes and %v in this test", r.Operation, r.Open, isOpen)
			case isOpen:
				for name, key := range f.keys {
					f.try(t, r, name, key, status)
				}
			case !listed:
				t.Errorf("%s %s (%s) has no row in the matrix", r.Method, r.Pattern, r.Operation)
			default:
				for name, status := range row {
					f.try(t, r, name, f.keys[name], status)
				}
				for name, status := range unusable {
					f.try(t, r, name, f.keys[name], status)
				}
			}
			delete(want, r.Operation)
		}
		for operation := range want {
			t.Errorf("the matrix has the row %s, but there is no such route", operation)
		}
	}, rafftest.WithOperator())
}

func parseMatrix(t *testing.T) map[string]map[string]int {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(matrix), "\n")
	names := strings.Fields(strings.ReplaceAll(lines[0], "|", ""))
	rows := map[string]map[string]int{}
	for _, l := range lines[1:] {
		cells := strings.Fields(strings.ReplaceAll(l, "|", ""))
		if len(cells) != len(names)+1 {
			t.Fatalf("row %q has %d cells, not %d", l, len(cells)-1, len(names))
		}
		row := map[string]int{}
		for i, n := range names {
			status, err := strconv.Atoi(cells[i+1])
			if err != nil {
				t.Fatal(err)
			}
			row[n] = status
		}
		rows[cells[0]] = row
	}
	return rows
}

// fixture is an account with one key of each kind. Every request uses its own objects, so that the cells are independent.
type fixture struct {
	srv   *rafftest.Server
	keys  map[string]string
	roles map[string]string
	n     int
}

func newFixture(t *testing.T, srv *rafftest.Server) *fixture {
	t.Helper()
	f := &fixture{srv: srv, roles: map[string]string{}}
	for slug, permission := range map[string]string{"inviter": "account.members.invite", "manager": "account.members.manage"} {
		f.roles[slug] = f.make(t, "/api/v1/roles", map[string]any{"name": slug, "slug": slug, "scope": "account", "permissions": []string{permission}})
	}
	f.keys = map[string]string{
		"owner": srv.Key, "other": srv.NewAccount(t, "Other", "owner@other.example.com").Key, "nobody": "",
		"admin": srv.NewKey(t, "admin", srv.RoleID(t, "account", "admin")), "bill": srv.NewKey(t, "billing", srv.RoleID(t, "account", "billing")),
		"member": srv.NewKey(t, "member", srv.RoleID(t, "account", "member")), "none": srv.NewKey(t, "none", ""),
		"invite": srv.NewKey(t, "inviter", f.roles["inviter"]), "manage": srv.NewKey(t, "manager", f.roles["manager"]),
		"padmin": f.projectKey(t, "project-admin"), "pview": f.projectKey(t, "viewer"),
	}
	f.people(t)
	f.spoil(t, "suspended", func(id string) {
		member := f.memberOfKey(t, id)
		srv.Do(t, "PATCH", "/api/v1/members/"+member, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
	})
	f.spoil(t, "inactive", func(id string) {
		srv.Do(t, "PATCH", "/api/v1/api-keys/"+id, srv.Key, map[string]any{"is_active": false}).Want(t, 200)
	})
	f.spoil(t, "revoked", func(id string) { srv.Do(t, "DELETE", "/api/v1/api-keys/"+id, srv.Key, nil).Want(t, 200) })
	f.spoil(t, "expired", func(id string) {
		at := srv.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		srv.Do(t, "PATCH", "/api/v1/api-keys/"+id, srv.Key, map[string]any{"expires_at": at}).Want(t, 200)
	})
	srv.Advance(2 * time.Minute)
	return f
}

// people signs in three users.
func (f *fixture) people(t *testing.T) {
	t.Helper()
	if err := f.srv.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, f.srv.OwnerLink), Name: "Owner", Password: rafftest.Password}); err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]string{"Admin": "admin", "Member": "member"} {
		f.srv.NewMember(t, strings.ToLower(name)+"@example.com", name, f.srv.RoleID(t, "account", role))
	}
	for _, name := range []string{"Owner", "Admin", "Member"} {
		f.keys[name] = f.srv.SignIn(t, strings.ToLower(name)+"@example.com")
	}
}

// spoil creates a key with the role Admin and makes it unusable.
func (f *fixture) spoil(t *testing.T, name string, how func(id string)) {
	t.Helper()
	id, secret := f.srv.NewKeyID(t, name, f.srv.RoleID(t, "account", "admin"))
	f.srv.Do(t, "GET", "/api/v1/members", secret, nil).Want(t, 200)
	how(id)
	f.keys[name] = secret
}

func (f *fixture) projectKey(t *testing.T, role string) string {
	t.Helper()
	id, secret := f.srv.NewKeyID(t, role, "")
	f.make(t, "/api/v1/projects/"+f.srv.ProjectID+"/members", map[string]any{"api_key_id": id, "role_id": f.srv.RoleID(t, "project", role)})
	return secret
}

func (f *fixture) memberOfKey(t *testing.T, keyID string) string {
	t.Helper()
	page := f.srv.Do(t, "GET", "/api/v1/members?limit=1000&principal_type=api_key", f.srv.Key, nil).Want(t, 200).JSON(t)
	for _, each := range page["data"].([]any) {
		if m := each.(map[string]any); m["api_key_id"] == keyID {
			return m["id"].(string)
		}
	}
	t.Fatalf("no member is the key %s", keyID)
	return ""
}

// make creates an object as the Owner and returns its id.
func (f *fixture) make(t *testing.T, path string, body any) string {
	t.Helper()
	return f.srv.Do(t, "POST", path, f.srv.Key, body).Want(t, 201).Data(t)["id"].(string)
}

func (f *fixture) try(t *testing.T, r httpapi.Route, name, key string, want int) {
	t.Helper()
	path, body := f.request(t, r)
	if level, support := map[string]string{"sread": "read", "swrite": "write"}[name]; support {
		key, _ = f.srv.Support(t, level)
	}
	res := f.srv.Do(t, r.Method, path, key, body)
	if res.Status != want {
		t.Errorf("%s by %s: status %d, want %d: %s", r.Operation, name, res.Status, want, res.Body)
	}
	if want == 401 && key != "" {
		if nobody := f.srv.Do(t, r.Method, path, "", body); stripID(nobody.Body) != stripID(res.Body) {
			t.Errorf("%s by %s: the 401 differs from that without a credential:\n%s\n%s", r.Operation, name, res.Body, nobody.Body)
		}
	}
}

// stripID removes the request id, which is the only difference between two refusals.
func stripID(b []byte) string {
	before, after, found := strings.Cut(string(b), `"request_id":"`)
	if !found {
		return string(b)
	}
	_, after, _ = strings.Cut(after, `"`)
	return before + after
}

// request returns a well-formed request for the operation, with new objects.
func (f *fixture) request(t *testing.T, r httpapi.Route) (path string, body any) {
	t.Helper()
	f.n++
	email := fmt.Sprintf("person%d@example.com", f.n)
	name := fmt.Sprintf("thing-%d", f.n)
	id := ""
	switch {
	case strings.HasPrefix(r.Pattern, "/api/v1/members/{"):
		id, _ = f.srv.NewMember(t, email, "Bob", f.roles["inviter"])
	case strings.HasPrefix(r.Pattern, "/api/v1/roles/"):
		id = f.make(t, "/api/v1/roles", map[string]any{"name": name, "slug": name, "scope": "account", "permissions": []string{"account.members.view"}})
	case strings.HasPrefix(r.Pattern, "/api/v1/api-keys/"):
		id = f.make(t, "/api/v1/api-keys", map[string]any{"name": name})
	case strings.HasPrefix(r.Pattern, "/api/v1/invitations/{"):
		id = f.make(t, "/api/v1/invitations", map[string]any{"email": email, "role_id": f.roles["inviter"]})
	case strings.HasPrefix(r.Pattern, "/api/v1/projects/"):
		id = f.srv.ProjectID
		if r.Operation == "deleteProject" {
			id = f.make(t, "/api/v1/projects", map[string]any{"name": name})
		}
	}
	path = strings.Replace(r.Pattern, "{id}", id, 1)
	viewer := f.srv.RoleID(t, "project", "viewer")
	if strings.Contains(path, "{member_id}") {
		_, user := f.srv.NewMember(t, email, "Bob", f.roles["inviter"])
		member := f.make(t, "/api/v1/projects/"+id+"/members", map[string]any{"target_user_id": user, "role_id": viewer})
		path = strings.Replace(path, "{member_id}", member, 1)
	}
	switch r.Operation {
	case "listExternalIds":
		path += "?kind=project"
	case "setExternalId", "removeExternalId":
		x := map[string]any{"kind": "project", "source": "test", "id": name, "object_id": f.make(t, "/api/v1/projects", map[string]any{"name": name})}
		if body = x; r.Operation == "removeExternalId" {
			f.srv.Do(t, "PUT", r.Pattern, f.srv.Key, x).Want(t, 200)
			path, body = path+"?kind=project&source=test&id="+name, nil
		}
	case "verifyKey":
		body = map[string]any{"key": "raff_" + strings.Repeat("0", 64)}
	case "verifySession":
		body = map[string]any{"token": strings.Repeat("A", 43)}
	case "addMembers":
		body = map[string]any{"members": []any{map[string]any{"email": email, "role_id": f.roles["inviter"]}}}
	case "addProjectMembers":
		body = map[string]any{"members": []any{map[string]any{"email": email, "role_id": viewer}}}
	case "lookupUser":
		path += "?email=owner@example.com"
	case "transferOwnership":
		body = map[string]any{"member_id": f.srv.OwnerMemberID, "current_password": rafftest.Password}
	case "addMember", "createAccountInvitation":
		body = map[string]any{"email": email, "role_id": f.roles["inviter"]}
	case "createProjectInvitation":
		body = map[string]any{"email": email, "role_id": viewer}
	case "addProjectMember":
		_, user := f.srv.NewMember(t, email, "Bob", f.roles["inviter"])
		body = map[string]any{"target_user_id": user, "role_id": viewer}
	case "updateMember", "updateProjectMember":
		body = map[string]any{"status": "suspended"}
	case "createRole":
		body = map[string]any{"name": name, "slug": name, "scope": "account", "permissions": []string{"account.members.view"}}
	case "updateRole", "previewRole", "updateApiKey", "updateAccount":
		body = map[string]any{"name": name + "-new"}
	case "createApiKey", "createProject":
		body = map[string]any{"name": name}
	case "updateProject":
		body = map[string]any{"description": name}
	case "acceptInvitation":
		body = map[string]any{"token": strings.Repeat("A", 43), "name": "Eve", "password": rafftest.Password}
	case "declineInvitation":
		body = map[string]any{"token": strings.Repeat("A", 43)}
	case "endSupportAccess":
		f.srv.Do(t, "POST", path, f.srv.Key, nil).Want(t, 201)
	}
	return path, body
}
