package web

import (
	"net/http"
)

// requestEmail sends a link to the email that the user wants to have.
func (p *pages) requestEmail(v *visit) (reply, error) {
	email := typedEmail(v.Request)
	err := p.signin.RequestEmail(v.Context(), v.me, v.proof(), email)
	if err == nil {
		return done("/profile", "email-sent")
	}
	field, message, status, ok := refusal(v.Context(), err, "email", "current_password", "passkey")
	if !ok {
		return reply{}, err
	}
	f, err := p.profile(v)
	f.Email = email
	switch field {
	case "current_password", "passkey":
		f.EmailConfirmError = message
	default:
		f.EmailError = message
	}
	return reply{status: status, page: profilePage(v, f)}, err
}

// showEmail asks to confirm a new email. Opening the page changes nothing, because mail scanners open links, too.
func (p *pages) showEmail(v *visit) (reply, error) {
	email, err := p.signin.InspectEmailLink(v.Context(), v.me, v.PathValue("token"))
	return reply{status: http.StatusOK, page: emailPage(v.me.User.Email, email)}, err
}

func (p *pages) confirmEmail(v *visit) (reply, error) {
	u, err := p.signin.ConfirmEmail(v.Context(), v.me, v.PathValue("token"))
	if err != nil {
		return reply{}, err
	}
	out := reply{to: "/profile", done: "email"}
	out.device, err = p.deviceCookie(u)
	return out, err
}
