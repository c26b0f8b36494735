package web

import (
	"fmt"
	"net/http"
	"net/url"
	"raff/internal/lang"
	"slices"
	"strings"
	"time"

	"raff/internal/team"
)

// invitationsView is the list of invitations that are not accepted yet, in the account and in all projects, with its
// filters.
type invitationsView struct {
	Rows []offer
	pager
	State, Query string
	Place        string // "", inAccount, or the id of a project
	Counts       team.OfferCounts
	Projects     []team.Project // whose invitations the user may see
	MoreProjects bool           // there are more than are listed
	InAccount    permit
	Invite       permit
	Acts         bool      // at least one row has an action
	Link         team.Link // a link that was just created
	LinkFor      string
	Wrong        string
}

// inAccount is the value of the filter for invitations to the account itself.
const inAccount = "account"

// offer is one invitation and its actions.
type offer struct {
	team.Invitation
	Standing     standing
	Over         bool // it can no longer be accepted
	Declined     bool
	Held         bool
	See          permit // may see the member's page
	Send, Cancel permit
	Once         string
}

// Why explains why the invitation cannot be cancelled or resent.
func (o offer) Why() string {
	if !o.Cancel.OK {
		return o.Cancel.Why
	}
	return o.Send.Why
}

// offerStanding is the status of an invitation.
func (v *visit) offerStanding(i *team.Invitation) standing {
	state := i.StateAt(v.p.svc.Now())
	switch {
	case state == team.InvitationDeclined:
		return standing{"off", v.say("Declined")}
	case state == team.InvitationExpired:
		return standing{"off", v.say("Expired")}
	case i.MemberStatus == team.StatusSuspended:
		return standing{"off", v.say("On hold")}
	case i.MailStateAt(v.p.svc.Now()) == team.MailRetrying:
		return standing{"wait", v.say("Email delayed")}
	case state == team.InvitationFailed:
		return standing{"off", v.say("Email not delivered")}
	case state == team.InvitationQueued && v.p.svc.MailDelivered():
		return standing{"wait", v.say("Email being sent")}
	}
	return standing{"wait", v.say("Pending")}
}

func (v *visit) offer(i team.Invitation) offer {
	state := i.StateAt(v.p.svc.Now())
	return offer{
		Invitation: i, Standing: v.offerStanding(&i), Over: state == team.InvitationDeclined || state == team.InvitationExpired,
		Declined: state == team.InvitationDeclined,
		Held:     i.MemberStatus == team.StatusSuspended, See: v.ask(v.can.ViewMembers(i.ProjectID)),
		Send: v.ask(v.can.SendInvitation(i)), Cancel: v.ask(v.can.CancelInvitation(i)), Once: once(),
	}
}

// states are the values of the status filter. The first one is the default.
var states = map[string]team.InvitationState{
	"": team.InvitationSent, "failed": team.InvitationFailed, "expired": team.InvitationExpired, "declined": team.InvitationDeclined, "all": "",
}

func (p *pages) invitations(v *visit) (invitationsView, error) {
	q := v.URL.Query()
	i := invitationsView{
		State: oneOf(q.Get("state"), "failed", "expired", "declined", "all"), Query: strings.TrimSpace(q.Get("q")), Place: q.Get("project"),
		InAccount: v.ask(v.can.ViewInvitations("")),
	}
	place := i.Place
	if place == inAccount {
		place = v.who.AccountID
	}
	rows, total, counts, err := p.svc.ListOffers(v.Context(), v.who, place, team.OfferFilter{State: states[i.State], Query: i.Query, Page: v.page()})
	if err != nil {
		return i, err
	}
	i.Counts = counts
	rows, i.pager = paged(v, rows, total, func(o team.Invitation) (time.Time, string) { return o.CreatedAt, o.ID })
	for _, inv := range rows {
		o := v.offer(inv)
		i.Rows, i.Acts = append(i.Rows, o), i.Acts || o.Send.OK || o.Cancel.OK
	}
	return i, v.invitationPlaces(&i)
}

// invitationPlaces finds the projects by which the list can be filtered, and whether the user may invite anywhere.
func (v *visit) invitationPlaces(i *invitationsView) error {
	projects, more, err := v.someProjects()
	if err != nil {
		return err
	}
	i.MoreProjects = more
	if id := v.projectID(i); more && id != "" && !slices.ContainsFunc(projects, func(p team.Project) bool { return p.ID == id }) {
		switch pr, err := v.p.svc.GetProject(v.Context(), v.who, id); {
		case err == nil:
			projects = append(projects, pr)
		case !team.IsNotFound(err):
			return err
		}
	}
	i.Invite = v.ask(v.can.Invite(""))
	for _, pr := range projects {
		if v.ask(v.can.ViewInvitations(pr.ID)).OK {
			i.Projects = append(i.Projects, pr)
		}
		if !i.Invite.OK {
			i.Invite = v.ask(v.can.Invite(pr.ID))
		}
	}
	if v.projectID(i) != "" {
		i.Invite = v.ask(v.can.Invite(i.Place))
	}
	return nil
}

// projectID is the project by which the list is filtered.
func (v *visit) projectID(i *invitationsView) string {
	if i.Place == inAccount {
		return ""
	}
	return i.Place
}

