// Package httpapi implements the API contract over HTTP: routes.go is the table of operations, handle.go handles every
// request (caller, body, response), and one file per resource converts between the structs of package api and the
// domain. All rules are in package team.
package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"raff/internal/audit"
	"raff/internal/front"
	"raff/internal/rest"
	"raff/internal/signin"
	"raff/internal/team"
)

// Options are the settings of the API.
type Options struct {
	// Ping reports whether the database is available; nil means that it is not checked.
	Ping func(context.Context) error
	// Support is where people get help, such as an email; empty if the operator set none.
	Support string
}

// Route is one operation of the API.
type Route struct {
	Method    string
	Pattern   string // pattern of net/http.ServeMux
	Operation string // operationId in openapi.yaml
	Status    int    // of success
	// Open routes need no credential.
	Open bool
	// Query are the names of the query parameters, separated by spaces; others are refused. "*" allows any.
	Query string
	// Permission describes who may call it; openapi.yaml has the same text as x-permission.
	Permission string

	handle func(*server, context.Context, *call) (any, error)
}

// endpoint is a path with its routes.
type endpoint = rest.Endpoint[Route]

// maxBody is the maximum body size in bytes.
func (r *Route) maxBody() int64 {
	if r.Operation == "addMembers" || r.Operation == "addProjectMembers" {
		return maxBulkBody
	}
	return rest.MaxBody
}

const (
	maxBulkBody     = 256 << 10 // 500 members with the longest emails
	defaultLimit    = 50
	defaultProjects = 20
)

// Routes lists all operations of the API.
func Routes() []Route { return slices.Clone(routes) }

const (
	anyone        = "no credential"
	anyCredential = "any valid credential"
	ownOrAll      = "account.projects.view or account.projects.manage for all; otherwise those the caller has a role in"
	inProject     = " in the project, or account.members.manage"

	paging        = "limit offset cursor"
	memberFilters = "status role_id email principal_type q external_id "
)

