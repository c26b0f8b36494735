package operator

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"raff/internal/team"
)

// The usage of accounts is counted in memory and stored every minute, and before a server stops, so that a request costs no statement. A
// crash loses at most that minute.

// Activity is what an account did on a day that is not stored yet. Members and APIKeys are ids of users and keys.
type Activity struct {
	Day                 int // since 1970, in UTC
	AccountID           string
	Requests, Decisions int
	Members, APIKeys    []string
}

// activity has what was not stored yet. Accounts are divided among shards, so that concurrent requests rarely wait for each other.
type activity struct{ shards [64]activityShard }

type activityShard struct {
	mu   sync.Mutex
	held map[accountDay]*accountUse
	ids  int
}

type accountDay struct {
	day     int
	account string
}

type accountUse struct {
	requests, decisions int
	members, apiKeys    map[string]struct{}
}

// mostIDs limits the ids that a shard holds while the database cannot be written. Further ones are not counted.
const mostIDs = 1 << 14

// dayOf returns the number of days since 1970.
func dayOf(t time.Time) int { return int(t.Unix() / int64(24*time.Hour/time.Second)) }

// DayAt is the first moment of a day since 1970.
func DayAt(day int) time.Time { return time.Unix(int64(day)*int64(24*time.Hour/time.Second), 0).UTC() }

func (a *activity) shard(account string) *activityShard {
	var last byte
	if account != "" {
		last = account[len(account)-1] + account[len(account)-2]<<4
	}
	return &a.shards[int(last)%len(a.shards)]
}

// use returns the counters of an account. The shard must be locked.
func (s *activityShard) use(key accountDay) *accountUse {
	u := s.held[key]
	if u == nil {
		if s.held == nil {
			s.held = map[accountDay]*accountUse{}
		}
		u = &accountUse{members: map[string]struct{}{}, apiKeys: map[string]struct{}{}}
		s.held[key] = u
	}
	return u
}

func (s *activityShard) note(ids map[string]struct{}, id string) {
	if _, known := ids[id]; !known && s.ids < mostIDs {
		ids[id] = struct{}{}
		s.ids++
	}
}

func (a *activity) add(day int, who *team.Principal, decisions int) {
	s := a.shard(who.AccountID)
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.use(accountDay{day, who.AccountID})
	u.requests++
	u.decisions += decisions
	if who.Type == team.TypeAPIKey {
		s.note(u.apiKeys, who.ID)
	} else {
		s.note(u.members, who.ID)
	}
}

// take returns everything, sorted, and forgets it.
func (a *activity) take() (all []Activity) {
	for i := range a.shards {
		s := &a.shards[i]
		s.mu.Lock()
		held := s.held
		s.held, s.ids = nil, 0
		s.mu.Unlock()
		for key, u := range held {
			all = append(all, Activity{key.day, key.account, u.requests, u.decisions, sorted(u.members), sorted(u.apiKeys)})
		}
	}
	slices.SortFunc(all, func(a, b Activity) int {
		if a.Day != b.Day {
			return a.Day - b.Day
		}
		return strings.Compare(a.AccountID, b.AccountID)
	})
	return all
}

func sorted(ids map[string]struct{}) []string {
	out := make([]string, 0, len(ids))
	for id := range ids {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// giveBack returns what could not be stored.
func (a *activity) giveBack(all []Activity) {
	for _, d := range all {
		s := a.shard(d.AccountID)
		s.mu.Lock()
		u := s.use(accountDay{d.Day, d.AccountID})
		u.requests += d.Requests
		u.decisions += d.Decisions
		for _, id := range d.Members {
			s.note(u.members, id)
		}
		for _, id := range d.APIKeys {
			s.note(u.apiKeys, id)
		}
		s.mu.Unlock()
	}
}

// Used counts a request of a person or an API key of an account, with the number of its decisions. Requests of support do not count.
func (s *Service) Used(who *team.Principal, decisions int) {
	if who.AccountID != "" && (who.Type == team.TypeUser || who.Type == team.TypeAPIKey) {
		s.activity.add(dayOf(s.team.Now()), who, decisions)
	}
}

// storedAtOnce is how many accounts a transaction stores.
const storedAtOnce = 500

// FlushActivity stores what was counted since the last call.
func (s *Service) FlushActivity(ctx context.Context) error {
	all := s.activity.take()
	for len(all) > 0 {
		part := all[:min(storedAtOnce, len(all))]
		if err := s.store.AddUsage(ctx, part); err != nil {
			s.activity.giveBack(all)
			return err
		}
		all = all[len(part):]
	}
	return nil
}
