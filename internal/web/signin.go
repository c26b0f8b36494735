package web

import (
	"errors"
	"net/http"

	"raff/internal/front"
	"raff/internal/signin"
	"raff/internal/team"
)

func (p *pages) home(r *http.Request) (reply, error) {
	_, ok, err := p.visitor(r)
	if err != nil {
		return reply{}, err
	}
	if !ok {
		return p.askToSignIn(r), nil
	}
	return p.signedIn(p.start)(r)
}

// signInForm shows the sign-in page, which then redirects to next.
func (p *pages) signInForm(next, email string) signInForm {
	return signInForm{Next: local(next), Email: email, Passkeys: p.signin.HasPasskeys()}
}

func (p *pages) showSignIn(r *http.Request) (reply, error) {
	q := r.URL.Query()
	f := p.signInForm(q.Get("next"), q.Get("email"))
	_, ok, err := p.visitor(r)
	if err != nil {
		return reply{}, err
	}
	if ok {
		return goTo(f.Next)
	}
	f.Done = say(r.Context(), allNews[noticeOf(r)])
	return show(signInPage(f))
}

// attempt is a sign-in attempt, from the browser and its form.
func (p *pages) attempt(r *http.Request, email string) signin.SignIn {
	return signin.SignIn{
		Email: email, Password: r.PostForm.Get("password"), Source: front.Of(r.Context()).Remote, UserAgent: r.UserAgent(), Old: p.token(r),
		Device: p.device(r, email), DeviceOf: func(canonical string) string { return p.device(r, canonical) },
	}
}

// enter signs in a user who just entered or set their password by a link. out has no session if a second factor is
// needed or if signing in fails; the sign-in page then says why.
func (p *pages) enter(r *http.Request, email string) (token string, out reply) {
	in := p.attempt(r, email)
	in.Fresh = true
	token, err := p.signin.SignIn(r.Context(), in)
	if err != nil {
		return "", out
	}
	out.cookie = p.cookie(token)
	if out.device, err = p.remembered(r, token); err != nil {
		out.device = nil // not fatal: the next sign-in can set it
	}
	return token, out
}

func (p *pages) signIn(r *http.Request) (reply, error) {
	f := p.signInForm(r.PostForm.Get("next"), r.PostForm.Get("email"))
	token, err := p.signin.SignIn(r.Context(), p.attempt(r, f.Email))
	if err == nil {
		return p.entered(r, token, f.Next)
	}
	var e *team.Error
	if !errors.As(err, &e) {
		return reply{}, err
	}
	switch {
	case e.Field == "email":
		f.EmailError = plainWords(r.Context(), e)
	case e.Kind == team.KindUnauthenticated, e.Kind == team.KindLimited, e.Kind == team.KindConflict:
		f.Error = plainWords(r.Context(), e)
	default:
		return reply{}, err
	}
	return reply{status: problems[e.Kind].status, page: signInPage(f)}, nil
}

func (p *pages) signOut(v *visit) (reply, error) {
	if v.me.Support != nil {
		return p.leaveSupport(v)
	}
	err := p.signin.SignOut(v.Context(), v.me)
	return reply{to: "/sign-in", done: "signed-out", cookie: p.cookie("")}, err
}

func (p *pages) switchAccount(v *visit) (reply, error) {
	err := p.signin.SwitchAccount(v.Context(), v.me, v.PostForm.Get("account"))
	return reply{to: "/"}, err
}

// start leads to the overview, or else to the first page that the user may see.
func (p *pages) start(v *visit) (reply, error) {
	first := "/projects"
	switch {
	case v.overviewable().OK:
		first = "/overview"
	case v.ask(v.can.ViewMembers("")).OK:
		first = "/members"
	}
	return done(first, noticeOf(v.Request))
}

func (p *pages) showForgot(r *http.Request) (reply, error) {
	return show(forgotPage(forgotForm{Email: r.URL.Query().Get("email"), NoMail: !p.svc.MailDelivered()}))
}

func (p *pages) forgot(r *http.Request) (reply, error) {
	f := forgotForm{Email: r.PostForm.Get("email"), NoMail: !p.svc.MailDelivered()}
	err := p.signin.ForgotPassword(r.Context(), f.Email, front.Of(r.Context()).Remote)
	if err == nil {
		f.Sent = true
		return show(forgotPage(f))
	}
	var e *team.Error
	if !errors.As(err, &e) || e.Kind != team.KindInvalid && e.Kind != team.KindLimited {
		return reply{}, err
	}
	f.Error = plainWords(r.Context(), e)
	return reply{status: problems[e.Kind].status, page: forgotPage(f), retryAfter: e.RetryAfter}, nil
}

// leaveSupport ends the support session of this browser.
func (p *pages) leaveSupport(v *visit) (reply, error) {
	if v.who != nil {
		if err := p.svc.LeaveSupport(v.Context(), v.who); err != nil {
			return reply{}, err
		}
	}
	return reply{to: "/sign-in", done: "support-left", cookie: p.cookie("")}, nil
}
