package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"raff/internal/permission"
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

// keyStanding is the status of a key.
func (v *visit) keyStanding(k team.APIKey) standing {
	now := v.p.svc.Now()
	switch {
	case !k.IsActive:
		return standing{"off", "Disabled"}
	case k.ExpiresAt.IsZero():
		return standing{"on", "Active"}
	case !now.Before(k.ExpiresAt):
		return standing{"off", "Expired"}
	case k.ExpiresAt.Sub(now) < 7*24*time.Hour:
		return standing{"wait", "Expires soon"}
	}
	return standing{"on", "Active"}
}

// keyRole is the key's account membership, if it has one.
func keyRole(k team.APIKey) (team.Member, bool) {
	for _, m := range k.Memberships {
		if m.ProjectID == "" {
			return m, true
		}
	}
	return team.Member{}, false
}

// keyForm is the form for a key, with its errors.
type keyForm struct {
	Name, Term, On                                 string
	NameError, TermError, DayError, Wrong          string
	RoleID, RoleError                              string
	Roles                                          []choice
	Projects                                       []projectTick
	ProjectRoleID, ProjectsError, ProjectRoleError string
	ProjectRoles                                   []choice
	MoreProjects                                   bool // there are more than are shown
	Today                                          string
	Once                                           string
}

// projectTick is the checkbox of one project in which a key can get a role.
type projectTick struct {
	team.Project
	Chosen bool
}

// terms are the lifetimes offered for a key.
var terms = []struct {
	Value, Label string
	Days         int
}{
	{"30", "In 30 days", 30}, {"90", "In 90 days", 90}, {"365", "In one year", 365}, {"never", "Never", 0},
}

// until parses the expiry of the key; the zero time means never. ok is false if the form has no valid value.
func (f *keyForm) until(now time.Time) (at time.Time, ok bool) {
	for _, t := range terms {
		if t.Value == f.Term && t.Days > 0 {
			return now.AddDate(0, 0, t.Days).Truncate(time.Second), true
		}
	}
	switch f.Term {
	case "never":
		return time.Time{}, true
	case "date":
		day, ok := dayIn(f.On)
		return endOf(day).Add(-time.Second), ok
	}
	return time.Time{}, false
}

// typedKey reads the form. A date that was filled in applies, whatever else is selected.
func typedKey(v *visit) keyForm {
	f := keyForm{
		Name: typedName(v.Request), Term: v.PostForm.Get("expires"), On: v.PostForm.Get("expires_on"), Once: v.PostForm.Get("once"),
		RoleID: v.PostForm.Get("role_id"), ProjectRoleID: v.PostForm.Get("project_role_id"), Today: v.today(),
	}
	if f.On != "" {
		f.Term = "date"
	}
	for _, id := range v.PostForm["project_id"] {
		f.Projects = append(f.Projects, projectTick{Project: team.Project{ID: id}, Chosen: true})
	}
	return f
}

func (v *visit) today() string { return v.p.svc.Now().UTC().Format(time.DateOnly) }

// notUntil sets the error for an invalid expiry.
func (f *keyForm) notUntil() {
	if f.Term == "date" {
		f.DayError = noDate
	} else {
		f.TermError = noTerm
	}
}

func (f *keyForm) refuse(err error) (status int, ok bool) {
	field, message, status, ok := refusal(err, "name", "expires_at", "role_id", "projects")
	switch field {
	case "name":
		f.NameError = message
	case "expires_at":
		f.DayError = message
	case "role_id":
		f.RoleError = message
	case "projects":
		f.ProjectRoleError = message
	default:
		f.Wrong = message
	}
	return status, ok
}

const (
	noTerm = "Choose when the key expires."
	noDate = "Enter the last day on which the key is valid."
)

// mostProjects is the maximum number of projects that the form for a key lists.
const mostProjects = 100

