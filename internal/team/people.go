package team

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"raff/internal/permission"

	"golang.org/x/text/unicode/norm"
)

// Person is someone with access to an account, or invited to it, with all their memberships there. Member is the
// account membership or, if there is none, the first project membership.
type Person struct {
	Member
	// Projects are the project memberships that the caller may see, by project name.
	Projects []Member
	// Activity is zero if the caller may not see it.
	Activity
}

// Activity is what members do with their access.
type Activity struct {
	// HasFactor says that a person has a second factor.
	HasFactor bool
	// LastActiveAt is when a person last used the account in a browser, accurate to a minute, or when an API key was last used; zero
	// means never.
	LastActiveAt time.Time
}

// PersonSort is the order of a list of people.
type PersonSort string

// The orders. SortOldest, the default, and SortNewest sort by when someone was added or invited. SortName and SortNameBack
// sort by name, ignoring case and accents, and by email for people without a name. SortStatus sorts by status (active, pending,
// suspended) and, within each, like SortOldest; SortStatusBack is the reverse.
const (
	SortOldest     PersonSort = ""
	SortNewest     PersonSort = "newest"
	SortName       PersonSort = "name"
	SortNameBack   PersonSort = "name-back"
	SortStatus     PersonSort = "status"
	SortStatusBack PersonSort = "status-back"
)

// Folded returns text without case and accents, the form in which names are sorted and searched.
func Folded(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(text)))
}

// SortKey returns the text by which a person or key is sorted and searched: the name and the canonical email.
func SortKey(name, email string) string {
	if name != "" {
		email = name + "\n" + email
	}
	return Folded(email)
}

// Cursor is the position of a member in every list of members and people.
func (m Member) Cursor() Cursor {
	return Cursor{At: m.CreatedAt, Name: SortKey(m.Name, m.CanonicalEmail), Status: m.Status, ID: m.ID}
}

// Access says which kinds of memberships a person has.
type Access string

// The kinds of access. The Owner's is a special kind of account access.
const (
	AccessOwner   Access = "owner"
	AccessAccount Access = "account"
	AccessProject Access = "project"
)

// Access returns which kinds of memberships the person has.
func (p Person) Access() Access {
	switch {
	case p.IsOwner:
		return AccessOwner
	case p.ProjectID == "":
		return AccessAccount
	}
	return AccessProject
}

// PersonFilter selects people. Empty fields do not filter.
type PersonFilter struct {
	AccountID string
	Status    Status
	Access    Access
	RoleID    string
	Query     string // part of the email or name, any case
	Sort      PersonSort
	// ShowActivity sets the Activity of the people.
	ShowActivity bool
	// Factor is "yes" for people with a second factor, "no" for people without.
	Factor string
	// NotIn is a project. People with a role there are left out, and so is the Owner, who needs none.
	NotIn string
	// ButUser is a user who is also left out if NotIn is set.
	ButUser string
	// AllProjects includes memberships of all projects, otherwise only those of Projects are included.
	AllProjects bool
	Projects    []string
	Page
}

// ListPeople lists everyone with access to the account, including people who are only in projects where the caller may see
// them, and returns the total number. API keys are not people.
func (s *Service) ListPeople(ctx context.Context, p *Principal, f PersonFilter) ([]Person, Total, error) {
	if err := s.mayViewMembers(ctx, p, ""); err != nil {
		return nil, Total{}, err
	}
	if f.Factor != "" {
		if err := s.Require(p, permission.MembersManage); err != nil {
			return nil, Total{}, err
		}
	}
	if err := s.visibleProjects(ctx, p, &f); err != nil {
		return nil, Total{}, err
	}
	return s.store.People(ctx, f)
}

// visibleProjects sets the projects of f to those whose members the caller may see.
func (s *Service) visibleProjects(ctx context.Context, p *Principal, f *PersonFilter) (err error) {
	f.AccountID = p.AccountID
	f.AllProjects, f.Projects, err = s.projectsWith(ctx, p, memberViewers.project...)
	f.ShowActivity = f.AllProjects
	return err
}

// projectsWith returns the projects in which the caller has any of these project permissions. all is true if the caller
// manages the account's members.
func (s *Service) projectsWith(ctx context.Context, p *Principal, anyOf ...string) (all bool, ids []string, err error) {
	if s.has(p, permission.MembersManage) {
		return true, nil, nil
	}
	own, err := s.store.MembershipsOf(ctx, p.AccountID, p.canonical)
	if err != nil {
		return false, nil, err
	}
	for _, m := range own {
		if s.mayAny(p, &m, anyOf...) {
			ids = append(ids, m.ProjectID)
		}
	}
	return false, ids, nil
}

