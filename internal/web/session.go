package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"raff/internal/lang"
	"raff/internal/permission"
	"raff/internal/team"
)

// visit is a request of a signed-in user.
type visit struct {
	*http.Request
	p  *pages
	me team.SignedIn
	// who is the user as a member of the session's account.
	who *team.Principal
	can team.Can
	// accounts are the accounts that the user can switch to.
	accounts []team.Account
	// roles caches the roles of each scope.
	roles map[permission.Scope][]team.Role
	// sought is what was entered in finders that found nothing, and unknown why, by name.
	sought, unknown map[string]string
	// failed is the first error of the database while asking the guard.
	failed error
}

// cookie is the session cookie; an empty token removes it.
func (p *pages) cookie(token string) *http.Cookie { return p.front.SessionCookie(token) }

// token is the session token of the request, or empty.
func (p *pages) token(r *http.Request) string { return p.front.SessionToken(r) }

// visitor is the signed-in user; ok is false if no one is signed in.
func (p *pages) visitor(r *http.Request) (me team.SignedIn, ok bool, err error) {
	return p.front.SignedIn(r.Context(), r)
}

// signedIn runs a page for a signed-in user, and redirects everyone else to sign in.
func (p *pages) signedIn(handle func(*visit) (reply, error)) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		me, ok, err := p.visitor(r)
		if err != nil {
			return reply{}, err
		}
		if !ok {
			return p.askToSignIn(r), nil
		}
		unread := form(r.Context(), r)
		v := &visit{Request: r, p: p, me: me, who: me.Principal, roles: map[permission.Scope][]team.Role{}}
		if v.accounts, err = p.accountsOf(r, me); err != nil {
			return reply{}, err
		}
		v.speak()
		impersonal := me.Support != nil && personal(r) && r.URL.Path != "/sign-out"
		if v.who == nil && (!personal(r) || impersonal) {
			suspended, err := p.signin.SuspendedIn(r.Context(), me)
			return reply{status: http.StatusForbidden, page: nowherePage(v, suspended)}, err
		}
		if v.who != nil {
			v.can = p.svc.Can(r.Context(), v.who)
		}
		if unread != nil {
			return p.problemInside(v, unread)
		}
		if v.who != nil {
			if impersonal {
				return p.problemInside(v, refusedSupportPerson.With())
			}
			if out, ok := v.elsewhere(); ok {
				return out, nil
			}
			if r.URL.Path != "/find" {
				if err := v.resolve(); err != nil {
					return p.problemInside(v, err)
				}
			}
		}
		out, err := handle(v)
		if err == nil {
			err = v.failed
		}
		if errors.Is(err, team.ErrSignedOut) {
			return p.askToSignIn(r), nil
		}
		if err != nil {
			return p.problemInside(v, err)
		}
		return out, nil
	}
}

// elsewhere responds to a form that belongs to an account other than the session's current one.
func (v *visit) elsewhere() (reply, bool) {
	here := v.PostForm.Get("here")
	if v.Method != http.MethodPost || personal(v.Request) || here == v.who.AccountID {
		return reply{}, false
	}
	for _, a := range v.accounts {
		if a.ID == here {
			return reply{status: http.StatusConflict, page: elsewherePage(v, a)}, true
		}
	}
	return v.outdated(), true
}

func (v *visit) outdated() reply {
	return reply{status: http.StatusConflict, page: problemPage(v, notice{
		Title: v.say("This form is out of date"), Text: []string{v.say("It belongs to an account that you can no longer access, or to an older version of this page. Open the page again. Nothing was changed.")},
		Link: "/", LinkText: v.say("Continue"),
	})}
}

// moved responds to a form of an account that the session left while the form was handled.
func (v *visit) moved() (reply, error) {
	me, ok, err := v.p.visitor(v.Request)
	if err != nil {
		return reply{}, err
	}
	if ok && me.Principal != nil {
		v.me, v.who = me, me.Principal
		v.can = v.p.svc.Can(v.Context(), v.who)
		if out, ok := v.elsewhere(); ok {
			return out, nil
		}
	}
	return v.outdated(), nil
}

// personal are the pages about the user, not about an account.
func personal(r *http.Request) bool {
	return r.URL.Path == "/sign-out" || r.URL.Path == "/account" || r.URL.Path == "/profile" || strings.HasPrefix(r.URL.Path, "/email/") || strings.HasPrefix(r.URL.Path, "/profile/")
}

func (p *pages) askToSignIn(r *http.Request) reply {
	next := ""
	switch {
	case r.Header.Get("HX-Request") != "":
		next = pageOf(r.Header.Get("HX-Current-URL"))
	case r.Method != http.MethodGet:
		next = pageOf(r.Referer())
	case r.URL.Path != "/":
		next = r.URL.RequestURI()
	}
	token := p.token(r)
	if token != "" {
		if _, err := p.signin.Awaiting(r.Context(), token); err == nil {
			return reply{to: secondURL(next)}
		}
	}
	q := url.Values{}
	if next != "" {
		q.Set("next", next)
	}
	out := reply{to: "/sign-in"}
	if r.Method != http.MethodGet {
		out.done = "lost"
	}
	if len(q) > 0 {
		out.to += "?" + q.Encode()
	}
	if token != "" {
		out.cookie = p.cookie("")
	}
	return out
}

// pageOf is the path and query of the page that a request came from.
func pageOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Path == "" || u.Path == "/" {
		return ""
	}
	return u.RequestURI()
}

// local is the given path if it is on this site, or else "/".
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return next
}

// accountsOf returns the accounts that can be chosen: one for support.
func (p *pages) accountsOf(r *http.Request, me team.SignedIn) ([]team.Account, error) {
	if me.Support != nil {
		return []team.Account{me.Support.Account}, nil
	}
	return p.signin.Accounts(r.Context(), me)
}

// speak chooses the language for a signed-in user in the account of the session.
func (v *visit) speak() {
	account := ""
	for _, a := range v.accounts {
		if a.ID == v.me.Session.AccountID {
			account = a.Language
			v.p.look.wear(v.Context(), a.Branding)
		}
	}
	speak(v.Context(), v.me.User.Language, account)
}

// sessionAccount is the name of the account of the session, also if the user has no access to it.
func (v *visit) sessionAccount() string {
	for _, a := range v.accounts {
		if a.ID == v.me.Session.AccountID {
			return a.Name
		}
	}
	return ""
}

// say is a message in the reader's language.
func (v *visit) say(text lang.Text, values ...any) string { return say(v.Context(), text, values...) }
