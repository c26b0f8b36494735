package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"raff/internal/team"
)

// auditView is the audit log, and by what it is filtered.
type auditView struct {
	Rows []happening
	pager
	Action, Actor, Target, Since, Until string
	SinceError, UntilError              string
}

// happening is one event as a person reads it.
type happening struct {
	team.Event
	Verb    string
	Details []detail
}

// detail is one line of what changed.
type detail struct{ Name, Text string }

// verbs say what was done; the target follows. They are also what the log can be filtered by.
var verbs = map[string]string{
	"account.created":               "created the account",
	"account.updated":               "changed the settings of the account",
	"account.ownership_transferred": "handed the ownership to",
	"api_key.created":               "made the API key",
	"api_key.regenerated":           "gave a new secret to the API key",
	"api_key.revoked":               "revoked the API key",
	"api_key.updated":               "changed the API key",
	"invitation.accepted":           "accepted the invitation of",
	"invitation.cancelled":          "cancelled the invitation of",
	"invitation.created":            "invited",
	"invitation.declined":           "declined the invitation of",
	"invitation.link_fetched":       "fetched the invitation link of",
	"invitation.removed":            "cleaned up the old invitation of",
	"invitation.resent":             "sent the invitation again to",
	"member.added":                  "added",
	"member.removed":                "removed",
	"member.updated":                "changed the membership of",
	"project.created":               "created the project",
	"project.deleted":               "deleted the project",
	"project.updated":               "changed the project",
	"role.created":                  "created the role",
	"role.deleted":                  "deleted the role",
	"role.updated":                  "changed the role",
	"user.password_changed":         "changed the password of",
	"user.password_link_made":       "made a password link for",
	"user.password_set":             "set a password for",
	"user.session_ended":            "ended a session of",
	"user.sessions_ended":           "ended all other sessions of",
	"user.signed_in":                "signed in as",
	"user.signed_out":               "signed out as",
}

