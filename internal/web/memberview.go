package web

import (
	"time"

	"raff/internal/permission"
	"raff/internal/team"
)

// memberView is one person with all of their memberships.
type memberView struct {
	team.Person
	Account  *seat // nil for a person who is only in projects
	Seats    []seat
	Add      permit
	Free     []team.Project // projects the person can be added to
	MoreFree bool           // there are more projects than are listed
	Roles    []choice       // of projects
	Chosen   string         // the project that was chosen
	Self     bool
	Done     string
	Wrong    string
	WrongAt  string // id of the membership that the error is about
	Password permit
	Keys     []team.HeldKey // API keys whose secret the person was shown; only for viewers who may suspend them
}

// removalView is the confirmation page of a removal.
type removalView struct {
	team.Member
	Person      team.Person
	Keys        []team.HeldKey
	KeepKeys    bool
	Invitations []team.Invitation
	Remove      permit
	Change      permit
	Wrong       string
}

// joined is when a member accepted or was added.
func joined(m team.Member) time.Time {
	if !m.AcceptedAt.IsZero() {
		return m.AcceptedAt
	}
	return m.CreatedAt
}

// seat is one membership and its actions.
type seat struct {
	team.Member
	Change, Remove permit
	Roles          []choice
	Grants         choice // the role's permissions
	Open           bool   // show the role's permissions
}

// Where is the name of the project or account of the membership.
func (s seat) Where(account string) string {
	if s.ProjectID == "" {
		return account
	}
	return s.ProjectName
}

// path is the URL path for the forms of the membership.
func (s seat) path(m memberView) string { return "/members/" + m.ID + "/memberships/" + s.ID }

func (v *visit) seat(m team.Member) (seat, error) {
	s := seat{
		Member: m, Change: v.ask(v.can.ChangeMember(m)), Remove: v.ask(v.can.RemoveMember(m)),
		Grants: v.choice(m.Role, "", nil), Open: m.ProjectID == "" || v.can.ViewRoles() != nil,
	}
	if !s.Change.OK {
		return s, nil
	}
	scope := permission.ScopeAccount
	if m.ProjectID != "" {
		scope = permission.ScopeProject
	}
	var err error
	give := func(r team.Role) error { return v.can.Give(m, r) }
	if m.Type == team.TypeAPIKey && m.ProjectID == "" {
		s.Roles, err = v.keyChoices(m.Role.ID, give)
	} else {
		s.Roles, err = v.choices(scope, m.Role.ID, give)
	}
	return s, err
}
