package web

import (
	"time"

	"raff/internal/team"
)

// soon is how long before a key expires the overview says so.
const soon = 14 * 24 * time.Hour

// showOverview reads only totals that are kept, and the first page of what can wait.
func (p *pages) showOverview(v *visit) (reply, error) {
	if err := v.can.AddMember(); err != nil {
		return reply{}, err
	}
	var o overviewView
	for _, read := range []func(*overviewView) error{v.peopleWaiting, v.offersWaiting, v.keysWaiting, v.rolesWaiting, v.firstSteps} {
		if err := read(&o); err != nil && !hidden(err) {
			return reply{}, err
		}
	}
	return show(overviewPage(v, o))
}

// peopleTotal is how many people match a filter.
func (v *visit) peopleTotal(f team.PersonFilter) (team.Total, error) {
	f.Page = team.Page{Limit: 1}
	_, n, err := v.p.svc.ListPeople(v.Context(), v.who, f)
	return n, err
}

func (v *visit) peopleWaiting(o *overviewView) error {
	all, err := v.peopleTotal(team.PersonFilter{})
	if err != nil {
		return err
	}
	o.People, o.Counts = all, append(o.Counts, v.counting(all, "person ##counted", "people ##counted", "/members"))
	if all.N > team.CountedOffers { // a filter by second factor reads everyone
		return nil
	}
	without, err := v.peopleTotal(team.PersonFilter{Factor: "no", Status: team.StatusActive})
	if err == nil && without.N > 0 {
		o.Waits = append(o.Waits, waiting{tallied(v.Context(), without, "{n} person without a second factor", "{n} people without a second factor"), v.say("Settings can require one."), "/members?factor=no&status=active"})
	}
	return err
}

func (v *visit) offersWaiting(o *overviewView) error {
	_, _, n, err := v.p.svc.ListOffers(v.Context(), v.who, "", team.OfferFilter{CountPeople: true, Page: team.Page{Limit: 1, SkipTotal: true}})
	if err != nil || n.Many {
		return err
	}
	open := v.counting(team.Total{N: n.Pending}, "open invitation ##counted", "open invitations ##counted", "/invitations")
	if n.People < n.Pending { // the list has a row for each place
		open.Label = many(v.Context(), n.Pending, "open invitation to {people}", "open invitations to {people}", plural(v.Context(), n.People, "person"))
	}
	o.Counts = append(o.Counts, open)
	if n.Expired > 0 {
		o.Waits = append(o.Waits, waiting{many(v.Context(), n.Expired, "{n} invitation expired", "{n} invitations expired"), v.say("Resend or cancel them."), "/invitations?state=expired"})
	}
	if n.Failed > 0 {
		o.Waits = append(o.Waits, waiting{many(v.Context(), n.Failed, "{n} invitation was not delivered", "{n} invitations were not delivered"), v.say("Check the email, then resend them."), "/invitations?state=failed"})
	}
	if n.Declined > 0 {
		o.Waits = append(o.Waits, waiting{many(v.Context(), n.Declined, "{n} invitation declined", "{n} invitations declined"), "", "/invitations?state=declined"})
	}
	return nil
}

func (v *visit) keysWaiting(o *overviewView) error {
	if err := v.can.ViewKeys(); err != nil {
		return err
	}
	keys, n, err := v.p.svc.ListAPIKeys(v.Context(), v.who, team.APIKeyFilter{Page: team.Page{Limit: team.CountedOffers}})
	if err != nil {
		return err
	}
	o.Counts = append(o.Counts, v.counting(team.Total{N: n}, "API key ##counted", "API keys ##counted", "/keys"))
	now := v.p.svc.Now()
	var ending, unused []team.APIKey
	for _, k := range keys {
		switch {
		case !k.IsActive:
		case !k.ExpiresAt.IsZero() && k.ExpiresAt.After(now) && k.ExpiresAt.Before(now.Add(soon)):
			ending = append(ending, k)
		case k.LastUsedAt.IsZero() && k.CreatedAt.Before(now.Add(-soon)):
			unused = append(unused, k)
		}
	}
	for _, k := range ending[:min(len(ending), perKind)] {
		o.Waits = append(o.Waits, waiting{v.say("The API key {key} expires on {day}", k.Name, date(v.Context(), k.ExpiresAt)), v.say("Rotate it, or give it a later end."), "/keys/" + k.ID})
	}
	for _, k := range unused[:min(len(unused), perKind)] {
		o.Waits = append(o.Waits, waiting{v.say("The API key {key} was never used", k.Name), v.say("Revoke it if nothing needs it."), "/keys/" + k.ID})
	}
	return nil
}

func (v *visit) rolesWaiting(o *overviewView) error {
	roles, _, err := v.p.svc.ListRoles(v.Context(), v.who, team.RoleFilter{Page: few})
	if err != nil {
		return err
	}
	var own []team.Role
	var ids []string
	for _, r := range roles {
		if !r.IsSystem {
			own, ids = append(own, r), append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	use, err := v.p.svc.RoleUse(v.Context(), v.who, ids)
	if err != nil {
		return err
	}
	for _, r := range own {
		if _, held := use[r.ID]; !held {
			o.Waits = append(o.Waits, waiting{v.say("No one has the role {role}", r.Name), v.say("Assign it, or delete it."), "/roles/" + r.ID})
		}
	}
	return nil
}

// firstSteps are shown until the account has more people, a project of its own and its user a second factor.
func (v *visit) firstSteps(o *overviewView) error {
	people := o.People
	if people.N > perKind {
		return nil
	}
	projects, _, err := v.p.svc.ListProjects(v.Context(), v.who, team.Page{Limit: 2, SkipTotal: true})
	if err != nil {
		return err
	}
	factors, _, err := v.p.signin.Factors(v.Context(), v.me)
	if err != nil {
		return err
	}
	steps := []step{
		{"Invite the people you work with", "/invitations/new", people.N > 1},
		{"Create a project for your resources", "/projects/new", len(projects) > 1},
		{"Add a second factor to your sign-in", "/profile", len(factors) > 0},
	}
	for _, s := range steps {
		if !s.Done {
			o.Steps = steps
		}
	}
	return nil
}