func (p *pages) newKeyForm(v *visit, f keyForm, status int) (reply, error) {
	if v.can.ViewRoles() == nil {
		var err error
		if f.Roles, err = v.choices(permission.ScopeAccount, f.RoleID, v.can.CreateKeyAs); err != nil {
			return reply{}, err
		}
		if err := p.projectsForKey(v, &f); err != nil {
			return reply{}, err
		}
	}
	return reply{status: status, page: newKeyPage(v, f)}, nil
}

// projectsForKey finds the projects in which the key can get a role, and the roles. A role is offered if it can be
// assigned in at least one of the projects; the guard then decides for each chosen project.
func (p *pages) projectsForKey(v *visit, f *keyForm) error {
	all, _, err := p.svc.ListProjects(v.Context(), v.who, everything)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b team.Project) int { return strings.Compare(team.Folded(a.Name), team.Folded(b.Name)) })
	chosen := f.Projects
	f.Projects = nil
	for _, pr := range all {
		if v.can.AddToProject(pr.ID) != nil {
			continue
		}
		tick := projectTick{pr, slices.ContainsFunc(chosen, func(c projectTick) bool { return c.ID == pr.ID })}
		if len(f.Projects) >= mostProjects && !tick.Chosen {
			f.MoreProjects = true
			continue
		}
		f.Projects = append(f.Projects, tick)
	}
	if len(f.Projects) == 0 {
		return nil
	}
	f.ProjectRoles, err = v.choices(permission.ScopeProject, f.ProjectRoleID, func(r team.Role) (refused error) {
		for _, pr := range f.Projects {
			if refused = v.can.Give(team.Member{ProjectID: pr.ID, APIKeyID: "new"}, r); refused == nil {
				return nil
			}
		}
		return refused
	})
	return err
}

func (p *pages) showNewKey(v *visit) (reply, error) {
	if err := v.can.CreateKey(); err != nil {
		return reply{}, err
	}
	f := keyForm{Term: "90", Once: once(), Today: v.today()}
	if id := v.URL.Query().Get("project"); id != "" {
		f.Projects = []projectTick{{team.Project{ID: id}, true}}
	}
	return p.newKeyForm(v, f, http.StatusOK)
}

func (p *pages) createKey(v *visit) (reply, error) {
	f := typedKey(v)
	n := team.NewAPIKey{Name: f.Name, RoleID: f.RoleID, ManagedBy: team.ManagedByDashboard}
	for _, pr := range f.Projects {
		n.Projects = append(n.Projects, team.ProjectRole{ProjectID: pr.ID, RoleID: f.ProjectRoleID})
	}
	var ok bool
	if n.ExpiresAt, ok = f.until(p.svc.Now()); !ok {
		f.notUntil()
	}
	switch {
	case len(n.Projects) > 0 && f.ProjectRoleID == "":
		f.ProjectRoleError = "Choose the role that the key gets in these projects."
	case len(n.Projects) == 0 && f.ProjectRoleID != "":
		f.ProjectsError = "Choose the projects in which the key gets the role."
	}
	if !ok || f.ProjectRoleError != "" || f.ProjectsError != "" {
		return p.newKeyForm(v, f, http.StatusBadRequest)
	}
	k, secret, err := p.svc.CreateAPIKey(v.once("create key"), v.who, n)
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
	return p.newKeyForm(v, f, status)
}

// secretView is the page that shows a secret once.
type secretView struct {
	Key    team.APIKey
	Secret string
	New    bool
	Grace  time.Duration // for which the old secret still works
}

// keyView is one API key and its actions.
type keyView struct {
	team.APIKey
	Account               *seat
	Seats                 []seat
	Give                  []choice // roles that can be assigned to a key without an account role
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
		Form: keyForm{Name: k.Name, Term: "keep", Today: v.today()}, Once: once(),
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
		view.Give, err = v.choices(permission.ScopeAccount, "", func(r team.Role) error { return v.can.Give(team.Member{APIKeyID: k.ID}, r) })
	}
	return view, err
}