// actions are the known ones in order.
func actions() []string {
	all := make([]string, 0, len(verbs))
	for a := range verbs {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

func (v *visit) happening(e team.Event) happening {
	h := happening{Event: e, Verb: verbs[e.Action]}
	if h.Verb == "" {
		h.Verb = e.Action
	}
	if strings.HasSuffix(e.TargetName, team.KeyEmail("")) {
		h.TargetName = "an API key"
	}
	var d map[string]any
	if json.Unmarshal([]byte(e.Details), &d) != nil {
		return h
	}
	names := make([]string, 0, len(d))
	for name := range d {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		h.Details = append(h.Details, detail{strings.ReplaceAll(name, "_", " "), inWords(d[name])})
	}
	return h
}

// inWords writes one value of the details: what it was and is, a list, or the value itself.
func inWords(value any) string {
	switch x := value.(type) {
	case map[string]any:
		return inWords(x["from"]) + " → " + inWords(x["to"])
	case []any:
		words := make([]string, len(x))
		for i, one := range x {
			words[i] = inWords(one)
		}
		return strings.Join(words, ", ")
	case nil:
		return "nothing"
	case string:
		return or(x, "nothing")
	}
	return fmt.Sprint(value)
}

// filter reads by what the log is filtered. Until names a day that still counts.
func (a *auditView) filter(q url.Values) team.EventFilter {
	a.Action, a.Actor, a.Target = q.Get("action"), q.Get("actor"), q.Get("target")
	a.Since, a.Until = q.Get("since"), q.Get("until")
	f := team.EventFilter{Action: a.Action, ActorID: a.Actor, TargetID: a.Target}
	day := func(text string, wrong *string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			*wrong = "Give a day as 2026-05-31."
		}
		return t
	}
	f.Since = day(a.Since, &a.SinceError)
	if f.Until = day(a.Until, &a.UntilError); !f.Until.IsZero() {
		f.Until = f.Until.AddDate(0, 0, 1)
	}
	return f
}

// Filtered reports whether something is left out.
func (a auditView) Filtered() bool {
	return a.Action != "" || a.Actor != "" || a.Target != "" || a.Since != "" || a.Until != ""
}

// export is the address of the same events as a file.
func (a auditView) export(format string) string {
	q := url.Values{"format": {format}}
	for name, value := range map[string]string{"action": a.Action, "actor": a.Actor, "target": a.Target, "since": a.Since, "until": a.Until} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/audit/export?" + q.Encode()
}

func (p *pages) showAudit(v *visit) (reply, error) {
	var a auditView
	f := a.filter(v.URL.Query())
	f.Page = v.page()
	rows, total, err := p.svc.ListEvents(v.Context(), v.who, f)
	if err != nil {
		return reply{}, err
	}
	rows, a.pager = paged(v, rows, total, func(e team.Event) (time.Time, string) { return e.At, e.ID })
	for _, e := range rows {
		a.Rows = append(a.Rows, v.happening(e))
	}
	return reply{status: http.StatusOK, page: auditPage(v, a)}, nil
}

// exportAudit sends the events as a file, oldest page last, in steps that hold little in memory.
func (p *pages) exportAudit(v *visit) (reply, error) {
	var a auditView
	f := a.filter(v.URL.Query())
	if err := v.can.ViewAudit(); err != nil {
		return reply{}, err
	}
	out := reply{status: http.StatusOK, file: "audit-" + p.svc.Now().UTC().Format(time.DateOnly)}
	var write func(io.Writer) eventWriter
	switch v.URL.Query().Get("format") {
	case "csv":
		out.file, out.contentType, write = out.file+".csv", "text/csv; charset=utf-8", newCSVEvents
	default:
		out.file, out.contentType, write = out.file+".ndjson", "application/x-ndjson", newJSONEvents
	}
	out.write = func(w io.Writer) error {
		to := write(w)
		for f.Page = (team.Page{Limit: 500, Uncounted: true}); ; {
			rows, _, err := p.svc.ListEvents(v.Context(), v.who, f)
			if err != nil {
				return err
			}
			for _, e := range rows {
				if err := to.event(e); err != nil {
					return err
				}
			}
			if len(rows) < f.Limit {
				return to.end()
			}
			last := rows[len(rows)-1]
			f.After = &team.Cursor{At: last.At, ID: last.ID}
		}
	}
	return out, nil
}

// eventWriter writes events in one format.
type eventWriter interface {
	event(team.Event) error
	end() error
}

type jsonEvents struct{ *json.Encoder }

func newJSONEvents(w io.Writer) eventWriter {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return jsonEvents{e}
}

func (j jsonEvents) event(e team.Event) error {
	return j.Encode(struct {
		ID         string          `json:"id"`
		At         time.Time       `json:"at"`
		ActorType  string          `json:"actor_type"`
		ActorID    string          `json:"actor_id"`
		ActorName  string          `json:"actor_name"`
		Action     string          `json:"action"`
		TargetType string          `json:"target_type"`
		TargetID   string          `json:"target_id"`
		TargetName string          `json:"target_name"`
		ProjectID  string          `json:"project_id,omitempty"`
		Delegated  bool            `json:"delegated"`
		RequestID  string          `json:"request_id"`
		Details    json.RawMessage `json:"details"`
	}{e.ID, e.At, string(e.ActorType), e.ActorID, e.ActorName, e.Action, e.TargetType, e.TargetID, e.TargetName, e.ProjectID,
		e.Delegated, e.RequestID, json.RawMessage(e.Details)})
}

func (jsonEvents) end() error { return nil }

type csvEvents struct{ *csv.Writer }

func newCSVEvents(w io.Writer) eventWriter {
	c := csvEvents{csv.NewWriter(w)}
	_ = c.Write([]string{"at", "actor_type", "actor_id", "actor_name", "action", "target_type", "target_id", "target_name", "project_id", "delegated", "request_id", "details", "id"}) // Flush tells
	return c
}

func (c csvEvents) event(e team.Event) error {
	row := []string{e.At.UTC().Format(time.RFC3339Nano), string(e.ActorType), e.ActorID, e.ActorName, e.Action, e.TargetType, e.TargetID, e.TargetName,
		e.ProjectID, fmt.Sprint(e.Delegated), e.RequestID, e.Details, e.ID}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return c.Write(row)
}

func (c csvEvents) end() error {
	c.Flush()
	return c.Error()
}

// harmless keeps a spreadsheet from taking a name that somebody chose for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
