// Package operatorapi implements the operator's API over HTTP, which is served on a listener of its own. routes.go is the table of
// operations, handle.go handles every request, and the other files convert between the structs of package api and the domain.
package operatorapi

import (
	"context"
	"net/http"
	"slices"

	"raff/internal/audit"
	"raff/internal/front"
	"raff/internal/operator"
	"raff/internal/rest"
)

// Route is one operation of the API.
type Route struct {
	Method    string
	Pattern   string // pattern of net/http.ServeMux
	Operation string // operationId in operator.yaml
	Status    int    // of success
	// Access is what the operator key must be allowed to do.
	Access Access
	// Query are the names of the query parameters, separated by spaces; others are refused.
	Query string

	handle func(*server, context.Context, *call) (any, error)
}

// Access says who may call an operation.
type Access int

// The levels of access. Open needs no key.
const (
	Open Access = iota
	Read
	Support
	Write
)

// Routes lists all operations of the API.
func Routes() []Route { return slices.Clone(routes) }

var routes = []Route{
	{"GET", "/health", "healthCheck", 200, Open, "", (*server).health},
	{"GET", "/operator.yaml", "getOperatorAPI", 200, Open, "", (*server).description},
	{"GET", "/operator/v1/whoami", "whoami", 200, Read, "", (*server).whoami},
	{"GET", "/operator/v1/accounts", "listAccounts", 200, Read, "q state limit offset cursor", (*server).listAccounts},
	{"POST", "/operator/v1/accounts", "createAccount", 201, Write, "", (*server).createAccount},
	{"GET", "/operator/v1/accounts/{id}", "getAccount", 200, Read, "", (*server).getAccount},
	{"PATCH", "/operator/v1/accounts/{id}", "updateAccount", 200, Write, "", (*server).updateAccount},
	{"DELETE", "/operator/v1/accounts/{id}", "deleteAccount", 200, Write, "grace_days", (*server).deleteAccount},
	{"GET", "/operator/v1/accounts/{id}/export", "exportAccount", 200, Write, "", (*server).exportAccount},
	{"GET", "/operator/v1/accounts/{id}/usage", "getAccountUsage", 200, Read, "from to", (*server).accountUsage},
	{"GET", "/operator/v1/usage", "listUsage", 200, Read, "date limit offset cursor", (*server).listUsage},
	{"POST", "/operator/v1/accounts/{id}/suspend", "suspendAccount", 200, Write, "", (*server).suspendAccount},
	{"POST", "/operator/v1/accounts/{id}/resume", "resumeAccount", 200, Write, "", (*server).resumeAccount},
	{"POST", "/operator/v1/accounts/{id}/owner", "changeOwner", 200, Write, "", (*server).changeOwner},
	{"GET", "/operator/v1/accounts/{id}/support-access", "getSupportAccess", 200, Read, "", (*server).getSupport},
	{"POST", "/operator/v1/accounts/{id}/support-sessions", "openSupportSession", 201, Support, "", (*server).openSupport},
	{"DELETE", "/operator/v1/accounts/{id}/support-sessions/{session_id}", "endSupportSession", 200, Support, "", (*server).endSupport},
	{"GET", "/operator/v1/people", "findPerson", 200, Read, "email", (*server).findPerson},
	{"GET", "/operator/v1/people/export", "exportPersonByEmail", 200, Write, "email", (*server).exportPersonByEmail},
	{"POST", "/operator/v1/people/erase", "erasePerson", 202, Write, "", (*server).erasePerson},
	{"GET", "/operator/v1/erasures/{id}", "getErasure", 200, Read, "", (*server).getErasure},
	{"GET", "/operator/v1/people/{id}", "getPerson", 200, Read, "", (*server).getPerson},
	{"GET", "/operator/v1/people/{id}/export", "exportPerson", 200, Write, "", (*server).exportPerson},
	{"POST", "/operator/v1/people/{id}/password-link", "createPasswordLink", 200, Write, "", (*server).makePasswordLink},
	{"POST", "/operator/v1/people/{id}/reset-second-factors", "resetSecondFactors", 200, Write, "", (*server).resetFactors},
	{"GET", "/operator/v1/nodes", "listNodes", 200, Read, "", (*server).listNodes},
	{"DELETE", "/operator/v1/nodes/{id}", "forgetNode", 200, Write, "", (*server).forgetNode},
	{"GET", "/operator/v1/jobs", "listJobs", 200, Read, "node_id name", (*server).listJobs},
	{"POST", "/operator/v1/jobs/{name}/run", "runJob", 200, Write, "", (*server).runJob},
	{"GET", "/operator/v1/outbox", "listEmails", 200, Read, "account_id state limit offset cursor", (*server).listMails},
	{"POST", "/operator/v1/outbox/{id}/retry", "retryEmail", 200, Write, "", (*server).retryMail},
	{"DELETE", "/operator/v1/outbox/{id}", "cancelEmail", 200, Write, "", (*server).cancelMail},
	{"GET", "/operator/v1/catalog", "getCatalog", 200, Read, "", (*server).getCatalog},
	{"PUT", "/operator/v1/catalog", "applyCatalog", 200, Write, "", (*server).applyCatalog},
	{"POST", "/operator/v1/catalog/diff", "compareCatalog", 200, Read, "", (*server).compareCatalog},
	{"GET", "/operator/v1/audit-events", "listOperatorEvents", 200, Read, "action target since until limit offset cursor", (*server).listEvents},
}

type server struct {
	svc   *operator.Service
	log   *audit.Service
	front *front.Front
}

type endpoint = rest.Endpoint[Route]

// New returns the handler of the API, behind the front f.
func New(svc *operator.Service, log *audit.Service, f *front.Front) front.Face {
	s := &server{svc: svc, log: log, front: f}
	return front.Face{
		Name: "operator", Fail: s.failed, Slow: func(r *http.Request) bool { return front.Searches(r.URL, "q", "action", "target") },
		Handler: rest.Handler(routes, (*Route).at, "/", s.serve),
	}
}

// at is where the operation is.
func (r *Route) at() (method, pattern string) { return r.Method, r.Pattern }