// lost describes what else is removed together with one of the key's roles, or that the key has no role afterwards.
func (k keyView) lost(s seat) string {
	switch {
	case s.ProjectID == "" && len(k.Seats) > 0:
		names := make([]string, len(k.Seats))
		for i, other := range k.Seats {
			names[i] = other.ProjectName
		}
		return "Removing this role also removes the key's project roles (" + strings.Join(names, ", ") + "). The key will then have no permissions."
	case len(k.Memberships) == 1:
		return "This is the key's only role. Without it, the key has no permissions."
	}
	return ""
}

func (p *pages) showKey(v *visit) (reply, error) {
	view, err := p.key(v)
	return reply{status: http.StatusOK, page: keyPage(v, view)}, err
}

// keyAgain shows the key's page with an error.
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
	c := team.APIKeyChange{Name: &f.Name, Base: v.base()}
	again := func(err error) (reply, error) {
		return p.keyAgain(v, err, func(view *keyView, _ string) { view.Form = f })
	}
	if f.Term != "keep" {
		expires, ok := f.until(p.svc.Now())
		if !ok {
			f.notUntil()
			return again(&team.Error{Kind: team.KindInvalid})
		}
		c.ExpiresAt = &expires
	}
	_, err := p.svc.UpdateAPIKey(v.Context(), v.who, v.PathValue("id"), c)
	if err == nil {
		return done("/keys/"+v.PathValue("id"), "key-saved")
	}
	if _, ok := f.refuse(err); !ok {
		return reply{}, err
	}
	return again(err)
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

// graces are the grace periods offered for the old secret.
var graces = []struct {
	Value, Label string
	Time         time.Duration
}{
	{"0", "Stops working immediately", 0}, {"hour", "Works for one more hour", time.Hour},
	{"day", "Works for one more day", 24 * time.Hour}, {"week", "Works for one more week", 7 * 24 * time.Hour},
}

func (p *pages) regenerateKey(v *visit) (reply, error) {
	var grace time.Duration
	for _, g := range graces {
		if g.Value == v.PostForm.Get("grace") {
			grace = g.Time
		}
	}
	k, secret, err := p.svc.RegenerateAPIKey(v.once("regenerate key "+v.PathValue("id")), v.who, v.PathValue("id"), team.Regeneration{Grace: grace})
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
		return p.keyAgain(v, refusedNotTheName.With(), func(view *keyView, message string) { view.Typed, view.TypedError = typed, message })
	}
	if err := p.svc.RevokeAPIKey(v.Context(), v.who, k.ID); err != nil {
		return p.keyAgain(v, err, wrongKey)
	}
	return done("/keys", "key-revoked")
}

// seatOfKey changes or removes one role of a key, or assigns it an account role.
func (p *pages) seatOfKey(v *visit) (reply, error) {
	k, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	role, news := v.PostForm.Get("role_id"), "key-role"
	var seat team.Member
	for _, m := range k.Memberships {
		if m.ID == v.PostForm.Get("membership") {
			seat = m
		}
	}
	switch {
	case seat.ID == "" && v.PostForm.Get("membership") != "":
		return reply{}, team.ErrNotFound
	case seat.ID == "":
		news = "key-role-given"
		_, err = p.svc.AddMember(v.Context(), v.who, team.NewMember{APIKeyID: &k.ID, RoleID: role, ManagedBy: team.ManagedByDashboard})
	case v.PostForm.Get("remove") != "":
		news = "key-role-removed"
		_, err = p.svc.RemoveMember(v.Context(), v.who, seat.ProjectID, seat.ID, team.Removal{})
	default:
		_, err = p.svc.UpdateMember(v.Context(), v.who, seat.ProjectID, seat.ID, team.MemberChange{RoleID: &role, Base: v.base()})
	}
	if err != nil {
		return p.keyAgain(v, err, wrongKey)
	}
	return done("/keys/"+k.ID, news)
}
