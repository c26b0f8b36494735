package web

import (
	"net/http"
	"time"

	"raff/internal/team"
)

// Place is what the invitation lets somebody into.
func (f invitationForm) Place() string {
	if f.ProjectName != "" {
		return f.ProjectName
	}
	return f.AccountName
}

// Inviter is who sent the invitation: a name and an address, or what is known of the two.
func (f invitationForm) Inviter() string {
	switch {
	case f.InviterName == "":
		return f.InviterEmail
	case f.InviterEmail == "":
		return f.InviterName
	}
	return f.InviterName + " (" + f.InviterEmail + ")"
}

func (p *pages) inspect(r *http.Request) (invitationForm, error) {
	inv, known, err := p.svc.InspectInvitation(r.Context(), r.PathValue("token"))
	return invitationForm{Invitation: inv, Known: known}, err
}

func (p *pages) showInvitation(r *http.Request) (reply, error) {
	f, err := p.inspect(r)
	return reply{http.StatusOK, invitationPage(f)}, err
}

func (p *pages) answerInvitation(r *http.Request) (reply, error) {
	if err := form(r.Context(), r); err != nil {
		return reply{}, err
	}
	f, err := p.inspect(r)
	if err != nil {
		return reply{}, err
	}
	switch r.PostForm.Get("answer") {
	case "accept":
		return p.acceptInvitation(r, f)
	case "decline":
		err := p.svc.DeclineInvitation(r.Context(), r.PathValue("token"))
		return reply{http.StatusOK, declinedPage(f)}, err
	}
	return reply{}, &team.Error{Kind: team.KindInvalid, Message: "Open the link again and choose Accept or Decline."}
}

func (p *pages) acceptInvitation(r *http.Request, f invitationForm) (reply, error) {
	if !f.Known {
		f.Name = r.PostForm.Get("name")
	}
	_, err := p.svc.AcceptInvitation(r.Context(), team.Accept{
		Token: r.PathValue("token"), Name: f.Name, Password: r.PostForm.Get("password"),
	})
	field, message, status, ok := fieldError(err, "name", "password")
	if !ok {
		return reply{http.StatusOK, acceptedPage(f)}, err
	}
	if field == "name" {
		f.NameError = message
	} else {
		f.PasswordError = message
	}
	return reply{status, invitationPage(f)}, nil
}

// until is a moment as a person reads it; nobody's time zone is known here.
func until(t time.Time) string { return t.UTC().Format("Monday, 2 January 2006, 15:04 UTC") }
