package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"raff/internal/team"
)

// lockedOutOf are the user's accounts that require a second factor, if the user has only one left.
func (f profileForm) lockedOutOf(v *visit) []team.Account {
	var all []team.Account
	for _, a := range v.accounts {
		if a.RequireFactor && len(f.Factors) == 1 {
			all = append(all, a)
		}
	}
	return all
}

func (p *pages) profile(v *visit) (profileForm, error) {
	f := profileForm{Name: v.me.User.Name, Current: v.me.Session.ID, Done: v.news(), Passkeys: p.signin.HasPasskeys(), NoMail: !p.svc.MailDelivered()}
	var err error
	if f.Sessions, err = p.signin.Sessions(v.Context(), v.me); err != nil {
		return f, err
	}
	f.Factors, f.Codes, err = p.signin.Factors(v.Context(), v.me)
	f.Confirm = v.confirmation(f.Factors)
	return f, err
}

// profileAgain shows the page with an error.
func (p *pages) profileAgain(v *visit, err error, put func(*profileForm, string)) (reply, error) {
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	f, err := p.profile(v)
	put(&f, message)
	return reply{status: status, page: profilePage(v, f)}, err
}

func (p *pages) showProfile(v *visit) (reply, error) {
	f, err := p.profile(v)
	return reply{status: http.StatusOK, page: profilePage(v, f)}, err
}

func (p *pages) changePassword(v *visit) (reply, error) {
	err := p.signin.ChangePassword(v.Context(), v.me, v.proof(), v.PostForm.Get("password"))
	if err == nil {
		return done("/profile", "password")
	}
	var e *team.Error
	if !errors.As(err, &e) {
		return reply{}, err
	}
	f, again := p.profile(v)
	if again != nil {
		return reply{}, again
	}
	switch {
	case e.Field == "current_password", e.Field == "passkey", e.Kind == team.KindLimited:
		f.PresentError = plainWords(v.Context(), e)
	case e.Field == "password":
		f.PasswordError = plainWords(v.Context(), e)
	case e.Kind == team.KindConflict:
		f.Error = plainWords(v.Context(), e)
	default:
		return reply{}, err
	}
	return reply{status: problems[e.Kind].status, page: profilePage(v, f)}, nil
}

func (p *pages) removePassword(v *visit) (reply, error) {
	err := p.signin.RemovePassword(v.Context(), v.me, v.proof())
	if err == nil {
		return done("/profile", "password-removed")
	}
	return p.profileAgain(v, err, func(f *profileForm, message string) {
		if f.Confirm.Password && f.Confirm.Passkey {
			f.RemoveError = message
		} else {
			f.Error = message
		}
	})
}

// changeName changes the user's own name.
func (p *pages) changeName(v *visit) (reply, error) {
	err := p.signin.ChangeName(v.Context(), v.me, typedName(v.Request))
	if err == nil {
		return done("/profile", "name")
	}
	return p.profileAgain(v, err, func(f *profileForm, message string) { f.Name, f.NameError = v.PostForm.Get("name"), message })
}

// changeLanguage changes the language of the user's pages and emails. The next page is in the new one.
func (p *pages) changeLanguage(v *visit) (reply, error) {
	err := p.signin.ChangeLanguage(v.Context(), v.me, v.PostForm.Get("language"))
	if err == nil {
		return done("/profile", "language")
	}
	return p.profileAgain(v, err, func(f *profileForm, message string) { f.Error = message })
}

// endSessions ends the given session, or all others.
func (p *pages) endSessions(v *visit) (reply, error) {
	id := v.PostForm.Get("session")
	if id == "others" {
		return reply{to: "/profile", done: "others"}, p.signin.EndOtherSessions(v.Context(), v.me)
	}
	err := p.signin.EndSession(v.Context(), v.me, id)
	if team.IsNotFound(err) { // it has already ended
		return goTo("/profile")
	}
	return reply{to: "/profile", done: "ended"}, err
}

// leave ends the user's own access to the account that the form names.
func (p *pages) leave(v *visit) (reply, error) {
	if v.who == nil || v.PostForm.Get("account") != v.who.AccountID {
		return reply{}, refusedOtherAccount.With()
	}
	if v.PostForm.Get("sure") == "" {
		return p.profileAgain(v, refusedNotSure.With(), func(f *profileForm, message string) { f.LeaveError = message })
	}
	_, err := p.svc.Leave(v.Context(), v.who, v.PostForm.Get("keep_keys") != "")
	if err != nil {
		return p.profileAgain(v, err, func(f *profileForm, message string) { f.LeaveError = message })
	}
	if me, ok, err := p.visitor(v.Request); err == nil && ok { // only in projects: the session goes on
		for _, a := range v.accounts {
			if a.ID != v.who.AccountID && p.signin.SwitchAccount(v.Context(), me, a.ID) == nil {
				break
			}
		}
		return done("/profile", "left")
	}
	return reply{to: "/sign-in", done: "left", cookie: p.cookie("")}, nil
}

// browserName describes the browser of a session.
func browserName(ctx context.Context, userAgent string) string {
	return cmp.Or(languageOf(ctx).Browser(team.Device(userAgent)), say(ctx, "Unknown browser"))
}

// ago describes roughly how long ago t was.
func ago(ctx context.Context, t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < 2*time.Minute:
		return say(ctx, "just now")
	case d < 2*time.Hour:
		return many(ctx, int(d/time.Minute), "{n} minute ago", "{n} minutes ago")
	case d < 48*time.Hour:
		return many(ctx, int(d/time.Hour), "{n} hour ago", "{n} hours ago")
	}
	return many(ctx, int(d/(24*time.Hour)), "{n} day ago", "{n} days ago")
}
