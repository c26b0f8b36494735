package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"raff/internal/lang"
	"slices"
	"strings"

	"raff/internal/permission"
	"raff/internal/team"
)

// listed is how many rows a list to choose from shows; a finder chooses from all.
const listed = 50

// few is the first page of a list to choose from, with one more row that tells whether there are more.
var few = team.Page{Limit: listed + 1, SkipTotal: true}

// A finder is a text field for the name of an object that a list to choose from does not show. Its name is "find.", the name of the
// field that it fills in, a dot, and the kind of object. With a + before the name of the field, it adds a value to it.
const finderPrefix = "find."

// The kinds of objects that finders find.
const (
	findProject     = "project"
	findAccountRole = "account-role"
	findProjectRole = "project-role"
	findRole        = "role"
	findKey         = "key"
)

// kindOf is the kind of a finder for roles of a scope.
func kindOf(scope permission.Scope) string {
	if scope == permission.ScopeProject {
		return findProjectRole
	}
	return findAccountRole
}

// finder is the state of one finder.
type finder struct {
	ID, Name, Label, Value, Wrong string
}

// finder returns the finder for this field and kind, with what was entered.
func (v *visit) finder(id, field, kind, label string) finder {
	f := finder{ID: id + "-find", Name: finderPrefix + field + "." + kind, Label: label}
	f.Value, f.Wrong = v.sought[f.Name], v.unknown[f.Name]
	return f
}

// resolve fills in the fields for which the request has the name of an object in a finder. A name that nothing has fills in an id that
// nothing has, so that no other choice applies.
func (v *visit) resolve() error {
	v.sought, v.unknown = map[string]string{}, map[string]string{}
	query := v.URL.Query()
	changed := false
	for _, values := range []url.Values{v.PostForm, query} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			field, kind, ok := cutFinder(name)
			if !ok {
				continue
			}
			text := strings.TrimSpace(values.Get(name))
			values.Del(name)
			changed = true
			if text == "" {
				continue
			}
			id, err := v.find(kind, text)
			switch {
			case team.IsNotFound(err):
				v.sought[name], v.unknown[name] = text, v.say(unknownName(kind))
				id = team.NoID
			case err != nil:
				return err
			}
			if more, ok := strings.CutPrefix(field, "+"); ok {
				values.Add(more, id)
			} else {
				values.Set(field, id)
			}
		}
	}
	if changed {
		v.URL.RawQuery = query.Encode()
	}
	return nil
}

func cutFinder(name string) (field, kind string, ok bool) {
	rest, ok := strings.CutPrefix(name, finderPrefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ".")
}

// unknownName says that nothing of a kind has the name that was entered.
func unknownName(kind string) lang.Text {
	switch kind {
	case findProject:
		return "There is no project with this name. Choose a suggestion, or enter the whole name."
	case findKey:
		return "There is no API key with this name. Choose a suggestion, or enter the whole name."
	}
	return "There is no role with this name. Choose a suggestion, or enter the whole name."
}

// found is an object that a finder suggests. Text identifies it.
type found struct{ ID, Text string }

// suggest lists the first objects whose names begin with a text.
func (v *visit) suggest(kind, text string, limit int) (all []found, err error) {
	p := team.Page{Limit: limit, SkipTotal: true}
	switch kind {
	case findProject:
		rows, _, err := v.p.svc.FindProjects(v.Context(), v.who, team.ProjectFilter{Prefix: text, Page: p})
		for _, r := range rows {
			all = append(all, found{r.ID, r.Name})
		}
		return all, err
	case findKey:
		rows, _, err := v.p.svc.ListAPIKeys(v.Context(), v.who, team.APIKeyFilter{Prefix: text, Page: p})
		for _, r := range rows {
			all = append(all, found{r.ID, r.Name + " (" + r.KeyPrefix + ")"})
		}
		return all, err
	case findAccountRole, findProjectRole, findRole:
		f := team.RoleFilter{Prefix: text, Page: p}
		switch kind {
		case findAccountRole:
			f.Scope = permission.ScopeAccount
		case findProjectRole:
			f.Scope = permission.ScopeProject
		}
		rows, _, err := v.p.svc.ListRoles(v.Context(), v.who, f)
		for _, r := range rows {
			text := r.Name
			if kind == findRole && r.Scope == permission.ScopeProject {
				text = v.say("{role} (in a project)", r.Name)
			}
			all = append(all, found{r.ID, text})
		}
		return all, err
	}
	return nil, team.ErrNotFound
}

// find returns the id of the object with this name: the only one that a finder suggests for it, or the one whose whole name it is.
func (v *visit) find(kind, text string) (string, error) {
	name := text
	if i := strings.LastIndex(text, " ("); i > 0 && strings.HasSuffix(text, ")") && (kind == findKey || kind == findRole) {
		name = text[:i]
	}
	all, err := v.suggest(kind, name, team.CountedRows)
	if err != nil {
		return "", err
	}
	same := func(to string) []found {
		return slices.DeleteFunc(slices.Clone(all), func(f found) bool { return !strings.EqualFold(f.Text, to) })
	}
	for _, some := range [][]found{same(text), all} {
		if len(some) == 1 {
			return some[0].ID, nil
		}
	}
	return "", team.ErrNotFound
}

// showFound responds with suggestions for the finder in the query.
func (p *pages) showFound(v *visit) (reply, error) {
	for name, values := range v.URL.Query() {
		if _, kind, ok := cutFinder(name); ok {
			all, err := v.suggest(kind, strings.TrimSpace(values[0]), listed)
			var e *team.Error
			if errors.As(err, &e) && (e.Kind == team.KindDenied || e.Kind == team.KindNotFound) {
				all, err = nil, nil
			}
			return reply{status: http.StatusOK, page: suggestions(v, all)}, err
		}
	}
	return reply{}, team.ErrNotFound
}

// cut returns the rows to show of a list that was read with few, and whether there are more.
func cut[T any](rows []T) ([]T, bool) {
	if len(rows) > listed {
		return rows[:listed], true
	}
	return rows, false
}

// someProjects lists the first projects, or all in which the user has a role if they cannot see the others.
func (v *visit) someProjects() ([]team.Project, bool, error) {
	page := few
	if v.can.ViewProjects() != nil {
		page.Limit = team.CountedRows
	}
	rows, _, err := v.p.svc.ListProjects(v.Context(), v.who, page)
	if page == few {
		rows, more := cut(rows)
		return rows, more, err
	}
	return rows, len(rows) == page.Limit, err
}

// someRoles lists the first roles, and the chosen one.
func (v *visit) someRoles(chosen string) ([]team.Role, bool, error) {
	rows, _, err := v.p.svc.ListRoles(v.Context(), v.who, team.RoleFilter{Page: few})
	if err != nil {
		return nil, false, err
	}
	rows, more := cut(rows)
	if more && chosen != "" && !slices.ContainsFunc(rows, func(r team.Role) bool { return r.ID == chosen }) {
		r, err := v.p.svc.GetRole(v.Context(), v.who, chosen)
		if err != nil && !team.IsNotFound(err) {
			return nil, false, err
		}
		if err == nil {
			rows = append(rows, r)
		}
	}
	return rows, more, nil
}

// projectName is the name of a project, or empty if the user cannot see it.
func (v *visit) projectName(id string) string {
	pr, err := v.p.svc.GetProject(v.Context(), v.who, id)
	if err != nil {
		v.ask(err)
	}
	return pr.Name
}
