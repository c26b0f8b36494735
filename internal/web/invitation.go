package web

import (
	"net/http"

	"raff/internal/front"
	"raff/internal/signin"
	"raff/internal/team"
)

func (p *pages) inspect(r *http.Request) (invitationForm, error) {
	inv, who, err := p.signin.InspectInvitation(r.Context(), r.PathValue("token"))
	if err != nil {
		return invitationForm{}, err
	}
	speak(r.Context(), "", inv.AccountLanguage)
	p.look.wear(r.Context(), inv.AccountBranding)
	f := invitationForm{Invitation: inv, Who: who}
	if who == signin.InvitedUnproven {
		if f.Keys.Keys, err = p.signin.KeysBehindInvitation(r.Context(), inv); err != nil {
			return invitationForm{}, err
		}
	}
	if f.Me, f.SignedIn, err = p.visitor(r); err != nil {
		return invitationForm{}, err
	}
	if f.SignedIn {
		speak(r.Context(), f.Me.User.Language, "")
	}
	f.Mine = f.SignedIn && f.Me.User.CanonicalEmail == inv.CanonicalEmail
	return f, nil
}

func (p *pages) showInvitation(r *http.Request) (reply, error) {
	f, err := p.inspect(r)
	if err != nil {
		return p.noInvitation(r, err)
	}
	f.Name = f.ProposedName
	return reply{status: http.StatusOK, page: invitationPage(f)}, nil
}

// noInvitation responds to a link without an open invitation. If the link was used by the one who is signed in, it leads to the
// account; for anyone else, the page offers to sign in.
func (p *pages) noInvitation(r *http.Request, err error) (reply, error) {
	if !team.InvitationUsed(err) {
		return reply{}, err
	}
	if me, ok, err := p.visitor(r); err == nil && ok {
		if account, err := p.svc.AcceptedBy(r.Context(), r.PathValue("token"), me.User); err == nil && p.signin.SwitchAccount(r.Context(), me, account) == nil {
			return reply{to: "/"}, nil
		}
	}
	told := problems[team.KindGone]
	return reply{status: told.status, page: noticePage(notice{
		Title: say(r.Context(), told.title), Text: []string{say(r.Context(), "This invitation was already used. Sign in, or ask for a new invitation.")}, Link: "/sign-in", LinkText: say(r.Context(), "Sign in"),
	})}, nil
}

func (p *pages) answerInvitation(r *http.Request) (reply, error) {
	f, err := p.inspect(r)
	if err != nil {
		return p.noInvitation(r, err)
	}
	switch r.PostForm.Get("answer") {
	case "accept":
		switch {
		case f.oneClick():
			return p.acceptSignedIn(r, f)
		case f.SignedIn && !f.Mine: // signed in as someone else in another window since; that session must not be replaced
			return reply{status: http.StatusConflict, page: invitationPage(f)}, nil
		}
		return p.acceptInvitation(r, f)
	case "decline":
		err := p.svc.DeclineInvitation(r.Context(), r.PathValue("token"))
		return reply{status: http.StatusOK, page: declinedPage(f)}, err
	case "switch":
		if f.SignedIn {
			err = p.signin.SignOut(r.Context(), f.Me)
		}
		return reply{to: r.URL.Path, cookie: p.cookie("")}, err
	}
	return reply{}, refusedChooseAnswer.With()
}

// acceptSignedIn accepts the invitation without asking for a password again, and redirects to the account.
func (p *pages) acceptSignedIn(r *http.Request, f invitationForm) (reply, error) {
	if _, err := p.signin.AcceptSignedIn(r.Context(), f.Me, r.PathValue("token")); err != nil {
		return reply{}, err
	}
	err := p.signin.SwitchAccount(r.Context(), f.Me, f.AccountID)
	return reply{to: "/"}, err
}

// acceptInvitation accepts the invitation with a name and a password, and signs in with them.
func (p *pages) acceptInvitation(r *http.Request, f invitationForm) (reply, error) {
	if f.Who != signin.InvitedKnown {
		f.Name = typedName(r)
	}
	if !f.Keys.choose(r.PostForm.Get("keys")) {
		return reply{status: http.StatusBadRequest, page: invitationPage(f)}, nil
	}
	_, err := p.signin.AcceptInvitation(r.Context(), signin.Accept{
		Token: r.PathValue("token"), Name: f.Name, Password: r.PostForm.Get("password"), Source: front.Of(r.Context()).Remote,
		Device: p.device(r, f.Email), KeepKeys: f.Keys.Answer == "keep",
	})
	field, message, status, ok := fieldError(r.Context(), err, "name", "password")
	if err == nil {
		token, out := p.enter(r, f.Email)
		if token != "" {
			p.moveTo(r, token, f.AccountID)
			out.to, out.done = "/", "accepted"
			return out, nil
		}
		out.status, out.page = http.StatusOK, acceptedPage(f)
		return out, nil
	}
	if !ok {
		return p.noInvitation(r, err)
	}
	if field == "name" {
		f.NameError = message
	} else {
		f.PasswordError = message
	}
	return reply{status: status, page: invitationPage(f)}, nil
}

// moveTo switches a new session to the account of the accepted invitation. If that fails, the user can switch later.
func (p *pages) moveTo(r *http.Request, token, accountID string) {
	if me, err := p.svc.Session(r.Context(), token); err == nil && me.Session.AccountID != accountID {
		_ = p.signin.SwitchAccount(r.Context(), me, accountID)
	}
}

// oneClick reports whether being signed in is enough to accept. It is not if this link verifies the email for the first
// time: the password of the session may have been set up by someone else.
func (f invitationForm) oneClick() bool { return f.Mine && f.Who != signin.InvitedUnproven }
