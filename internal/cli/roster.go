package cli

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
	"raff/internal/spreadsheet"
)

// roster is the members of the account, or those of one project, which have two types in the API.
type roster[M any] struct {
	get  func(ctx context.Context, id string) (*M, error)
	all  func(ctx context.Context, o client.ListMembersOptions) iter.Seq2[M, error]
	view func(M) api.Member
	list string // the command that lists them
}

func accountMembers(c *client.Client) roster[api.Member] {
	return roster[api.Member]{
		get: c.Members.Get, all: c.Members.All, view: func(m api.Member) api.Member { return m }, list: "raff member list",
	}
}

// activeMembers is accountMembers with the time when each was last active.
func activeMembers(c *client.Client) roster[api.Member] {
	r := accountMembers(c)
	r.get = c.Members.GetActive
	r.all = func(ctx context.Context, o client.ListMembersOptions) iter.Seq2[api.Member, error] {
		o.LastActive = true
		return c.Members.All(ctx, o)
	}
	return r
}

func projectMembers(c *client.Client, p api.Project) roster[api.ProjectMember] {
	return roster[api.ProjectMember]{
		get: func(ctx context.Context, id string) (*api.ProjectMember, error) {
			return c.ProjectMembers.Get(ctx, p.ID, id)
		},
		all: func(ctx context.Context, o client.ListMembersOptions) iter.Seq2[api.ProjectMember, error] {
			return c.ProjectMembers.All(ctx, p.ID, o)
		},
		view: accountView,
		list: "raff project member list " + p.Slug,
	}
}

// accountView converts a project member to an account member; all other fields are the same.
func accountView(m api.ProjectMember) api.Member {
	return api.Member{ID: m.ID, Membership: m.Membership}
}

// find finds a member by id, email, external id (ext:SOURCE:ID), or name of an API key.
func (r roster[M]) find(ctx context.Context, said string) (M, error) {
	var none M
	if id := externalID(said); id != "" {
		return pickExternal(r.all(ctx, client.ListMembersOptions{ExternalID: id}), "member", id)
	}
	if strings.Contains(said, "@") {
		return r.byEmail(ctx, said)
	}
	if id := idIn(said); id != "" {
		m, err := r.get(ctx, id)
		if err != nil {
			return none, err
		}
		return *m, nil
	}
	keys := func(yield func(M, error) bool) {
		for m, err := range r.all(ctx, client.ListMembersOptions{PrincipalType: api.PrincipalAPIKey}) {
			if (err != nil || r.view(m).PrincipalType == api.PrincipalAPIKey) && !yield(m, err) {
				return
			}
		}
	}
	m, err := pick(keys, "API key", said, r.list, func(m M) string { return r.view(m).ID }, func(m M) []string { return []string{r.view(m).Name} })
	if isA[notFoundError](err) {
		err = notFoundError{fmt.Sprintf("There is no member %q. Use an id, an email or the name of an API key. To list members: %s", said, r.list)}
	}
	return m, err
}

func (r roster[M]) byEmail(ctx context.Context, email string) (M, error) {
	var none M
	// A server that does not support the filter returns everyone, so the rows are compared here as well.
	want := naming.CanonicalEmail(email)
	for m, err := range r.all(ctx, client.ListMembersOptions{Email: email}) {
		if err != nil {
			return none, err
		}
		if naming.CanonicalEmail(r.view(m).Email) == want {
			return m, nil
		}
	}
	return none, notFoundError{fmt.Sprintf("There is no member with the email %s. To list members: %s", email, r.list)}
}

// id asks the server only if the argument is not an id.
func (r roster[M]) id(ctx context.Context, said string) (string, error) {
	if id := idIn(said); id != "" {
		return id, nil
	}
	m, err := r.find(ctx, said)
	return r.view(m).ID, err
}

// memberColumns are the columns of a list of members. In a table, an API key has its name in place of one of a person,
// because its email is only a placeholder. Programs get the columns in the order of spreadsheet.MemberColumns.
var memberColumns = []column[api.Member]{
	{"ID", "id", func(m api.Member) string { return m.ID }},
	{"", "email", func(m api.Member) string { return m.Email }},
	{"EMAIL", "", shownAs},
	{"NAME", "name", func(m api.Member) string { return m.Name }},
	{"", "role", func(m api.Member) string { return m.Role }},
	{"ROLE", "", func(m api.Member) string { return m.RoleName }},
	{"", "status", func(m api.Member) string { return m.Status }},
	{"STATUS", "", func(m api.Member) string { return m.Status }},
	{"", "role_name", func(m api.Member) string { return m.RoleName }},
	{"", "role_id", func(m api.Member) string { return m.RoleID }},
	{"", "principal_type", func(m api.Member) string { return m.PrincipalType }},
	{"", "user_id", func(m api.Member) string { return text(m.UserID) }},
	{"", "api_key_id", func(m api.Member) string { return text(m.APIKeyID) }},
	{"", "is_owner", func(m api.Member) string { return strconv.FormatBool(m.IsOwner) }},
	{"INVITATION", "", invitationState},
	{"", "invitation_state", func(m api.Member) string { return m.InvitationState }},
	{"", "invitation_expires_at", func(m api.Member) string { return moment(m.InvitationExpiresAt) }},
	{"", "invited_at", func(m api.Member) string { return moment(m.InvitedAt) }},
	{"", "accepted_at", func(m api.Member) string { return moment(m.AcceptedAt) }},
	{"", "created_at", func(m api.Member) string { return moment(&m.CreatedAt) }},
	{"", "external_ids", func(m api.Member) string { return idsText(m.ExternalIDs, " ") }},
}