// GetPerson returns the person with this membership of the account or of a project.
func (s *Service) GetPerson(ctx context.Context, p *Principal, memberID string) (Person, error) {
	m, err := s.store.MemberAnywhere(ctx, p.AccountID, memberID)
	if err != nil {
		return Person{}, err
	}
	if err := s.mayViewMembers(ctx, p, m.ProjectID); err != nil {
		return Person{}, err
	}
	var f PersonFilter
	if err := s.visibleProjects(ctx, p, &f); err != nil {
		return Person{}, err
	}
	all, err := s.store.MembershipsOf(ctx, p.AccountID, m.CanonicalEmail)
	if err != nil {
		return Person{}, err
	}
	person := Person{Member: m}
	for _, one := range all {
		switch {
		case one.ProjectID == "":
			if s.mayViewMembers(ctx, p, "") == nil {
				person.Member = one
			}
		case f.sees(one.ProjectID):
			person.Projects = append(person.Projects, one)
		}
	}
	if f.ShowActivity && person.UserID != "" {
		of, err := s.store.Activity(ctx, p.AccountID, []string{person.UserID}, nil)
		person.Activity = of[person.UserID]
		return person, err
	}
	return person, nil
}

func (f *PersonFilter) sees(projectID string) bool {
	return f.AllProjects || slices.Contains(f.Projects, projectID)
}

// RoleHolders returns the first n memberships with a role that the caller may see, and their total number.
func (s *Service) RoleHolders(ctx context.Context, p *Principal, roleID string, n int) ([]Member, int, error) {
	if err := s.mayViewRoles(ctx, p); err != nil {
		return nil, 0, err
	}
	if s.Require(p, permission.MembersManage) == nil {
		return s.store.RoleHolders(ctx, p.AccountID, roleID, n)
	}
	_, total, err := s.store.RoleHolders(ctx, p.AccountID, roleID, 1)
	return nil, total, err
}

// LeftBehind returns what would remain if a member were suspended in, or removed from, the account or a project; see
// Removed. API keys that the change would disable are marked as Disabled.
func (s *Service) LeftBehind(ctx context.Context, p *Principal, projectID, memberID string) (Removed, error) {
	g := s.guard(ctx, p)
	m, err := g.memberToRemove(projectID, memberID)
	if err != nil {
		if m, err = g.memberToChange(projectID, memberID); err != nil {
			return Removed{}, err
		}
	}
	out, err := g.leftBehind(m)
	g.markDisabled(m, out.KeysCreated)
	return out, err
}

// KeysOf returns the API keys of which a member was shown a secret, for a caller that may change the member and has read
// them. Keys that a suspension would disable are marked as Disabled.
func (s *Service) KeysOf(ctx context.Context, p *Principal, m Member) ([]HeldKey, error) {
	g := s.guard(ctx, p)
	if err := g.mayChangeIn(m.ProjectID); err != nil {
		return nil, err
	}
	keys, err := g.heldBy(m)
	g.markDisabled(m, keys)
	return keys, err
}

// markDisabled marks the keys that a suspension or removal of the member would disable.
func (g *guard) markDisabled(m Member, keys []HeldKey) {
	for i := range keys {
		keys[i].Disabled = m.ProjectID == "" && g.disables(keys[i])
	}
}

func (g *guard) leftBehind(m Member) (out Removed, err error) {
	if out.KeysCreated, err = g.heldBy(m); err != nil || m.Type != TypeUser || m.ProjectID != "" {
		return out, err
	}
	out.InvitationsSent, err = g.InvitationsSentBy(g.ctx, g.p.AccountID, m.UserID)
	return out, err
}

// InProjects sets Also of members of the account to their memberships in the projects whose members the caller may view, by name.
func (s *Service) InProjects(ctx context.Context, p *Principal, members []Member) error {
	all, visible, err := s.projectsWith(ctx, p, memberViewers.project...)
	if err != nil || len(members) == 0 || !all && len(visible) == 0 {
		return err
	}
	emails := make([]string, len(members))
	for i, m := range members {
		emails[i] = m.CanonicalEmail
	}
	rows, err := s.store.MembershipsOfAll(ctx, p.AccountID, emails)
	if err != nil {
		return err
	}
	of := make(map[string][]Member, len(members))
	for _, m := range rows {
		if m.ProjectID != "" && (all || slices.Contains(visible, m.ProjectID)) {
			of[m.CanonicalEmail] = append(of[m.CanonicalEmail], m)
		}
	}
	for i, m := range members {
		members[i].Also = of[m.CanonicalEmail]
		slices.SortFunc(members[i].Also, func(a, b Member) int {
			return cmp.Or(strings.Compare(Folded(a.ProjectName), Folded(b.ProjectName)), strings.Compare(a.ID, b.ID))
		})
	}
	return nil
}

// LastActive sets LastActiveAt of members of the account, if the caller manages members.
func (s *Service) LastActive(ctx context.Context, p *Principal, members []Member) error {
	if !s.has(p, permission.MembersManage) {
		return nil
	}
	var users, keys []string
	for _, m := range members {
		switch {
		case m.UserID != "":
			users = append(users, m.UserID)
		case m.APIKeyID != "":
			keys = append(keys, m.APIKeyID)
		}
	}
	if len(users)+len(keys) == 0 {
		return nil
	}
	of, err := s.store.Activity(ctx, p.AccountID, users, keys)
	for i, m := range members {
		members[i].LastActiveAt = of[m.UserID+m.APIKeyID].LastActiveAt
	}
	return err
}