var routes = []Route{
	{"GET", "/health", "healthCheck", 200, true, "*", anyone, (*server).health},
	{"GET", "/ready", "readyCheck", 200, true, "*", anyone, (*server).ready},
	{"GET", "/openapi.yaml", "getOpenAPI", 200, true, "*", anyone, (*server).openAPI},
	{"GET", "/openapi.json", "getOpenAPIJSON", 200, true, "*", anyone, (*server).openAPIJSON},

	{"GET", "/api/v1/whoami", "whoami", 200, false, "", anyCredential, (*server).whoami},

	{"GET", "/api/v1/members", "listMembers", 200, false, memberFilters + "last_active projects " + paging, "account.members.view or account.members.manage", (*server).listMembers},
	{"POST", "/api/v1/members", "addMember", 201, false, "", "by email: account.members.invite or account.members.manage; otherwise account.members.manage", (*server).addMember},
	{"POST", "/api/v1/members/bulk", "addMembers", 200, false, "", "account.members.invite or account.members.manage; each row as in addMember", (*server).addMembers},
	{"GET", "/api/v1/members/{id}", "getMember", 200, false, "last_active projects", "account.members.view or account.members.manage", (*server).getMember},
	{"PATCH", "/api/v1/members/{id}", "updateMember", 200, false, "", "account.members.manage", (*server).updateMember},
	{"DELETE", "/api/v1/members/{id}", "removeMember", 200, false, "keep_keys", "account.members.manage or account.members.remove; while pending also account.members.invite", (*server).removeMember},

	{"GET", "/api/v1/roles", "listRoles", 200, false, "scope external_id limit offset", "account.roles.view, account.roles.manage or any permission to assign a role", (*server).listRoles},
	{"POST", "/api/v1/roles", "createRole", 201, false, "", "account.roles.create", (*server).createRole},
	{"GET", "/api/v1/roles/{id}", "getRole", 200, false, "", "account.roles.view, account.roles.manage or any permission to assign a role", (*server).getRole},
	{"PATCH", "/api/v1/roles/{id}", "updateRole", 200, false, "", "account.roles.manage", (*server).updateRole},
	{"POST", "/api/v1/roles/{id}/preview", "previewRole", 200, false, "", "account.roles.manage; the list of changes also requires account.members.view or account.members.manage", (*server).previewRole},
	{"DELETE", "/api/v1/roles/{id}", "deleteRole", 200, false, "reassign_to", "account.roles.delete", (*server).deleteRole},

	{"GET", "/api/v1/permissions", "listPermissions", 200, false, "scope", anyCredential, (*server).listPermissions},

	{"GET", "/api/v1/api-keys", "listApiKeys", 200, false, "scope external_id " + paging, "account.apikeys.view or account.apikeys.manage", (*server).listAPIKeys},
	{"POST", "/api/v1/api-keys", "createApiKey", 201, false, "", "account.apikeys.create", (*server).createAPIKey},
	{"GET", "/api/v1/api-keys/{id}", "getApiKey", 200, false, "", "account.apikeys.view or account.apikeys.manage", (*server).getAPIKey},
	{"PATCH", "/api/v1/api-keys/{id}", "updateApiKey", 200, false, "", "account.apikeys.manage", (*server).updateAPIKey},
	{"DELETE", "/api/v1/api-keys/{id}", "revokeApiKey", 200, false, "", "account.apikeys.revoke", (*server).revokeAPIKey},
	{"POST", "/api/v1/api-keys/{id}/regenerate", "regenerateApiKey", 200, false, "", "account.apikeys.manage", (*server).regenerateAPIKey},

	{"GET", "/api/v1/invitations", "listInvitations", 200, false, paging, "account.members.view, account.members.invite or account.members.manage", (*server).listInvitations},
	{"POST", "/api/v1/invitations", "createAccountInvitation", 201, false, "", "account.members.invite or account.members.manage", (*server).createInvitation},
	{"GET", "/api/v1/invitations/{id}", "getInvitation", 200, false, "", "account.members.view, account.members.invite or account.members.manage", (*server).getInvitation},
	{"DELETE", "/api/v1/invitations/{id}", "cancelInvitation", 200, false, "", "account.members.invite or account.members.manage", (*server).cancelInvitation},
	{"POST", "/api/v1/invitations/{id}/resend", "resendInvitation", 200, false, "", "account.members.invite or account.members.manage", (*server).resendInvitation},
	{"POST", "/api/v1/invitations/{id}/link", "createInvitationLink", 200, false, "", "account.members.invite or account.members.manage", (*server).invitationLink},
	{"POST", "/api/v1/invitations/accept", "acceptInvitation", 200, true, "", anyone, (*server).acceptInvitation},
	{"POST", "/api/v1/invitations/decline", "declineInvitation", 200, true, "", anyone, (*server).declineInvitation},

	{"GET", "/api/v1/projects", "listProjects", 200, false, "external_id " + paging, ownOrAll, (*server).listProjects},
	{"POST", "/api/v1/projects", "createProject", 201, false, "", "account.projects.create", (*server).createProject},
	{"GET", "/api/v1/projects/{id}", "getProject", 200, false, "", ownOrAll, (*server).getProject},
	{"PUT", "/api/v1/projects/{id}", "updateProject", 200, false, "", "account.projects.manage", (*server).updateProject},
	{"DELETE", "/api/v1/projects/{id}", "deleteProject", 200, false, "", "account.projects.delete", (*server).deleteProject},

	{"GET", "/api/v1/projects/{id}/members", "listProjectMembers", 200, false, memberFilters + paging, "project.members.view or project.members.manage" + inProject, (*server).listProjectMembers},
	{"POST", "/api/v1/projects/{id}/members", "addProjectMember", 201, false, "", "project.members.manage" + inProject, (*server).addProjectMember},
	{"POST", "/api/v1/projects/{id}/members/bulk", "addProjectMembers", 200, false, "", "project.members.invite or project.members.manage" + inProject + "; each row as in addProjectMember or createProjectInvitation", (*server).addMembers},
	{"GET", "/api/v1/projects/{id}/members/{member_id}", "getProjectMember", 200, false, "", "project.members.view or project.members.manage" + inProject, (*server).getProjectMember},
	{"PATCH", "/api/v1/projects/{id}/members/{member_id}", "updateProjectMember", 200, false, "", "project.members.manage" + inProject, (*server).updateProjectMember},
	{"DELETE", "/api/v1/projects/{id}/members/{member_id}", "removeProjectMember", 200, false, "keep_keys", "project.members.manage or project.members.remove" + inProject, (*server).removeProjectMember},
	{"GET", "/api/v1/projects/{id}/invitations", "listProjectInvitations", 200, false, paging, "project.members.view, project.members.invite or project.members.manage" + inProject, (*server).listProjectInvitations},
	{"POST", "/api/v1/projects/{id}/invitations", "createProjectInvitation", 201, false, "", "project.members.invite or project.members.manage" + inProject, (*server).createProjectInvitation},

	{"GET", "/api/v1/external-ids", "listExternalIds", 200, false, "kind source id object_id " + paging, "by kind: to view members, roles, API keys, or all projects", (*server).listExternalIDs},
	{"PUT", "/api/v1/external-ids", "setExternalId", 200, false, "", "account.members.manage, account.roles.manage, account.apikeys.manage or account.projects.manage, by kind; for a member or key also every permission that it holds", (*server).setExternalID},
	{"DELETE", "/api/v1/external-ids", "removeExternalId", 200, false, "kind source id", "as in setExternalId", (*server).removeExternalID},

	{"POST", "/api/v1/keys/verify", "verifyKey", 200, false, "", "account.decisions.evaluate", (*server).verifyKey},
	{"POST", "/api/v1/sessions/verify", "verifySession", 200, false, "", "account.decisions.evaluate", (*server).verifySession},

	{"GET", "/api/v1/users/lookup", "lookupUser", 200, false, "email user_id", "account.members.view or account.members.manage", (*server).lookupUser},
	{"GET", "/api/v1/account", "getAccount", 200, false, "", "account.settings.view or account.settings.manage", (*server).getAccount},
	{"PATCH", "/api/v1/account", "updateAccount", 200, false, "", "account.settings.manage; grant_policy: the Owner in person; require_second_factor: a person, never an API key", (*server).updateAccount},
	{"POST", "/api/v1/account/transfer-ownership", "transferOwnership", 200, false, "", "the Owner in person, who confirms with the password or a passkey, never an API key", (*server).transferOwnership},
	{"GET", "/api/v1/account/support-access", "getSupportAccess", 200, false, "", "account.settings.view or account.settings.manage", (*server).getSupport},
	{"POST", "/api/v1/account/support-access", "grantSupportAccess", 201, false, "", "account.settings.manage; level write also every account permission that it gives", (*server).grantSupport},
	{"DELETE", "/api/v1/account/support-access", "endSupportAccess", 200, false, "", "account.settings.manage", (*server).endSupport},

	{"GET", "/api/v1/audit-events", "listAuditEvents", 200, false, "actor action target project since until " + paging, "account.audit.view", (*server).listEvents},
}

type server struct {
	svc    *team.Service
	signin *signin.Service
	audit  *audit.Service
	front  *front.Front
	Options
}

// New returns the handler of the API, behind the front f.
func New(svc *team.Service, in *signin.Service, log *audit.Service, f *front.Front, o Options) front.Face {
	s := &server{svc: svc, signin: in, audit: log, front: f, Options: o}
	return front.Face{Name: "api", Fail: s.failed, Slow: slow, Handler: rest.Handler(routes, (*Route).at, "/api/", s.serve)}
}

// at is where the operation is.
func (r *Route) at() (method, pattern string) { return r.Method, r.Pattern }

// slow reports whether a request reads the audit log or searches.
func slow(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/v1/audit-events") || front.Searches(r.URL, "q")
}

// Answers reports whether a path belongs to the API, even if it does not exist.
func Answers(path string) bool {
	return strings.HasPrefix(path, "/api/") || path == "/health" || path == "/ready" || path == "/openapi.yaml" || path == "/openapi.json"
}

// failed handles a request whose handler panicked.
func (s *server) failed(w http.ResponseWriter, r *http.Request) {
	c := newCall(r)
	s.answer(r.Context(), w, c, &endpoint{}, 0, nil, front.ErrPanic)
}
