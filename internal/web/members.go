package web

import (
	"net/http"
	"strings"

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
}

// membersAsked are the filters in the URL of a list of people.
func (v *visit) membersAsked() membersView {
	q := v.URL.Query()
	m := membersView{
		Query: strings.TrimSpace(q.Get("q")), Status: oneOf(q.Get("status"), "pending", "active", "suspended"),
		Access: oneOf(q.Get("access"), "owner", "account", "project"), Role: q.Get("role"),
		SeeFactors: v.ask(v.can.ViewFactors()),
		Sort:       oneOf(q.Get("sort"), string(team.SortNewest), string(team.SortName), string(team.SortNameBack)),
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
	m.Invite, m.Acts = v.ask(v.can.Invite("")), v.ask(v.can.AddMember()).OK
	m.Chips = v.memberChips(m)
	return reply{status: http.StatusOK, page: membersPage(v, m)}, nil
}

// filtered reports whether a filter is set.
func (m membersView) filtered() bool {
	return m.Query != "" || m.Status != "" || m.Access != "" || m.Role != "" || m.Factor != ""
}

// The options of the filters: values and labels.
var (
	accessOptions = []string{"owner", "Owner", "account", "Account", "project", "Project-only"}
	statusOptions = []string{"active", "Active", "pending", "Invited", "suspended", "Suspended"}
	factorOptions = []string{"yes", "With second factor", "no", "Without second factor"}
)

// labelOf is the label of a value in options.
func labelOf(value string, options []string) string {
	for i := 0; i+1 < len(options); i += 2 {
		if options[i] == value {
			return options[i+1]
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
	add("access", labelOf(m.Access, accessOptions))
	add("status", labelOf(m.Status, statusOptions))
	add("factor", labelOf(m.Factor, factorOptions))
	if m.Role != "" {
		name := "Unknown role"
		for _, r := range m.Roles {
			if r.ID == m.Role {
				name = "Role: " + r.Name
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
		return standing{"off", "Invitation on hold"}
	case m.Status == team.StatusSuspended:
		return standing{"off", "Suspended"}
	case m.AccountSuspended:
		return standing{"off", "Suspended in the account"}
	case m.Status == team.StatusActive && !m.ExpiresAt.IsZero() && !v.p.svc.Now().Before(m.ExpiresAt):
		return standing{"off", "Expired"}
	case m.Status == team.StatusActive:
		return standing{"on", "Active"}
	}
	return v.offered(m.Invitation)
}

// offered is the status of a pending invitation.
func (v *visit) offered(i *team.Invitation) standing {
	if i == nil {
		return standing{"wait", "Invited"}
	}
	switch i.StateAt(v.p.svc.Now()) {
	case team.InvitationDeclined:
		return standing{"off", "Declined"}
	case team.InvitationExpired:
		return standing{"off", "Invitation expired"}
	case team.InvitationFailed:
		return standing{"off", "Email not delivered"}
	case team.InvitationSent:
		return standing{"wait", "Invited"}
	}
	if v.p.svc.MailDelivered() {
		return standing{"wait", "Invited, email being sent"}
	}
	return standing{"wait", "Invited"}
}