// tab is one status of the invitation list.
type tab struct {
	Label   lang.Text
	URL     string
	Count   int
	Current bool
}

func (v *visit) invitationTabs(i invitationsView) []tab {
	all := []tab{{Label: "Pending", Count: i.Counts.Pending}, {Label: "Expired", URL: "expired", Count: i.Counts.Expired},
		{Label: "Declined", URL: "declined", Count: i.Counts.Declined},
		{Label: "All", URL: "all", Count: i.Counts.Pending + i.Counts.Expired + i.Counts.Declined}}
	if i.Counts.Failed > 0 || i.State == "failed" { // rare, and most of them are mended soon
		all = slices.Insert(all, 1, tab{Label: "Not delivered", URL: "failed", Count: i.Counts.Failed})
	}
	for n := range all {
		q := url.Values{}
		for name, value := range map[string]string{"state": all[n].URL, "q": i.Query, "project": i.Place} {
			if value != "" {
				q.Set(name, value)
			}
		}
		all[n].Current = all[n].URL == i.State
		all[n].URL = strings.TrimSuffix("/invitations?"+q.Encode(), "?")
	}
	return all
}

// filtered reports whether a filter other than the status hides rows.
func (i invitationsView) filtered() bool { return i.Query != "" || i.Place != "" }

func (p *pages) showInvitations(v *visit) (reply, error) {
	i, err := p.invitations(v)
	return reply{status: http.StatusOK, page: invitationsPage(v, i)}, err
}

// invitationsURL is the URL of the invitations of the account, or of a project.
func invitationsURL(projectID string) string {
	if projectID == "" {
		return "/invitations"
	}
	return "/invitations?project=" + url.QueryEscape(projectID)
}

// listed restores the list from which a form was sent, with its filters.
func (v *visit) listed(from string) string {
	u, err := url.Parse(local(from))
	if err != nil || u.Path != "/invitations" {
		u = &url.URL{Path: "/invitations"}
	}
	v.URL = u
	return v.with("", "")
}

// act changes one invitation and redirects to its list.
func (p *pages) act(v *visit, news string, do func(id string) error) (reply, error) {
	err := do(v.PathValue("id"))
	list := v.listed(v.PostForm.Get("back"))
	if err == nil {
		return done(list, news)
	}
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	i, err := p.invitations(v)
	i.Wrong = message
	return reply{status: status, page: invitationsPage(v, i)}, err
}

func (p *pages) resendInvitation(v *visit) (reply, error) {
	news := "renewed"
	if p.svc.MailDelivered() {
		news = "resent"
	}
	return p.act(v, news, func(id string) error {
		_, err := p.svc.ResendInvitation(v.Context(), v.who, id)
		return err
	})
}

// showCancellation asks for confirmation before an invitation is cancelled.
func (p *pages) showCancellation(v *visit) (reply, error) {
	inv, err := p.svc.GetInvitation(v.Context(), v.who, v.PathValue("id"))
	if err == nil && inv.State == team.InvitationAccepted {
		err = team.ErrNotFound
	}
	if err != nil {
		return reply{}, err
	}
	from := v.URL.Query().Get("back")
	here := v.URL
	list := v.listed(from)
	v.URL = here
	return reply{status: http.StatusOK, page: cancellationPage(v, v.offer(inv), list)}, nil
}

func (p *pages) cancelInvitation(v *visit) (reply, error) {
	return p.act(v, "cancelled", func(id string) error { return p.svc.CancelInvitation(v.Context(), v.who, id) })
}

// linkInvitation shows the link of an invitation on a server that sends no email. If the form is sent twice, no second
// link is created, and the first one cannot be shown again.
func (p *pages) linkInvitation(v *visit) (reply, error) {
	inv, err := p.svc.GetInvitation(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	link, err := p.svc.InvitationLink(v.once("link "+inv.ID), v.who, inv.ID)
	if again(err) {
		return done(v.listed(v.PostForm.Get("back")), "link-shown")
	}
	if err != nil {
		return p.act(v, "", func(string) error { return err })
	}
	v.listed(v.PostForm.Get("back"))
	i, err := p.invitations(v)
	i.Link, i.LinkFor = link, inv.Email
	return reply{status: http.StatusOK, page: invitationsPage(v, i)}, err
}

// invitationNews is the notice of the invitations page, with the number of people invited.
func (v *visit) invitationNews() string {
	var sent, added int
	if n, err := fmt.Sscanf(noticeOf(v.Request), "invited-%d-%d", &sent, &added); n != 2 || err != nil || sent < 0 || added < 0 || sent+added > team.MaxBulk {
		return v.news()
	}
	var told []string
	switch {
	case sent > 0 && v.p.svc.MailDelivered():
		told = append(told, many(v.Context(), sent, "{n} invitation sent.", "{n} invitations sent."))
	case sent > 0:
		told = append(told, many(v.Context(), sent, "{n} invitation created. Give each person their link.", "{n} invitations created. Give each person their link."))
	}
	if added > 0 {
		told = append(told, many(v.Context(), added, "{n} person already in the account, added with the role.", "{n} people already in the account, added with the role."))
	}
	return strings.Join(told, " ")
}
