package web

import (
	"errors"
	"net/http"
	"net/url"
	"raff/internal/lang"

	"raff/internal/front"
	"raff/internal/signin"
	"raff/internal/team"
)

// passwordHint states the password rule; a test checks that it matches the rule.
const passwordHint lang.Text = "At least 15 characters: three or four random words are easy to remember."

func (p *pages) passwordForm(r *http.Request) (passwordForm, error) {
	u, passkeys, err := p.signin.InspectPasswordLink(r.Context(), r.PathValue("token"))
	speak(r.Context(), u.Language, "")
	var keys keysBefore
	if err == nil {
		keys.Keys, err = p.signin.UnprovenKeys(r.Context(), u)
	}
	return passwordForm{Keys: keys, Email: u.Email, Name: u.Name, Unproven: !u.Proven && u.PasswordHash != "", Passkeys: u.Proven && passkeys}, err
}

func (p *pages) showPassword(r *http.Request) (reply, error) {
	f, err := p.passwordForm(r)
	return reply{status: http.StatusOK, page: passwordPage(f)}, err
}

// passwordSet signs in the user who just set a password; if a second factor is needed, the next page asks for it.
func (p *pages) passwordSet(r *http.Request, f passwordForm) (reply, error) {
	n := notice{
		Title: say(r.Context(), "Password set"), Text: []string{say(r.Context(), "Use it to sign in as {email}, in every account you belong to.", f.Email)},
	}
	if err := p.signin.ForgetGuesses(r.Context(), f.Email, front.Of(r.Context()).Remote); err != nil {
		return reply{}, err
	}
	if me, ok, err := p.visitor(r); ok && err == nil && me.User.Email != f.Email { // the session of another user is not replaced
		n.Link, n.LinkText = "", ""
		n.Text = append(n.Text, say(r.Context(), "You are signed in as {email}. Sign out to sign in with the new password.", me.User.Email))
		return reply{status: http.StatusOK, page: noticePage(n)}, nil
	}
	token, out := p.enter(r, f.Email)
	switch _, err := p.svc.Session(r.Context(), token); {
	case token == "":
		n.Link, n.LinkText = "/sign-in?email="+url.QueryEscape(f.Email), say(r.Context(), "Sign in")
	case errors.Is(err, team.ErrFactorNeeded): // the page for the second factor has no notice
		n.Link, n.LinkText = "/", say(r.Context(), "Continue")
	default:
		out.to, out.done = "/", "password-set"
		return out, nil
	}
	out.status, out.page = http.StatusOK, noticePage(n)
	return out, nil
}

func (p *pages) setPassword(r *http.Request) (reply, error) {
	f, err := p.passwordForm(r)
	if err != nil {
		return reply{}, err
	}
	f.Name = typedName(r)
	f.NoPasskeys = r.PostForm.Get("passkeys") == "remove"
	if !f.Keys.choose(r.PostForm.Get("keys")) {
		return reply{status: http.StatusBadRequest, page: passwordPage(f)}, nil
	}
	err = p.signin.SetPasswordByLink(r.Context(), signin.NewPassword{
		Token: r.PathValue("token"), Name: f.Name, Password: r.PostForm.Get("password"), NoPasskeys: f.NoPasskeys,
		NoKeys: f.Keys.Answer == "end",
	})
	field, message, status, ok := fieldError(r.Context(), err, "name", "password")
	if err == nil {
		return p.passwordSet(r, f)
	}
	if !ok {
		return reply{}, err
	}
	if field == "name" {
		f.NameError = message
	} else {
		f.PasswordError = message
	}
	return reply{status: status, page: passwordPage(f)}, nil
}