// accountMemberColumns are memberColumns and the projects of the members, in the form that raff member import reads.
var accountMemberColumns = slices.Insert(slices.Clone(memberColumns), len(memberColumns)-1, column[api.Member]{"", "projects", func(m api.Member) string {
	projects := make([]spreadsheet.ProjectRole, len(m.Projects))
	for i, p := range m.Projects {
		projects[i] = spreadsheet.ProjectRole{Project: p.ProjectName, Role: p.Role}
	}
	return spreadsheet.WriteProjects(projects)
}})

// invitationState is the state of an invitation that is not accepted yet.
func invitationState(m api.Member) string {
	switch {
	case m.InvitationState == api.InvitationNone:
		return ""
	case byLink(m):
		return notEmailed
	}
	return m.InvitationState
}

// notEmailed is the state that people read while an invitation waits on a server that sends no email.
const notEmailed = "not emailed"

// byLink reports whether somebody has to give the invited person a link.
func byLink(m api.Member) bool {
	return m.InvitationDelivery != nil && *m.InvitationDelivery == api.DeliveryLink
}

// noteLink says how an invited person gets the link on a server that sends no email.
func (a *app) noteLink(m api.Member) {
	if !byLink(m) || a.output.value != "table" {
		return
	}
	command := "raff invitation link "
	if m.InvitationID != nil {
		command += *m.InvitationID
	} else {
		command += m.Email
	}
	a.note("This server sends no email. Create a link and give it to %s: %s", clean(m.Email), clean(command))
}

// projectMemberColumns are memberColumns for project members. A table shows suspension in the account with the status;
// for programs it is a separate column.
var projectMemberColumns = func() (columns []column[api.ProjectMember]) {
	for _, c := range memberColumns {
		value := func(m api.ProjectMember) string { return c.value(accountView(m)) }
		if c.title == "STATUS" {
			value = func(m api.ProjectMember) string { return statusInProject(m, m.Status) }
		}
		columns = append(columns, column[api.ProjectMember]{c.title, c.key, value})
	}
	return append(columns, column[api.ProjectMember]{"", "account_suspended", func(m api.ProjectMember) string { return strconv.FormatBool(m.AccountSuspended) }})
}()

// statusInProject is the status, with a note if the account membership is suspended.
func statusInProject(m api.ProjectMember, status string) string {
	if m.AccountSuspended {
		status += " (suspended in the account)"
	}
	return status
}

func memberFields(m api.Member) []field {
	status := m.Status
	if m.InvitationState != "" && m.InvitationState != api.InvitationNone {
		status += " (invitation " + invitationState(m)
		if m.InvitationExpiresAt != nil && m.InvitationState != api.InvitationDeclined && m.InvitationState != api.InvitationExpired {
			status += ", expires " + moment(m.InvitationExpiresAt)
		}
		status += ")"
	}
	var projects []string
	for _, p := range m.Projects {
		projects = append(projects, p.ProjectName+": "+p.RoleName+" ("+p.Status+")")
	}
	return []field{
		{"ID", m.ID},
		{"Email", m.Email},
		{"Name", m.Name},
		{"Status", status},
		{"Role", m.RoleName + " (" + m.RoleID + ")"},
		{"Projects", strings.Join(projects, "\n")},
		{"Type", m.PrincipalType},
		{"User", text(m.UserID)},
		{"API key", text(m.APIKeyID)},
		{"Invitation", text(m.InvitationID)},
		{"Accepted", moment(m.AcceptedAt)},
		{"Last active", moment(m.LastActiveAt)},
		{"Created", moment(&m.CreatedAt)},
		{"Updated", moment(&m.UpdatedAt)},
		{"External ids", idsText(m.ExternalIDs, "\n")},
	}
}

// shownAs is the email of a person; that of an API key is only a placeholder.
func shownAs(m api.Member) string {
	if m.PrincipalType == api.PrincipalAPIKey {
		return "(API key)"
	}
	return m.Email
}

// called is the display name of a member.
func called(m api.Member) string {
	if m.PrincipalType == api.PrincipalAPIKey {
		return "the API key " + m.Name
	}
	return m.Email
}
