package operatorapi

import (
	"context"
	"time"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) accountUsage(ctx context.Context, c *call) (any, error) {
	from, err := c.day("from")
	if err != nil {
		return nil, err
	}
	to, err := c.day("to")
	if err != nil {
		return nil, err
	}
	days, err := s.svc.Usage(ctx, c.PathID("id"), from, to)
	if err != nil {
		return nil, err
	}
	out := make([]api.UsageDay, len(days))
	for i := range days {
		out[i] = usageDay(&days[i])
	}
	return rest.One(out), nil
}

func (s *server) listUsage(ctx context.Context, c *call) (any, error) {
	p, err := c.Page(defaultLimit)
	if err != nil {
		return nil, err
	}
	day, err := c.day("date")
	if err != nil {
		return nil, err
	}
	found, total, err := s.svc.UsageOn(ctx, day, p)
	if err != nil {
		return nil, err
	}
	return rest.CountedPage(p, found, total, usageDay, func(u *operator.UsageDay) team.Cursor { return team.Cursor{At: u.Day, ID: u.AccountID} }), nil
}

// day reads a parameter that is a date; zero if it is absent.
func (c *call) day(name string) (time.Time, error) {
	if !c.Query.Has(name) {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, c.Query.Get(name))
	if err != nil || t.Year() < 1970 {
		return t, rest.Invalid(name, "invalid_date", "%s must be a date such as 2030-01-31.", name)
	}
	return t, nil
}

func usageDay(u *operator.UsageDay) api.UsageDay {
	return api.UsageDay{
		Date: u.Day.Format(time.DateOnly), AccountID: u.AccountID, AccountName: rest.Filled(u.AccountName),
		ActiveMembers: u.Members, APIKeysUsed: u.APIKeys, Requests: u.Requests, Decisions: u.Decisions,
	}
}
