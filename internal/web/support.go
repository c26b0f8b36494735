package web

import (
	"context"
	"net/http"

	"raff/internal/team"
)

// supportView is the part of the account settings about support access.
type supportView struct {
	team.SupportAccess
	Grant, Write  permit
	Reason, Wrong string
	Hours         int
	Level         team.SupportLevel
}

// supportHours are the durations to choose from.
var supportHours = []int{1, 4, 24, 72, 168}

// supportTime is a number of hours in words.
func supportTime(ctx context.Context, hours int) string {
	if hours > 24 {
		return plural(ctx, hours/24, "day")
	}
	return plural(ctx, hours, "hour")
}

func (v *visit) supportView() (supportView, error) {
	s := supportView{
		Grant: v.ask(v.can.LetSupportIn(team.SupportRead)), Write: v.ask(v.can.LetSupportIn(team.SupportWrite)), Hours: 24, Level: team.SupportRead,
	}
	if v.me.Access == nil { // the session's row says that there is none
		return s, nil
	}
	var err error
	s.SupportAccess, err = v.p.svc.SupportAccess(v.Context(), v.who)
	return s, err
}

// showSupportLink opens nothing yet, because scanners open links, too.
func (p *pages) showSupportLink(r *http.Request) (reply, error) {
	row, err := p.svc.SupportLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return reply{}, err
	}
	return show(supportLinkPage(&row))
}

func (p *pages) enterSupport(r *http.Request) (reply, error) {
	cookie, err := p.svc.EnterSupport(r.Context(), r.PathValue("token"))
	if err != nil {
		return reply{}, err
	}
	return reply{to: "/", cookie: p.cookie(cookie)}, nil
}
