// Package web serves the dashboard and the pages that are opened from links in emails. Pages are rendered on the
// server, work without JavaScript, and load nothing from other sites.
package web

import (
	"net/http"
	"net/url"
	"strings"

	"raff/internal/audit"
	"raff/internal/brand"
	"raff/internal/front"
	"raff/internal/signin"
	"raff/internal/team"
)

// New returns the handler of the pages of a product with this brand, behind the front f, and of pages that call the API. It handles every path; for unknown ones it responds with a "not found" page.
func New(svc *team.Service, in *signin.Service, log *audit.Service, f *front.Front, b brand.Brand, api API) front.Face {
	p := &pages{svc: svc, signin: in, audit: log, front: f, look: newLook(b), secure: f.Secure(), api: api}
	mux := http.NewServeMux()
	for pattern, handle := range p.open() {
		mux.HandleFunc(pattern, p.serve(p.bounded(filled(handle))))
	}
	for pattern, handle := range p.inside() {
		mux.HandleFunc(pattern, p.serve(p.bounded(p.signedIn(handle))))
	}
	for _, pattern := range p.postOnly() {
		mux.HandleFunc(pattern.from, p.serve(p.bounded(pattern.lead)))
	}
	mux.Handle("GET /assets/", p.assets())
	mux.HandleFunc("/", p.serve(p.bounded(p.missing)))

	denied := p.serve(p.crossOrigin)
	own := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.CheckOrigin(r) != nil {
			denied(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
	return front.Face{Name: "pages", Handler: secure(ownForms(own)), Fail: p.serve(p.failed), Slow: slow}
}

// slow reports whether a page reads the audit log or searches.
func slow(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/audit") || front.Searches(r.URL, "q")
}

// detour redirects a GET of a path that only accepts forms to the page of the form. Such paths stay in the browser's
// address bar when a form is shown again with an error.
type detour struct {
	from string // pattern
	up   int    // number of path segments to drop
}

func (d detour) lead(r *http.Request) (reply, error) {
	parts := strings.Split(r.URL.Path, "/")
	to := url.URL{Path: strings.Join(parts[:len(parts)-d.up], "/"), RawQuery: r.URL.RawQuery}
	if to.Path == "" {
		to.Path = "/"
	}
	return goTo(to.String())
}

// postOnly are the detours for all paths without a page.
func (p *pages) postOnly() []detour {
	gets, all := map[string]bool{"/": true}, []string{}
	add := func(pattern string) {
		method, path, _ := strings.Cut(pattern, " ")
		if method == http.MethodGet {
			gets[path] = true
		} else {
			all = append(all, path)
		}
	}
	for pattern := range p.open() {
		add(pattern)
	}
	for pattern := range p.inside() {
		add(pattern)
	}
	var out []detour
	for _, path := range all {
		d := detour{from: "GET " + path}
		for ; !gets[path]; d.up++ {
			path = path[:strings.LastIndexByte(path, '/')]
			if path == "" {
				path = "/"
			}
		}
		if d.up > 0 {
			out = append(out, d)
		}
	}
	return out
}

// open are the public pages.
func (p *pages) open() map[string]func(*http.Request) (reply, error) {
	return map[string]func(*http.Request) (reply, error){
		"GET /{$}":                         p.home,
		"GET /robots.txt":                  p.robots,
		"GET /favicon.ico":                 p.favicon,
		"GET /.well-known/change-password": p.changePasswordPage,
		"GET /sign-in":                     p.showSignIn,
		"POST /sign-in":                    p.signIn,
		"POST /sign-in/passkey":            p.signInWithPasskey,
		"POST /sign-in/passkey/options":    p.passkeyToSignIn,
		"GET /sign-in/second":              p.showSecond,
		"POST /sign-in/second":             p.proveSecond,
		"POST /sign-in/second/options":     p.passkeyToProve,
		"GET /forgot":                      p.showForgot,
		"POST /forgot":                     p.forgot,
		"GET /invite/{token}":              p.showInvitation,
		"POST /invite/{token}":             p.answerInvitation,
		"GET /password/{token}":            p.showPassword,
		"POST /password/{token}":           p.setPassword,
		"GET /support/{token}":             p.showSupportLink,
		"POST /support/{token}":            p.enterSupport,
	}
}

// inside are the pages for signed-in users.
func (p *pages) inside() map[string]func(*visit) (reply, error) {
	return map[string]func(*visit) (reply, error){
		"POST /sign-out":                p.signOut,
		"POST /account":                 p.switchAccount,
		"GET /profile":                  p.showProfile,
		"POST /profile/password":        p.changePassword,
		"POST /profile/password/remove": p.removePassword,
		"POST /profile/confirm":         p.passkeyToConfirm,
		"POST /profile/sessions":        p.endSessions,
		"POST /profile/name":            p.changeName,
		"POST /profile/language":        p.changeLanguage,
		"POST /profile/email":           p.requestEmail,
		"GET /email/{token}":            p.showEmail,
		"POST /email/{token}":           p.confirmEmail,
		"POST /profile/leave":           p.leave,
		"POST /profile/display":         p.changeDisplay,

		"POST /profile/factors":                 p.changeFactors,
		"GET /profile/factors/app":              p.showApp,
		"POST /profile/factors/app":             p.beginApp,
		"POST /profile/factors/app/confirm":     p.confirmApp,
		"POST /profile/factors/passkey":         p.addPasskey,
		"POST /profile/factors/passkey/options": p.passkeyOptions,

		"GET /members":                                       p.showMembers,
		"POST /members/bulk":                                 p.bulk,
		"GET /members/export":                                p.exportMembers,
		"GET /members/import":                                p.showImport,
		"POST /members/import":                               p.previewImport,
		"POST /members/import/confirm":                       p.importPeople,
		"GET /members/{id}/actions":                          p.showMemberActions,
		"GET /members/{id}/role":                             p.showMemberRole,
		"GET /members/{id}/why":                              p.showWhy,
		"GET /members/{id}":                                  p.showMember,
		"POST /members/{id}/projects":                        p.addToProject,
		"POST /members/{id}/memberships/{membership}":        p.changeMember,
		"GET /members/{id}/memberships/{membership}/suspend": p.showSuspension,
		"GET /members/{id}/memberships/{membership}/remove":  p.showRemoval,
		"POST /members/{id}/memberships/{membership}/remove": p.removeMember,

		"GET /invitations":              p.showInvitations,
		"GET /invitations/new":          p.showInvite,
		"POST /invitations/new":         p.showInvite,
		"POST /invitations":             p.invite,
		"POST /invitations/{id}/resend": p.resendInvitation,
		"GET /invitations/{id}/cancel":  p.showCancellation,
		"POST /invitations/{id}/cancel": p.cancelInvitation,
		"POST /invitations/{id}/link":   p.linkInvitation,

		"GET /projects":               p.showProjects,
		"GET /projects/new":           p.showNewProject,
		"POST /projects":              p.createProject,
		"GET /projects/{id}":          p.showProject,
		"POST /projects/{id}":         p.changeProject,
		"GET /projects/{id}/add":      p.showAdd,
		"POST /projects/{id}/members": p.addToProjectPage,
		"POST /projects/{id}/keys":    p.addKey,
		"GET /projects/{id}/delete":   p.showProjectDeletion,
		"POST /projects/{id}/delete":  p.deleteProject,

		"GET /roles":              p.showRoles,
		"GET /roles/new":          p.showNewRole,
		"POST /roles":             p.createRole,
		"GET /roles/{id}":         p.showRole,
		"GET /roles/{id}/edit":    p.showRoleForm,
		"POST /roles/{id}/edit":   p.changeRole,
		"GET /roles/{id}/delete":  p.showRoleDeletion,
		"POST /roles/{id}/delete": p.deleteRole,

		"GET /keys":                  p.showKeys,
		"GET /keys/new":              p.showNewKey,
		"POST /keys":                 p.createKey,
		"GET /keys/{id}/why":         p.showKeyWhy,
		"GET /keys/{id}":             p.showKey,
		"POST /keys/{id}":            p.changeKey,
		"POST /keys/{id}/active":     p.switchKey,
		"POST /keys/{id}/regenerate": p.regenerateKey,
		"POST /keys/{id}/revoke":     p.revokeKey,
		"POST /keys/{id}/roles":      p.seatOfKey,

		"GET /request/{operation}":  p.showTry,
		"POST /request/{operation}": p.sendTry,

		"GET /permissions/{name}": p.showPermission,
		"GET /find":               p.showFound,
		"GET /overview":           p.showOverview,
		"GET /palette":            p.showPalette,
		"GET /keyboard":           p.showKeyboard,

		"GET /audit":        p.showAudit,
		"GET /audit/export": p.exportAudit,

		"GET /settings":              p.showSettings,
		"POST /settings":             p.changeSettings,
		"POST /settings/policy":      p.changeSettings,
		"POST /settings/language":    p.changeSettings,
		"POST /settings/factor":      p.changeSettings,
		"POST /settings/support":     p.grantSupport,
		"POST /settings/support/end": p.endSupport,
		"GET /settings/owner":        p.showTransfer,
		"POST /settings/owner":       p.transferOwnership,
	}
}
