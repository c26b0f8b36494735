package web

import (
	"net/http"
	"time"

	"raff/internal/team"
)

// keysView is the list of API keys.
type keysView struct {
	Rows []team.APIKey
	pager
	Create permit
}

func (p *pages) showKeys(v *visit) (reply, error) {
	rows, total, err := p.svc.ListAPIKeys(v.Context(), v.who, v.page())
	if err != nil {
		return reply{}, err
	}
	l := keysView{Create: v.ask(v.can.CreateKey())}
	l.Rows, l.pager = paged(v, rows, total, func(k team.APIKey) (time.Time, string) { return k.CreatedAt, k.ID })
	return reply{status: http.StatusOK, page: keysPage(v, l)}, nil
}

// keyStanding is whether a key works.
func (v *visit) keyStanding(k team.APIKey) standing {
	now := v.p.svc.Now()
	switch {
	case !k.IsActive:
		return standing{"off", "Switched off"}
	case k.ExpiresAt.IsZero():
		return standing{"on", "Active"}
	case !now.Before(k.ExpiresAt):
		return standing{"off", "Expired"}
	case k.ExpiresAt.Sub(now) < 7*24*time.Hour:
		return standing{"wait", "Expires soon"}
	}
	return standing{"on", "Active"}
}

// keyRole is the key's membership of the account, if it has one.
func keyRole(k team.APIKey) (team.Member, bool) {
	for _, m := range k.Memberships {
		if m.ProjectID == "" {
			return m, true
		}
	}
	return team.Member{}, false
}

// keyForm is a key as it is written, and what is wrong with it.
type keyForm struct {
	Name, Term, On                         string
	NameError, TermError, RoleError, Wrong string
	Roles                                  []choice
	Once                                   string
}

// terms are how long a key can live.
var terms = []struct {
	Value, Label string
	Days         int
}{
	{"30", "30 days", 30}, {"90", "90 days", 90}, {"365", "One year", 365}, {"never", "Never", 0},
}

// until reads the end of the key's life; the zero time means never. ok is false when the form says nothing one can read.
func (f keyForm) until(now time.Time) (at time.Time, ok bool) {
	for _, t := range terms {
		if t.Value == f.Term && t.Days > 0 {
			return now.AddDate(0, 0, t.Days).Truncate(time.Second), true
		}
	}
	switch f.Term {
	case "never":
		return time.Time{}, true
	case "date":
		day, err := time.Parse(time.DateOnly, f.On)
		return day.Add(24*time.Hour - time.Second), err == nil // the day itself still counts
	}
	return time.Time{}, false
}

func typedKey(v *visit) keyForm {
	return keyForm{Name: v.PostForm.Get("name"), Term: v.PostForm.Get("expires"), On: v.PostForm.Get("expires_on"), Once: v.PostForm.Get("once")}
}

func (f *keyForm) refuse(err error) (status int, ok bool) {
	field, message, status, ok := refusal(err, "name", "expires_at", "role_id")
	switch field {
	case "name":
		f.NameError = message
	case "expires_at":
		f.TermError = message
	case "role_id":
		f.RoleError = message
	default:
		f.Wrong = message
	}
	return status, ok
}

const (
	noTerm = "Choose until when the key works."
	noDate = "Give the last day on which the key works."
)

func (p *pages) newKeyForm(v *visit, f keyForm, chosen string) (reply, error) {
	var err error
	if v.can.ViewRoles() == nil {
		f.Roles, err = v.choices(team.ScopeAccount, chosen, v.can.CreateKeyAs)
	}
	return reply{status: http.StatusOK, page: newKeyPage(v, f)}, err
}

func (p *pages) showNewKey(v *visit) (reply, error) {
	if err := v.can.CreateKey(); err != nil {
		return reply{}, err
	}
	return p.newKeyForm(v, keyForm{Term: "90", Once: once()}, "")
}

func (p *pages) createKey(v *visit) (reply, error) {
	f := typedKey(v)
	again400 := func(status int) (reply, error) {
		out, err := p.newKeyForm(v, f, v.PostForm.Get("role_id"))
		out.status = status
		return out, err
	}
	expires, ok := f.until(p.svc.Now())
	if !ok {
		if f.TermError = noTerm; f.Term == "date" {
			f.TermError = noDate
		}
		return again400(http.StatusBadRequest)
	}
	roleID := v.PostForm.Get("role_id")
	if v.PostForm.Get("without_role") != "" {
		roleID = ""
	}
	k, secret, err := p.svc.CreateAPIKey(v.once("create key"), v.who, team.NewAPIKey{Name: f.Name, ExpiresAt: expires, RoleID: roleID})
	if again(err) {
		return reply{status: http.StatusOK, page: secretGonePage(v)}, nil
	}
	if err == nil {
		return reply{status: http.StatusOK, page: secretPage(v, secretView{Key: k, Secret: secret, New: true})}, nil
	}
	status, ok := f.refuse(err)
	if !ok {
		return reply{}, err
	}
	return again400(status)
}

// secretView is the page that shows a secret, this once.
type secretView struct {
	Key    team.APIKey
	Secret string
	New    bool
	Grace  time.Duration // for which the old secret still works
}

// keyView is one API key and what may be done with it.
type keyView struct {
	team.APIKey
	Account               *seat
	Seats                 []seat
	Give                  []choice // roles for a key that has none in the account
	Change, Renew, Revoke permit
	Form                  keyForm
	Typed, TypedError     string
	Wrong                 string
	Once                  string
}

