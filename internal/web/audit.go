package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/lang"
	"raff/internal/team"
)

// auditView is the audit log page, with its filters.
type auditView struct {
	Days []auditDay
	pager
	Who, Actor, Target, Action, Project string
	Period, Since, Until                string
	NoSignIns                           bool
	SinceError, UntilError              lang.Text
	TooMany                             string // why no events are listed
	Projects                            []team.Project
	MoreProjects                        bool // there are more than are listed
	Chips                               []chip
}

// auditDay is the events of one day.
type auditDay struct {
	Label string
	Rows  []eventView
}

// periods are the predefined periods of the filter.
var periods = []struct {
	Value string
	Label lang.Text
	Time  time.Duration
}{
	{"24h", "Last 24 hours", 24 * time.Hour}, {"7d", "Last 7 days", 7 * 24 * time.Hour}, {"30d", "Last 30 days", 30 * 24 * time.Hour},
}

// chosenDays is the value for a custom range of days.
const chosenDays = "days"

// filterParts are the query parameters of the filter.
var filterParts = []string{"who", "actor", "target", "action", "project", "period", "since", "until", "signing"}

// filter parses the filter. The day in until is included.
func (a *auditView) filter(q url.Values, now time.Time, zone *time.Location) audit.Filter {
	a.Who, a.Actor, a.Target, a.Action, a.Project = q.Get("who"), q.Get("actor"), q.Get("target"), q.Get("action"), q.Get("project")
	a.Period, a.Since, a.Until, a.NoSignIns = q.Get("period"), q.Get("since"), q.Get("until"), q.Get("signing") == "no"
	f := audit.Filter{Actor: a.Who, ActorID: a.Actor, TargetID: a.Target, ProjectID: a.Project, Action: event.Action(a.Action)}
	for _, g := range auditGroups {
		if g.Key == a.Action {
			f.Action = ""
			for _, w := range g.Words {
				f.Actions = append(f.Actions, w.Action)
			}
		}
	}
	if a.NoSignIns {
		f.But = []event.Action{event.ActionSignedIn, event.ActionSignedOut}
	}
	day := func(text string, wrong *lang.Text) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, ok := dayIn(text, zone)
		if !ok {
			*wrong = "Enter a date such as 2026-05-31."
		}
		return t
	}
	for _, p := range periods {
		if p.Value == a.Period {
			a.Since, a.Until = "", "" // the fields of the days are not even shown then
			f.Since = now.Add(-p.Time)
			return f
		}
	}
	f.Since = day(a.Since, &a.SinceError)
	if f.Until = day(a.Until, &a.UntilError); !f.Until.IsZero() {
		f.Until = endOf(f.Until)
	}
	if a.Since != "" || a.Until != "" {
		a.Period = chosenDays
	}
	return f
}

// dayIn parses a day, and returns when it begins in this time zone.
func dayIn(text string, zone *time.Location) (day time.Time, ok bool) {
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	return day, err == nil
}

// endOf is the first moment after a day, because a range that ends with a day includes all of it.
func endOf(day time.Time) time.Time { return day.AddDate(0, 0, 1) }

// unread is the error for an invalid day.
func (a *auditView) unread() lang.Text { return cmp.Or(a.SinceError, a.UntilError) }

// without is the URL of the log without some of the filters.
func without(q url.Values, names ...string) string {
	left := url.Values{}
	for _, name := range filterParts {
		if value := q.Get(name); value != "" && !slices.Contains(names, name) {
			left.Set(name, value)
		}
	}
	if len(left) == 0 {
		return "/audit"
	}
	return "/audit?" + left.Encode()
}

