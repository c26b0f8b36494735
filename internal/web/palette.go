package web

import (
	"errors"
	"net/http"
	"strings"

	"raff/internal/permission"
	"raff/internal/team"
)

// perKind is how many people, projects, roles and API keys the palette shows.
const perKind = 5

func (p *pages) showPalette(v *visit) (reply, error) {
	f := paletteView{Query: strings.TrimSpace(v.URL.Query().Get("q"))}
	if f.Query != "" {
		for _, find := range []func(string) ([]destination, error){v.peopleNamed, v.projectsNamed, v.rolesNamed, v.keysNamed} {
			some, err := find(f.Query)
			if err != nil && !hidden(err) {
				return reply{}, err
			}
			f.Found = append(f.Found, some...)
		}
	}
	for _, d := range v.destinations() {
		if strings.Contains(team.Folded(d.Label), team.Folded(f.Query)) {
			f.Found = append(f.Found, d)
		}
	}
	return reply{status: http.StatusOK, page: palettePage(v, f)}, nil
}

// hidden reports whether an error says that the user may not see something.
func hidden(err error) bool {
	var e *team.Error
	return errors.As(err, &e) && (e.Kind == team.KindDenied || e.Kind == team.KindNotFound)
}

func firstFew() team.Page { return team.Page{Limit: perKind, SkipTotal: true} }

func (v *visit) peopleNamed(text string) (all []destination, err error) {
	rows, _, err := v.p.svc.ListPeople(v.Context(), v.who, team.PersonFilter{Query: text, Page: firstFew()})
	for _, r := range rows {
		about := r.Email
		if r.Name == "" {
			about = v.say("Invited")
		}
		all = append(all, destination{called(r.Name, r.Email), about, "/members/" + r.ID, "people"})
	}
	return all, err
}

func (v *visit) projectsNamed(text string) (all []destination, err error) {
	rows, _, err := v.p.svc.FindProjects(v.Context(), v.who, team.ProjectFilter{Query: text, Page: firstFew()})
	for _, r := range rows {
		all = append(all, destination{r.Name, v.say("Project"), "/projects/" + r.ID, "folder"})
	}
	return all, err
}

func (v *visit) rolesNamed(text string) (all []destination, err error) {
	rows, _, err := v.p.svc.ListRoles(v.Context(), v.who, team.RoleFilter{Prefix: text, Page: firstFew()})
	for _, r := range rows {
		about := v.say("Account role")
		if r.Scope == permission.ScopeProject {
			about = v.say("Project role")
		}
		all = append(all, destination{r.Name, about, "/roles/" + r.ID, "shield"})
	}
	return all, err
}

func (v *visit) keysNamed(text string) (all []destination, err error) {
	rows, _, err := v.p.svc.ListAPIKeys(v.Context(), v.who, team.APIKeyFilter{Prefix: text, Page: firstFew()})
	for _, r := range rows {
		all = append(all, destination{r.Name, v.say("API key {prefix}…", r.KeyPrefix), "/keys/" + r.ID, "key"})
	}
	return all, err
}

// destinations are the pages and actions that the user may use.
func (v *visit) destinations() (all []destination) {
	for _, item := range v.navigation() {
		all = append(all, destination{item.Label, v.say("Page"), item.Path, item.Icon})
	}
	for _, one := range []struct {
		destination
		may error
	}{
		{destination{v.say("Invite people"), v.say("Action"), "/invitations/new", "plus"}, v.can.Invite("")},
		{destination{v.say("Import people"), v.say("Action"), "/members/import", "plus"}, v.can.Invite("")},
		{destination{v.say("New project"), v.say("Action"), "/projects/new", "plus"}, v.can.CreateProject()},
		{destination{v.say("New role"), v.say("Action"), "/roles/new", "plus"}, v.can.CreateRole()},
		{destination{v.say("New API key"), v.say("Action"), "/keys/new", "plus"}, v.can.CreateKey()},
		{destination{v.say("Transfer ownership"), v.say("Action"), "/settings/owner", "settings"}, v.can.TransferOwnership()},
		{destination{v.say("Your profile"), v.say("Page"), "/profile", "people"}, nil},
		{destination{v.say("Keyboard shortcuts"), v.say("Page"), "/keyboard", "settings"}, nil},
	} {
		if v.ask(one.may).OK {
			all = append(all, one.destination)
		}
	}
	return all
}

func (p *pages) showKeyboard(v *visit) (reply, error) { return show(keyboardPage(v)) }