func (p *pages) key(v *visit) (keyView, error) {
	k, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return keyView{}, err
	}
	view := keyView{
		APIKey: k, Change: v.ask(v.can.ChangeKey(k)), Renew: v.ask(v.can.RenewKey(k)), Revoke: v.ask(v.can.RevokeKey(k)),
		Form: keyForm{Name: k.Name, Term: "keep"}, Once: once(),
	}
	for _, m := range k.Memberships {
		s, err := v.seat(m)
		if err != nil {
			return view, err
		}
		if m.ProjectID == "" {
			view.Account = &s
		} else {
			view.Seats = append(view.Seats, s)
		}
	}
	if view.Account == nil && v.can.AddMember() == nil {
		view.Give, err = v.choices(team.ScopeAccount, "", func(r team.Role) error { return v.can.Give(team.Member{APIKeyID: k.ID}, r) })
	}
	return view, err
}

func (p *pages) showKey(v *visit) (reply, error) {
	view, err := p.key(v)
	return reply{status: http.StatusOK, page: keyPage(v, view)}, err
}

// keyAgain shows the key's page with what is wrong.
func (p *pages) keyAgain(v *visit, err error, put func(*keyView, string)) (reply, error) {
	_, message, status, ok := refusal(err)
	if !ok {
		return reply{}, err
	}
	view, err := p.key(v)
	put(&view, message)
	return reply{status: status, page: keyPage(v, view)}, err
}

func wrongKey(view *keyView, message string) { view.Wrong = message }

func (p *pages) changeKey(v *visit) (reply, error) {
	f := typedKey(v)
	c := team.APIKeyChange{Name: &f.Name}
	var err error
	if f.Term != "keep" {
		expires, ok := f.until(p.svc.Now())
		if !ok {
			err = &team.Error{Kind: team.KindInvalid, Field: "expires_at", Message: noDate}
		}
		c.ExpiresAt = &expires
	}
	if err == nil {
		_, err = p.svc.UpdateAPIKey(v.Context(), v.who, v.PathValue("id"), c)
	}
	if err == nil {
		return done("/keys/"+v.PathValue("id"), "key-saved")
	}
	if _, ok := f.refuse(err); !ok {
		return reply{}, err
	}
	return p.keyAgain(v, err, func(view *keyView, _ string) { view.Form = f })
}

func (p *pages) switchKey(v *visit) (reply, error) {
	on := v.PostForm.Get("active") == "yes"
	_, err := p.svc.UpdateAPIKey(v.Context(), v.who, v.PathValue("id"), team.APIKeyChange{IsActive: &on})
	switch {
	case err != nil:
		return p.keyAgain(v, err, wrongKey)
	case on:
		return done("/keys/"+v.PathValue("id"), "key-on")
	}
	return done("/keys/"+v.PathValue("id"), "key-off")
}

// graces are how long the old secret may keep working.
var graces = []struct {
	Value, Label string
	Time         time.Duration
}{
	{"0", "Stop the old secret at once", 0}, {"hour", "Keep the old secret for one hour", time.Hour},
	{"day", "Keep the old secret for one day", 24 * time.Hour}, {"week", "Keep the old secret for a week", 7 * 24 * time.Hour},
}

func (p *pages) regenerateKey(v *visit) (reply, error) {
	var grace time.Duration
	for _, g := range graces {
		if g.Value == v.PostForm.Get("grace") {
			grace = g.Time
		}
	}
	k, secret, err := p.svc.RegenerateAPIKey(v.once("regenerate key "+v.PathValue("id")), v.who, v.PathValue("id"), grace)
	switch {
	case again(err):
		return reply{status: http.StatusOK, page: secretGonePage(v)}, nil
	case err != nil:
		return p.keyAgain(v, err, wrongKey)
	}
	return reply{status: http.StatusOK, page: secretPage(v, secretView{Key: k, Secret: secret, Grace: grace})}, nil
}

func (p *pages) revokeKey(v *visit) (reply, error) {
	k, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if typed := v.PostForm.Get("confirm"); typed != k.Name {
		wrong := &team.Error{Kind: team.KindInvalid, Message: notTheName}
		return p.keyAgain(v, wrong, func(view *keyView, message string) { view.Typed, view.TypedError = typed, message })
	}
	if err := p.svc.RevokeAPIKey(v.Context(), v.who, k.ID); err != nil {
		return p.keyAgain(v, err, wrongKey)
	}
	return done("/keys", "key-revoked")
}

// seatOfKey changes or ends one membership of a key, or gives it one in the account.
func (p *pages) seatOfKey(v *visit) (reply, error) {
	k, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	role, news := v.PostForm.Get("role_id"), "role"
	var seat team.Member
	for _, m := range k.Memberships {
		if m.ID == v.PostForm.Get("membership") {
			seat = m
		}
	}
	switch {
	case seat.ID == "":
		_, err = p.svc.AddMember(v.Context(), v.who, team.NewMember{APIKeyID: &k.ID, RoleID: role, ManagedBy: team.ManagedByDashboard})
	case v.PostForm.Get("remove") != "":
		news = "removed"
		_, err = p.svc.RemoveMember(v.Context(), v.who, seat.ProjectID, seat.ID)
	default:
		_, err = p.svc.UpdateMember(v.Context(), v.who, seat.ProjectID, seat.ID, team.MemberChange{RoleID: &role})
	}
	if err != nil {
		return p.keyAgain(v, err, wrongKey)
	}
	return done("/keys/"+k.ID, news)
}