// export is the URL of the same events as a file.
func (v *visit) export(format string) string {
	q := url.Values{"format": {format}}
	for _, name := range filterParts {
		if value := v.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	return "/audit/export?" + q.Encode()
}

func (p *pages) showAudit(v *visit) (reply, error) {
	var a auditView
	f := a.filter(v.URL.Query(), p.svc.Now(), zoneOf(v.Context()))
	if err := v.can.ViewAudit(); err != nil {
		return reply{}, err
	}
	var rows []event.Event
	var total team.Total
	var err error
	status := http.StatusBadRequest
	if a.unread() == "" {
		f.Page, status = v.page(), http.StatusOK
		if rows, total, err = p.audit.List(v.Context(), v.who, f); err != nil {
			field, message, _, ok := refusal(v.Context(), err, "who")
			if !ok || field == "" {
				return reply{}, err
			}
			a.TooMany = message
		}
	}
	if a.Projects, a.MoreProjects, err = v.someProjects(); err != nil {
		return reply{}, err
	}
	zone := zoneOf(v.Context())
	rows, a.pager = paged(v, rows, total, func(e event.Event) (time.Time, string) { return e.At, e.ID })
	words := auditWords{in: languageOf(v.Context()), catalog: p.svc.Catalog(), projects: a.Projects, other: v.projectName}
	for _, e := range rows {
		label := dayLabel(v.Context(), e.At.In(zone), p.svc.Now().In(zone))
		if n := len(a.Days); n == 0 || a.Days[n-1].Label != label {
			a.Days = append(a.Days, auditDay{Label: label})
		}
		last := &a.Days[len(a.Days)-1]
		last.Rows = append(last.Rows, words.view(e))
	}
	if err := v.chips(&a); err != nil {
		return reply{}, err
	}
	return reply{status: status, page: auditPage(v, a)}, nil
}

// dayLabel is the heading of a day. Both times are in the reader's time zone.
func dayLabel(ctx context.Context, at, now time.Time) string {
	switch at.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return say(ctx, "Today")
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return say(ctx, "Yesterday")
	}
	return languageOf(ctx).LongDay(at)
}

// chips lists the active filters. The name for an id comes from its newest event, so that deleted objects have a name,
// too.
func (v *visit) chips(a *auditView) error {
	q := v.URL.Query()
	add := func(text string, names ...string) { a.Chips = append(a.Chips, chip{text, without(q, names...)}) }
	words := auditWords{in: languageOf(v.Context()), catalog: v.p.svc.Catalog(), projects: a.Projects, other: v.projectName}
	newest := func(f audit.Filter) (h eventView, err error) {
		f.Page = team.Page{Limit: 1, SkipTotal: true}
		rows, _, err := v.p.audit.List(v.Context(), v.who, f)
		if len(rows) > 0 {
			h = words.view(rows[0])
		}
		return h, err
	}
	if a.Who != "" {
		add(v.say("Done by {name}", languageOf(v.Context()).Quote(a.Who)), "who")
	}
	if a.Actor != "" {
		e, err := newest(audit.Filter{ActorID: a.Actor})
		if err != nil {
			return err
		}
		add(v.say("Done by {name}", cmp.Or(e.Actor, v.say("someone unknown"))), "actor")
	}
	if a.Target != "" {
		e, err := newest(audit.Filter{TargetID: a.Target})
		if err != nil {
			return err
		}
		add(v.say("Done to {name}", cmp.Or(e.Target, v.say("something unknown"))), "target")
	}
	if a.Action != "" {
		add(actionLabel(languageOf(v.Context()), a.Action), "action")
	}
	if a.Project != "" {
		i := slices.IndexFunc(a.Projects, func(pr team.Project) bool { return pr.ID == a.Project })
		if i < 0 {
			e, err := newest(audit.Filter{ProjectID: a.Project})
			if err != nil {
				return err
			}
			i = len(a.Projects)
			a.Projects = append(a.Projects, team.Project{ID: a.Project, Name: cmp.Or(e.Project, v.say("A project that was deleted"))})
		}
		add(v.say("In {project}", a.Projects[i].Name), "project")
	}
	for _, p := range periods {
		if p.Value == a.Period {
			add(v.say(p.Label), "period")
		}
	}
	if a.Since != "" {
		add(v.say("From {day}", a.Since), "since", "period")
	}
	if a.Until != "" {
		add(v.say("To {day}", a.Until), "until", "period")
	}
	if a.NoSignIns {
		add(v.say("Without sign-ins"), "signing")
	}
	return nil
}
