package web

import (
	"context"
	"net/http"
	"raff/internal/lang"
	"slices"
	"strings"
	"time"

	"raff/internal/permission"
	"raff/internal/team"
)

const (
	noTerm lang.Text = "Choose when the key expires."
	noDate lang.Text = "Enter the last day on which the key is valid."
)

// mostProjects is the maximum number of projects that the form for a key lists.
const mostProjects = 100

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
	Value string
	Label lang.Text
	Days  int
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
		day, ok := dayIn(f.On, time.UTC)
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
func (f *keyForm) notUntil(ctx context.Context) {
	if f.Term == "date" {
		f.DayError = say(ctx, noDate)
	} else {
		f.TermError = say(ctx, noTerm)
	}
}

func (f *keyForm) refuse(ctx context.Context, err error) (status int, ok bool) {
	field, message, status, ok := refusal(ctx, err, "name", "expires_at", "role_id", "projects")
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

func (p *pages) newKeyForm(v *visit, f keyForm, status int) (reply, error) {
	if v.can.ViewRoles() == nil {
		var err error
		if f.Roles, err = v.keyChoices(f.RoleID, v.can.CreateKeyAs); err != nil {
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
	all, more, err := v.someProjects()
	if err != nil {
		return err
	}
	f.MoreProjects = more
	slices.SortFunc(all, func(a, b team.Project) int { return strings.Compare(team.Folded(a.Name), team.Folded(b.Name)) })
	chosen := f.Projects
	f.Projects = nil
	for _, c := range chosen {
		if c.ID != team.NoID && !slices.ContainsFunc(all, func(pr team.Project) bool { return pr.ID == c.ID }) {
			switch pr, err := p.svc.GetProject(v.Context(), v.who, c.ID); {
			case err == nil:
				all = append(all, pr)
			case !team.IsNotFound(err):
				return err
			}
		}
	}
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
		f.notUntil(v.Context())
	}
	switch {
	case len(n.Projects) > 0 && f.ProjectRoleID == "":
		f.ProjectRoleError = v.say("Choose the role that the key gets in these projects.")
	case len(n.Projects) == 0 && f.ProjectRoleID != "":
		f.ProjectsError = v.say("Choose the projects in which the key gets the role.")
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
	status, ok := f.refuse(v.Context(), err)
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
