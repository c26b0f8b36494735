package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"raff/internal/team"
)

func (p *pages) settings(v *visit) (settingsView, error) {
	account, err := p.svc.GetAccount(v.Context(), v.who)
	if err != nil {
		return settingsView{}, err
	}
	s := settingsView{
		Account: account, Name: account.Name, Change: v.ask(v.can.ChangeSettings()), Policy: v.ask(v.can.SetPolicy()),
		Owner: v.ask(v.can.TransferOwnership()), Factor: v.ask(v.can.RequireFactor()), Factors: v.ask(v.can.ViewFactors()),
	}
	if s.Support, err = v.supportView(); err != nil || !s.Factors.OK {
		return s, err
	}
	_, people, err := p.svc.ListPeople(v.Context(), v.who, team.PersonFilter{Page: team.Page{Limit: 1}})
	if s.Many = people.N > team.CountedOffers; err != nil || s.Many {
		return s, err
	}
	count := func(which string) (n team.Total, err error) {
		_, n, err = p.svc.ListPeople(v.Context(), v.who, team.PersonFilter{Factor: which, Page: team.Page{Limit: 1}})
		return n, err
	}
	if s.With, err = count("yes"); err == nil {
		s.Without, err = count("no")
	}
	return s, err
}

func (p *pages) showSettings(v *visit) (reply, error) {
	s, err := p.settings(v)
	return reply{status: http.StatusOK, page: settingsPage(v, s)}, err
}

func (p *pages) changeSettings(v *visit) (reply, error) {
	var c team.AccountChange
	if v.PostForm.Has("name") {
		name := typedName(v.Request)
		c.Name = &name
	}
	if v.PostForm.Has("policy") {
		strict := v.PostForm.Get("policy") == "strict"
		c.Strict = &strict
	}
	if v.PostForm.Has("second_factor") {
		required := v.PostForm.Get("second_factor") == "required"
		c.RequireFactor = &required
	}
	if v.PostForm.Has("language") {
		language := v.PostForm.Get("language")
		c.Language = &language
	}
	_, err := p.svc.UpdateAccount(v.Context(), v.who, c)
	if err == nil {
		return done("/settings", "settings")
	}
	field, message, status, ok := refusal(v.Context(), err, "name")
	if !ok {
		return reply{}, err
	}
	s, err := p.settings(v)
	if field == "name" {
		s.Name, s.NameError = *c.Name, message
	} else {
		s.Wrong = message
	}
	return reply{status: status, page: settingsPage(v, s)}, err
}

func (p *pages) transfer(v *visit) (transferView, error) {
	if err := v.can.TransferOwnership(); err != nil {
		return transferView{}, err
	}
	t := transferView{Query: v.FormValue("q")}
	people, _, err := p.svc.ListPeople(v.Context(), v.who, team.PersonFilter{
		Access: team.AccessAccount, Status: team.StatusActive, Query: t.Query, Page: team.Page{Limit: pageSize + 1, SkipTotal: true},
	})
	if t.More = len(people) > pageSize; t.More {
		people = people[:pageSize]
	}
	for _, one := range people {
		if one.Type == team.TypeUser {
			t.People = append(t.People, one)
		}
	}
	if err != nil {
		return t, err
	}
	if t.Keys, err = p.svc.OwnerKeys(v.Context(), v.who); err != nil {
		return t, err
	}
	factors, _, err := p.signin.Factors(v.Context(), v.me)
	t.Confirm = v.confirmation(factors)
	return t, err
}

func (p *pages) showTransfer(v *visit) (reply, error) {
	t, err := p.transfer(v)
	return reply{status: http.StatusOK, page: transferPage(v, t)}, err
}

func (p *pages) transferOwnership(v *visit) (reply, error) {
	t, err := p.transfer(v)
	if err != nil {
		return reply{}, err
	}
	t.Chosen = v.PostForm.Get("member_id")
	if t.Chosen == "" {
		t.MemberError = v.say("Choose the new Owner.")
		return reply{status: http.StatusBadRequest, page: transferPage(v, t)}, nil
	}
	next, err := p.svc.TransferOwnership(v.Context(), v.who, t.Chosen, v.proof())
	if err == nil {
		news := "transferred"
		if disabledAny(next.HeldKeys) {
			news = "transferred-keys"
		}
		return done("/settings", news)
	}
	field, message, status, ok := refusal(v.Context(), err, "current_password", "passkey", "member_id")
	if !ok {
		return reply{}, err
	}
	switch field {
	case "current_password", "passkey":
		t.Confirm.Error = message
	case "member_id":
		t.MemberError = message
	default:
		t.Wrong = message
	}
	return reply{status: status, page: transferPage(v, t)}, nil
}

func (p *pages) grantSupport(v *visit) (reply, error) {
	hours, err := strconv.Atoi(v.PostForm.Get("hours"))
	if err != nil || hours <= 0 {
		hours = -1
	}
	n := team.NewSupportGrant{Level: team.SupportLevel(v.PostForm.Get("level")), Reason: strings.TrimSpace(v.PostForm.Get("reason")), For: time.Duration(min(hours, 1000)) * time.Hour}
	if _, err = p.svc.GrantSupport(v.Context(), v.who, n); err == nil {
		return done("/settings", "support-granted")
	}
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	s, err := p.settings(v)
	s.Support.Wrong, s.Support.Reason, s.Support.Level = message, n.Reason, n.Level
	return reply{status: status, page: settingsPage(v, s)}, err
}

// endSupport is one click: there is nothing to lose by it.
func (p *pages) endSupport(v *visit) (reply, error) {
	if err := p.svc.EndSupport(v.Context(), v.who); err != nil && !team.IsNotFound(err) {
		return reply{}, err
	}
	return done("/settings", "support-ended")
}
