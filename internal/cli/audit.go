package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) audit() *cobra.Command {
	return a.group("audit", "audits", "Read the audit log of the account", a.auditList(), a.auditTail())
}

// eventFlags are the flags that filter events.
type eventFlags struct{ actor, action, target, project string }

func addEventFlags(cmd *cobra.Command, a *app) *eventFlags {
	e := &eventFlags{}
	cmd.Flags().StringVar(&e.actor, "actor", "", "only events by this member (`id`, email, or name of an API key)")
	cmd.Flags().StringVar(&e.action, "action", "", "only events with this `action`, such as member.added")
	cmd.Flags().StringVar(&e.target, "target", "", "only events about the object with this `id`")
	cmd.Flags().StringVar(&e.project, "project", "", "only events in this project (`id`, slug or name; the id also after it was deleted)")
	noFiles(cmd, "action", "target")
	complete(cmd, "project", a.completeProjectSlugs)
	complete(cmd, "actor", a.completeMembers)
	return e
}

var notEmpty = []func(*cobra.Command) error{atMostOne("actor"), atMostOne("action"), atMostOne("target"), atMostOne("project")}

// options are the list options for the flags, with the actor's name resolved: events refer to users and keys, not to
// memberships.
func (e *eventFlags) options(ctx context.Context, c *client.Client) (client.ListEventsOptions, error) {
	o := client.ListEventsOptions{Actor: e.actor, Action: e.action, Target: e.target, Project: idIn(e.project)}
	if e.project != "" && o.Project == "" {
		p, err := findProject(ctx, c, e.project)
		if err != nil {
			return o, err
		}
		o.Project = p.ID
	}
	if e.actor == "" {
		return o, nil
	}
	if id := idIn(e.actor); id != "" { // the id of a user or a key, unless it is the id of a member
		o.Actor = id
		m, err := c.Members.Get(ctx, id)
		if client.IsNotFound(err) || client.IsDenied(err) {
			return o, nil
		}
		if err != nil {
			return o, err
		}
		o.Actor = principalID(*m)
		return o, nil
	}
	m, err := accountMembers(c).find(ctx, e.actor)
	if err != nil {
		return o, err
	}
	o.Actor = principalID(m)
	return o, nil
}

// principalID is the id of a member's user or key; an invitation that is not accepted has none.
func principalID(m api.Member) string {
	switch {
	case m.UserID != nil:
		return *m.UserID
	case m.APIKeyID != nil:
		return *m.APIKeyID
	}
	return m.ID
}

// newestEvents is how many events audit list shows by default: a log can have millions.
const newestEvents = 100

func (a *app) auditList() *cobra.Command {
	var since, until string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List events, newest first",
		Long:    fmt.Sprintf(`List the newest %d events, newest first. Use --limit to show more or fewer, or --limit 0 to show all.`, newestEvents),
		Example: `raff audit list --since 24h
raff audit list --actor alice@example.com --limit 20
raff audit list --project website
raff audit list --since 2030-01-01 --until 2030-01-31 --limit 0 -o csv >january.csv`,
		Args: args(),
	}
	flags := addEventFlags(cmd, a)
	list := addListing(cmd, "", "newest", newestEvents)
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		if err := list.check(); err != nil {
			return err
		}
		o, err := flags.options(ctx, c)
		if err != nil {
			return err
		}
		now := time.Now()
		if since != "" {
			if o.Since, err = sinceTime("since", since, now); err != nil {
				return err
			}
		}
		if until != "" {
			if o.Until, err = untilTime("until", until, now); err != nil {
				return err
			}
		}
		o.ListOptions = list.page()
		return writeListing(a, list, c.Audit.All(ctx, o), nil, eventColumns)
	})
	cmd.Flags().StringVar(&since, "since", "", "only events since: a `time` such as 2030-01-31T12:00:00Z, the first day (UTC), such as 2030-01-01, or how long ago, such as 7d or 12h")
	cmd.Flags().StringVar(&until, "until", "", "only events until: a `time` as for --since, or the last day (UTC, included), such as 2030-01-31")
	noFiles(cmd, "since", "until")
	require(cmd, append(notEmpty, atMostOne("since"), atMostOne("until"))...)
	return cmd
}

// eventColumns are the columns of events. Programs get those of spreadsheet.EventColumns.
var eventColumns = []column[api.AuditEvent]{
	{"", "created_at", func(e api.AuditEvent) string { return e.CreatedAt.UTC().Format(time.RFC3339Nano) }},
	{"TIME", "", func(e api.AuditEvent) string { return moment(&e.CreatedAt) }},
	{"", "actor_type", func(e api.AuditEvent) string { return e.ActorType }},
	{"", "actor_id", func(e api.AuditEvent) string { return e.ActorID }},
	{"ACTOR", "actor_name", func(e api.AuditEvent) string { return e.ActorName }},
	{"ACTION", "action", func(e api.AuditEvent) string { return e.Action }},
	{"", "target_type", func(e api.AuditEvent) string { return e.TargetType }},
	{"", "target_id", func(e api.AuditEvent) string { return e.TargetID }},
	{"TARGET", "target_name", func(e api.AuditEvent) string { return e.TargetName }},
	{"DETAILS", "", func(e api.AuditEvent) string { return detailsOf(e.Details) }},
	{"", "project_id", func(e api.AuditEvent) string { return text(e.ProjectID) }},
	{"", "delegated", func(e api.AuditEvent) string { return strconv.FormatBool(e.Delegated) }},
	{"", "request_id", func(e api.AuditEvent) string { return e.RequestID }},
	{"", "address", func(e api.AuditEvent) string { return e.Address }},
	{"", "user_agent", func(e api.AuditEvent) string { return e.UserAgent }},
	{"", "details", func(e api.AuditEvent) string { return string(e.Details) }},
	{"", "id", func(e api.AuditEvent) string { return e.ID }},
}

const fewValues = 3 // of a list in a line

// detailsOf describes in one line what changed: {"role":{"from":"member","to":"admin"}} is "role: member → admin".
func detailsOf(details json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(details, &fields) != nil {
		return string(details)
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if strings.HasSuffix(name, "_name") { // display names, which are shown beside the identifiers
			continue
		}
		out = append(out, name+": "+shortly(fields[name]))
	}
	return strings.Join(out, ", ")
}

func shortly(value json.RawMessage) string {
	var change struct{ From, To json.RawMessage }
	if json.Unmarshal(value, &change) == nil && change.From != nil && change.To != nil {
		return shortly(change.From) + " → " + shortly(change.To)
	}
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	var list []string
	if json.Unmarshal(value, &list) != nil {
		return string(value)
	}
	if n := len(list) - fewValues; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:fewValues], " "), n)
	}
	return strings.Join(list, " ")
}
