package operator

import (
	"context"
	"time"

	"raff/internal/team"
)

// UsageDay is how much an account was used on a day, in UTC.
type UsageDay struct {
	Day       time.Time // its first moment
	AccountID string
	// AccountName is only set in a list of accounts.
	AccountName string
	// Members is the number of people who made a request with a session, APIKeys that of keys with which a request was made.
	Members, APIKeys int
	// Requests is the number of requests with valid credentials that did not exceed a rate limit, Decisions that of decisions for services.
	Requests, Decisions int
}

// How much of the usage is kept and shown.
const (
	// UsageKept is for how many days the usage is kept, MaxUsageDays how many of them a request can read.
	UsageKept    = 400
	MaxUsageDays = 400
	usageShown   = 30
	// usageOpen is for how many days ids of people and keys are kept: today and yesterday, because a server whose database was away stores late.
	usageOpen = 2
)

// Usage returns the usage of an account from one day to another, including both, oldest first. Days without any are missing. The current
// day is up to a minute old. A zero to means today, a zero from 30 days up to to.
func (s *Service) Usage(ctx context.Context, id string, from, to time.Time) ([]UsageDay, error) {
	if _, err := s.store.OperatedAccount(ctx, id); err != nil {
		return nil, err
	}
	if to.IsZero() {
		to = s.team.Now()
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, 1-usageShown)
	}
	if dayOf(to) < dayOf(from) || dayOf(to)-dayOf(from) >= MaxUsageDays {
		return nil, RefusalUsageRange.With(MaxUsageDays)
	}
	return s.store.UsageOf(ctx, id, dayOf(from), dayOf(to))
}

// UsageOn lists the accounts that were used on a day, oldest account first. The zero day means yesterday, the last day that is complete.
func (s *Service) UsageOn(ctx context.Context, day time.Time, p team.Page) ([]UsageDay, team.Total, error) {
	if day.IsZero() {
		day = s.team.Now().AddDate(0, 0, -1)
	}
	return s.store.UsageOn(ctx, dayOf(day), p)
}

// TidyUsage replaces the ids of past days by their number, and removes what is older than UsageKept days.
func (s *Service) TidyUsage(ctx context.Context) error {
	ctx = team.Slow(ctx)
	today := dayOf(s.team.Now())
	for more := true; more; {
		var err error
		if more, err = s.store.FoldUsage(ctx, today-usageOpen+1); err != nil {
			return err
		}
	}
	for more := true; more; {
		var err error
		if more, err = s.store.ForgetUsage(ctx, today-UsageKept); err != nil {
			return err
		}
	}
	return nil
}
