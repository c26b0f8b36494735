package web

import (
	"context"

	"raff/internal/permission"
	"raff/internal/team"
)

// whyView explains whether a person or an API key may do something.
type whyView struct {
	Who, Path  string // the page of the person or key
	Projects   []team.Project
	Project    string // the id of the chosen one; empty: the account
	Where      string // its name, or that of the account
	Groups     []group
	Permission *permission.Permission // nil: no question yet
	Answer     team.Answer
}

// permissionView lists who may do something.
type permissionView struct {
	permission.Permission
	Projects     []team.Project
	Project      string
	Where        string
	Roles        []team.Role // that grant it
	People, Keys []team.Holder
	// Next pages of the lists; empty: there is none.
	MorePeople, MoreKeys string
	Later                bool // not the first page
}

// whyNot is the reason of a denial as a sentence. who is the name of whom it is about, in the place where.
func whyNot(ctx context.Context, a team.Answer, who, where string) string {
	switch role := a.By.RoleName; a.Reason {
	case team.ReasonScope:
		return say(ctx, "This permission does not apply there.")
	case team.ReasonCondition:
		return say(ctx, "The role {role} grants it if the request meets the conditions of this permission.", role)
	case team.ReasonSuspended:
		return say(ctx, "The membership is suspended.")
	case team.ReasonPending:
		return say(ctx, "The invitation has not been accepted yet. Its role {role} would grant it.", role)
	case team.ReasonExpired:
		return say(ctx, "The membership with the role {role} has expired.", role)
	case team.ReasonKeyDisabled:
		return say(ctx, "The API key is disabled.")
	case team.ReasonKeyExpired:
		return say(ctx, "The API key has expired.")
	case team.ReasonMissing:
		switch {
		case a.By.RoleID == "":
			return say(ctx, "{name} has no role in {place}.", who, where)
		case a.By.Status == team.StatusPending:
			return say(ctx, "The invitation has not been accepted yet, and its role {role} does not grant it.", role)
		}
		return say(ctx, "The role {role} does not grant it.", role)
	}
	return say(ctx, "It does not exist any more.")
}

// whyURL is the page that explains a membership.
func whyURL(m memberView, s seat) string {
	if s.ProjectID == "" {
		return "/members/" + m.ID + "/why"
	}
	return "/members/" + m.ID + "/why?project=" + s.ProjectID
}

// holderURL is the page of someone who was found.
func holderURL(h team.Holder) string {
	if h.Type == team.TypeAPIKey {
		return "/keys/" + h.ID
	}
	return "/members/" + h.MemberID
}

// grantOf is the role by which someone who was found may do it in a project, or in the account.
func grantOf(h team.Holder, project string) string {
	if project != "" && h.Grants.Project.RoleID != "" && !h.Grants.Account.Owner {
		return h.Grants.Project.RoleName
	}
	return h.Grants.Account.RoleName
}
