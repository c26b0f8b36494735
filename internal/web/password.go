package web

import (
	"net/http"
	"net/url"
)

// passwordHint says the rule before somebody breaks it; a test holds it to the rule.
const passwordHint = "At least 15 characters: three or four random words are easy to remember."

func (p *pages) passwordForm(r *http.Request) (passwordForm, error) {
	u, err := p.svc.InspectPasswordLink(r.Context(), r.PathValue("token"))
	return passwordForm{Email: u.Email, Name: u.Name}, err
}

func (p *pages) showPassword(r *http.Request) (reply, error) {
	f, err := p.passwordForm(r)
	return reply{status: http.StatusOK, page: passwordPage(f)}, err
}

func (p *pages) setPassword(r *http.Request) (reply, error) {
	if err := form(r.Context(), r); err != nil {
		return reply{}, err
	}
	f, err := p.passwordForm(r)
	if err != nil {
		return reply{}, err
	}
	f.Name = r.PostForm.Get("name")
	err = p.svc.SetPasswordByLink(r.Context(), r.PathValue("token"), f.Name, r.PostForm.Get("password"))
	field, message, status, ok := fieldError(err, "name", "password")
	if !ok {
		return reply{status: http.StatusOK, page: noticePage(notice{Title: "Your password is set", Text: []string{
			"It goes with " + f.Email + ", in every account you belong to.",
		}, Link: "/sign-in?email=" + url.QueryEscape(f.Email), LinkText: "Sign in"})}, err
	}
	if field == "name" {
		f.NameError = message
	} else {
		f.PasswordError = message
	}
	return reply{status: status, page: passwordPage(f)}, nil
}
