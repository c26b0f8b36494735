package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"raff/internal/team"
)

// invitationsView is the list of what is offered and not accepted, in the account and in all projects, and by what it is
// filtered.
type invitationsView struct {
	Rows []offer
	pager
	State, Query string
	Place        string // "", inAccount, or the id of a project
	Counts       team.OfferCounts
	Projects     []team.Project // whose invitations may be seen
	InAccount    permit
	Invite       permit
	Acts         bool      // something can be done with one of the rows
	Link         team.Link // just made, to be copied
	LinkFor      string
	Wrong        string
}

// inAccount stands in the address for the invitations into the account itself.
const inAccount = "account"

// offer is one invitation and what may be done with it.
type offer struct {
	team.Invitation
	Standing     standing
	Over         bool // it cannot be accepted any more
	Held         bool
	See          permit // the page of the member
	Send, Cancel permit
	Once         string
}

// Why says what keeps somebody from sending the invitation again, or from cancelling it.
func (o offer) Why() string {
	if !o.Cancel.OK {
		return o.Cancel.Why
	}
	return o.Send.Why
}

// offerStanding is how an invitation stands, without since when.
func (v *visit) offerStanding(i *team.Invitation) standing {
	state := i.StateAt(v.p.svc.Now())
	switch {
	case state == team.InvitationDeclined:
		return standing{"off", "Declined"}
	case state == team.InvitationExpired:
		return standing{"off", "Expired"}
	case i.MemberStatus == team.StatusSuspended:
		return standing{"off", "On hold"}
	case state == team.InvitationFailed:
		return standing{"off", "Mail did not arrive"}
	case state == team.InvitationQueued && v.p.svc.MailDelivered:
		return standing{"wait", "Mail on its way"}
	}
	return standing{"wait", "Pending"}
}

func (v *visit) offer(i team.Invitation) offer {
	state := i.StateAt(v.p.svc.Now())
	return offer{
		Invitation: i, Standing: v.offerStanding(&i), Over: state == team.InvitationDeclined || state == team.InvitationExpired,
		Held: i.MemberStatus == team.StatusSuspended, See: v.ask(v.can.ViewMembers(i.ProjectID)),
		Send: v.ask(v.can.SendInvitation(i)), Cancel: v.ask(v.can.CancelInvitation(i)), Once: once(),
	}
}

// states are what the list is filtered by. None in the address is the first.
var states = map[string]team.InvitationState{
	"": team.InvitationSent, "expired": team.InvitationExpired, "declined": team.InvitationDeclined, "all": "",
}

func (p *pages) invitations(v *visit) (invitationsView, error) {
	q := v.URL.Query()
	i := invitationsView{
		State: oneOf(q.Get("state"), "expired", "declined", "all"), Query: strings.TrimSpace(q.Get("q")), Place: q.Get("project"),
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

// invitationPlaces finds the projects that the list can be narrowed to, and whether there is somewhere to invite to.
func (v *visit) invitationPlaces(i *invitationsView) error {
	projects, _, err := v.p.svc.ListProjects(v.Context(), v.who, everything)
	if err != nil {
		return err
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

// projectID is the project that the list is narrowed to.
func (v *visit) projectID(i *invitationsView) string {
	if i.Place == inAccount {
		return ""
	}
	return i.Place
}

// tab is one state of the invitations that can be looked at.
type tab struct {
	Label, URL string
	Count      int
	Current    bool
}

func (v *visit) invitationTabs(i invitationsView) []tab {
	all := []tab{{Label: "Pending", Count: i.Counts.Pending}, {Label: "Expired", URL: "expired", Count: i.Counts.Expired},
		{Label: "Declined", URL: "declined", Count: i.Counts.Declined},
		{Label: "All", URL: "all", Count: i.Counts.Pending + i.Counts.Expired + i.Counts.Declined}}
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

// filtered reports whether something else than a state leaves rows out.
func (i invitationsView) filtered() bool { return i.Query != "" || i.Place != "" }

func (p *pages) showInvitations(v *visit) (reply, error) {
	i, err := p.invitations(v)
	return reply{status: http.StatusOK, page: invitationsPage(v, i)}, err
}

// invitationsURL is the list an invitation is in.
func invitationsURL(projectID string) string {
	if projectID == "" {
		return "/invitations"
	}
	return "/invitations?project=" + url.QueryEscape(projectID)
}

// listed makes the list that a form was sent from the page of this visit, as it was filtered there.
func (v *visit) listed(from string) string {
	u, err := url.Parse(local(from))
	if err != nil || u.Path != "/invitations" {
		u = &url.URL{Path: "/invitations"}
	}
	v.URL = u
	return v.with("", "")
}

// act does something to one invitation and goes back to its list.
func (p *pages) act(v *visit, news string, do func(id string) error) (reply, error) {
	err := do(v.PathValue("id"))
	list := v.listed(v.PostForm.Get("back"))
	if err == nil {
		return done(list, news)
	}
	_, message, status, ok := refusal(err)
	if !ok {
		return reply{}, err
	}
	i, err := p.invitations(v)
	i.Wrong = message
	return reply{status: status, page: invitationsPage(v, i)}, err
}

func (p *pages) resendInvitation(v *visit) (reply, error) {
	news := "renewed"
	if p.svc.MailDelivered {
		news = "resent"
	}
	return p.act(v, news, func(id string) error {
		_, err := p.svc.ResendInvitation(v.Context(), v.who, id)
		return err
	})
}

// showCancellation says what cancelling an invitation means before it happens.
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

// linkInvitation shows the link of an invitation, where no mail carries it. Sent a second time the form makes no other
// link, and nobody can show the first one again.
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

// invitationNews says what was just done, and how many were invited.
func (v *visit) invitationNews() string {
	var sent, added int
	if n, err := fmt.Sscanf(noticeOf(v.Request), "invited-%d-%d", &sent, &added); n != 2 || err != nil || sent < 0 || added < 0 || sent+added > team.MaxBulk {
		return v.news()
	}
	var told []string
	switch {
	case sent > 0 && v.p.svc.MailDelivered:
		told = append(told, plural(sent, "invitation")+" sent.")
	case sent > 0:
		told = append(told, plural(sent, "invitation")+" made. Hand over the link of each.")
	}
	if added > 0 {
		told = append(told, plural(added, "person")+" already here, with the role now.")
	}
	return strings.Join(told, " ")
}
