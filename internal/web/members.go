package web

import (
	"net/http"
	"strings"

	"raff/internal/lang"

	"raff/internal/team"
)

// membersView is the list of people, with its filters.
type membersView struct {
	People []team.Person
	pager
	Query, Status, Access, Role string
	Sort                        string
	Factor                      string // "yes" or "no": only people with, or without, a second factor
	SeeFactors                  permit
	Roles                       []team.Role
	MoreRoles                   bool // there are more than are listed
	Invite                      permit
	Chips                       []chip // the active filters
	Acts                        bool   // the user may change some of the people
	Everyone                    bool   // the user may see all people
}

// The orders of the list in URLs.
const (
	sortOldest, sortNewest     = string(team.SortOldest), string(team.SortNewest)
	sortName, sortNameBack     = string(team.SortName), string(team.SortNameBack)
	sortStatus, sortStatusBack = string(team.SortStatus), string(team.SortStatusBack)
)

// sortOptions are all orders, for screens that are too narrow for the headers of columns.
var sortOptions = []labelled{
	{sortOldest, "Oldest first"}, {sortNewest, "Newest first"}, {sortName, "Name A–Z"}, {sortNameBack, "Name Z–A"},
	{sortStatus, "Active first"}, {sortStatusBack, "Suspended first"},
}

// about is what the list contains.
func (m membersView) about(v *visit) string {
	if m.Everyone {
		return v.say("Everyone with access to {account} or to one of its projects.", v.accountName())
	}
	return v.say("The people in {account} and in its projects that you can see.", v.accountName())
}

// noun is the noun for the number of people.
func (m membersView) noun() string {
	if m.Everyone {
		return "person"
	}
	return "visible"
}

// membersAsked are the filters in the URL of a list of people.
func (v *visit) membersAsked() membersView {
	q := v.URL.Query()
	m := membersView{
		Query: strings.TrimSpace(q.Get("q")), Status: oneOf(q.Get("status"), "pending", "active", "suspended"),
		Access: oneOf(q.Get("access"), "owner", "account", "project"), Role: q.Get("role"),
		SeeFactors: v.ask(v.can.ViewFactors()),
		Sort:       oneOf(q.Get("sort"), sortNewest, sortName, sortNameBack, sortStatus, sortStatusBack),
	}
	if m.SeeFactors.OK {
		m.Factor = oneOf(q.Get("factor"), "yes", "no")
	}
	return m
}

func (m membersView) filter(page team.Page) team.PersonFilter {
	return team.PersonFilter{
		Status: team.Status(m.Status), Access: team.Access(m.Access), RoleID: m.Role, Query: m.Query, Factor: m.Factor,
		Sort: team.PersonSort(m.Sort), Page: page,
	}
}

func (p *pages) showMembers(v *visit) (reply, error) {
	m := v.membersAsked()
	people, total, err := p.svc.ListPeople(v.Context(), v.who, m.filter(v.page()))
	if err != nil {
		return reply{}, err
	}
	m.People, m.pager = pagedBy(v, people, total, team.Person.Cursor)
	if v.can.ViewRoles() == nil {
		if m.Roles, m.MoreRoles, err = v.someRoles(m.Role); err != nil {
			return reply{}, err
		}
	}
	m.Invite, m.Acts, m.Everyone = v.ask(v.can.Invite("")), v.ask(v.can.AddMember()).OK, v.ask(v.can.ViewEveryone()).OK
	m.Chips = v.memberChips(m)
	return reply{status: http.StatusOK, page: membersPage(v, m)}, nil
}

// filtered reports whether a filter is set.
func (m membersView) filtered() bool {
	return m.Query != "" || m.Status != "" || m.Access != "" || m.Role != "" || m.Factor != ""
}

// labelled is an option of a filter.
type labelled struct {
	Value string
	Label lang.Text
}

// The options of the filters.
var (
	accessOptions = []labelled{{"owner", "Owner"}, {"account", "Account"}, {"project", "Project-only"}}
	statusOptions = []labelled{{"active", "Active"}, {"pending", "Invited"}, {"suspended", "Suspended"}}
	factorOptions = []labelled{{"yes", "With second factor"}, {"no", "Without second factor"}}
)

// labels alternates values and labels of options.
func (v *visit) labels(options []labelled) (all []string) {
	for _, o := range options {
		all = append(all, o.Value, v.say(o.Label))
	}
	return all
}

// labelOf is the label of a value in options.
func (v *visit) labelOf(value string, options []labelled) string {
	for _, o := range options {
		if o.Value == value {
			return v.say(o.Label)
		}
	}
	return ""
}

// memberChips lists the active filters, except the search, which its field shows.
func (v *visit) memberChips(m membersView) (all []chip) {
	add := func(name, text string) {
		if text != "" {
			all = append(all, chip{text, v.lacking(name)})
		}
	}
	add("access", v.labelOf(m.Access, accessOptions))
	add("status", v.labelOf(m.Status, statusOptions))
	add("factor", v.labelOf(m.Factor, factorOptions))
	if m.Role != "" {
		name := v.say("Unknown role")
		for _, r := range m.Roles {
			if r.ID == m.Role {
				name = v.say("Role: {role}", r.Name)
			}
		}
		add("role", name)
	}
	return all
}

// oneOf is text if it is one of the values, or else empty.
func oneOf(text string, of ...string) string {
	for _, o := range of {
		if text == o {
			return o
		}
	}
	return ""
}

// standing is a membership's status as shown on pages.
type standing struct{ Kind, Text string }

func (v *visit) standing(m team.Member) standing {
	switch {
	case m.Status == team.StatusSuspended && m.Type == team.TypeInvitation:
		return standing{"off", v.say("Invitation on hold")}
	case m.Status == team.StatusSuspended:
		return standing{"off", v.say("Suspended")}
	case m.AccountSuspended:
		return standing{"off", v.say("Suspended in the account")}
	case m.Status == team.StatusActive && !m.ExpiresAt.IsZero() && !v.p.svc.Now().Before(m.ExpiresAt):
		return standing{"off", v.say("Expired")}
	case m.Status == team.StatusActive:
		return standing{"on", v.say("Active")}
	}
	return v.offered(m.Invitation)
}

// offered is the status of a pending invitation.
func (v *visit) offered(i *team.Invitation) standing {
	if i == nil {
		return standing{"wait", v.say("Invited")}
	}
	switch i.StateAt(v.p.svc.Now()) {
	case team.InvitationDeclined:
		return standing{"off", v.say("Declined")}
	case team.InvitationExpired:
		return standing{"off", v.say("Invitation expired")}
	case team.InvitationFailed:
		return standing{"off", v.say("Email not delivered")}
	case team.InvitationSent:
		return standing{"wait", v.say("Invited")}
	}
	if v.p.svc.MailDelivered() {
		return standing{"wait", v.say("Invited, email being sent")}
	}
	return standing{"wait", v.say("No email sent")}
}
