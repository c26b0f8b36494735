package operator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/team"
)

// AccountChange changes what is not nil.
type AccountChange struct {
	Name       *string
	Limits     LimitChange
	Attributes AttributeChange
	Branding   BrandingChange
	// Retention is for how many days the audit log is kept; 0 means forever.
	Retention *int
}

// LimitChange sets limits by name: "members", "projects", "api_keys" and "roles". A nil number removes a limit; limits that are
// not named stay.
type LimitChange map[string]*int

// limit is a limit of an account by its name. least is the lowest value: an account always has an Owner and a project.
type limit struct {
	least int
	of    func(*team.AccountLimits) *team.Maximum
}

var limits = map[string]limit{
	"members":  {1, func(l *team.AccountLimits) *team.Maximum { return &l.Members }},
	"projects": {1, func(l *team.AccountLimits) *team.Maximum { return &l.Projects }},
	"api_keys": {0, func(l *team.AccountLimits) *team.Maximum { return &l.APIKeys }},
	"roles":    {0, func(l *team.AccountLimits) *team.Maximum { return &l.Roles }},
}

// IsLimit reports whether there is a limit with this name.
func IsLimit(name string) bool { return limits[name].of != nil }

func (c LimitChange) check() error {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if n := c[name]; n != nil && (*n < limits[name].least || *n >= math.MaxInt32) {
			return RefusalLimitTooLow.With(name, limits[name].least, math.MaxInt32-1)
		}
	}
	return nil
}

func (c LimitChange) apply(l *team.AccountLimits) {
	for name, n := range c {
		*limits[name].of(l) = team.MaximumOf(n)
	}
}

// AttributeChange sets attributes, and removes those whose value is nil. Other attributes stay.
type AttributeChange map[string]*string

const (
	maxAttributes     = 50
	maxAttributeValue = 500
	maxReason         = 500
)

// apply changes the attributes of an account. changed is what differs.
func (c AttributeChange) apply(a *Account) (changed event.AccountAttributesChanged, err error) {
	now := maps.Clone(a.Attributes)
	if now == nil {
		now = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		old, had := now[name]
		value := c[name]
		switch {
		case name == "" || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != "":
			return changed, RefusalAttributeName.With()
		case value == nil && had:
			delete(now, name)
			changed.Removed = append(changed.Removed, name)
		case value == nil || had && *value == old:
		case utf8.RuneCountInString(*value) > maxAttributeValue:
			return changed, RefusalAttributeValue.With(maxAttributeValue)
		default:
			now[name] = *value
			if changed.Set == nil {
				changed.Set = map[string]string{}
			}
			changed.Set[name] = *value
		}
	}
	if len(now) > maxAttributes {
		return changed, RefusalAttributes.With(maxAttributes)
	}
	a.Attributes = now
	return changed, nil
}

func encodeAttributes(attributes map[string]string) (string, error) {
	if len(attributes) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(attributes)
	if err != nil {
		return "", fmt.Errorf("encode attributes: %w", err)
	}
	return string(b), nil
}

// UpdateAccount changes the name, the limits, the attributes, the branding and the retention of an account. A lower limit removes
// nothing: it only refuses more.
func (s *Service) UpdateAccount(ctx context.Context, c Caller, id string, change AccountChange) (Account, error) {
	if change.Name == nil && len(change.Limits) == 0 && len(change.Attributes) == 0 && len(change.Branding) == 0 && change.Retention == nil {
		return Account{}, RefusalNoChange.With()
	}
	if change.Name != nil {
		if err := team.CheckName(*change.Name, 64); err != nil {
			return Account{}, err
		}
	}
	if err := change.Limits.check(); err != nil {
		return Account{}, err
	}
	branding, err := change.Branding.check()
	if err != nil {
		return Account{}, err
	}
	if days := change.Retention; days != nil && *days != 0 && (*days < audit.MinRetention || *days > audit.MaxRetention) {
		return Account{}, RefusalRetention.With(audit.MinRetention, audit.MaxRetention)
	}
	return s.operate(ctx, c, id, func(tx Tx, a *Account) error {
		before := a.Account
		if err := s.retain(ctx, tx, c, a, change.Retention); err != nil {
			return err
		}
		if change.Name != nil && *change.Name != a.Name {
			told := event.AccountUpdated{Name: event.Changed(a.Name, *change.Name)}
			a.Name = *change.Name
			if err := s.recordBoth(ctx, tx, c, a, told, told); err != nil {
				return err
			}
		}
		change.Limits.apply(&a.Limits)
		if told := limitsChanged(before.Limits, a.Limits); told != (event.AccountLimitsChanged{}) {
			if err := s.recordBoth(ctx, tx, c, a, told, told); err != nil {
				return err
			}
		}
		if told := branding.apply(a); told != (event.AccountBrandingChanged{}) {
			if told.Logo != nil {
				if err := branding.store(ctx, tx, a.ID); err != nil {
					return err
				}
			}
			if err := s.recordBoth(ctx, tx, c, a, told, told); err != nil {
				return err
			}
		}
		told, err := change.Attributes.apply(a)
		if err != nil || len(told.Set)+len(told.Removed) == 0 {
			return err
		}
		return s.record(ctx, tx, c, a.Target(), told)
	})
}

// retain changes for how many days the log of an account is kept. A shorter time is announced, and takes effect later.
func (s *Service) retain(ctx context.Context, tx Tx, c Caller, a *Account, days *int) error {
	if days == nil || *days == a.Retention && a.NextRetentionAt.IsZero() || *days == a.NextRetention && !a.NextRetentionAt.IsZero() {
		return nil
	}
	at, err := tx.AnnounceRetention(ctx, a.ID, *days, s.team.Now().Add(audit.RetentionNotice))
	if err != nil {
		return err
	}
	if !at.IsZero() {
		told := event.LogRetentionAnnounced{Days: event.Change[*int]{From: audit.DaysOrNil(a.Retention), To: audit.DaysOrNil(*days)}, EffectiveAt: at.UTC().Format(time.RFC3339)}
		a.NextRetention, a.NextRetentionAt = *days, at
		return s.recordBoth(ctx, tx, c, a, told, told)
	}
	from := a.Retention
	if !a.NextRetentionAt.IsZero() {
		from = a.NextRetention // what was announced does not happen
	}
	told := event.LogRetentionChanged{Days: event.Change[*int]{From: audit.DaysOrNil(from), To: audit.DaysOrNil(*days)}}
	a.Retention, a.NextRetention, a.NextRetentionAt = *days, 0, time.Time{}
	return s.recordBoth(ctx, tx, c, a, told, told)
}

func limitsChanged(from, to team.AccountLimits) event.AccountLimitsChanged {
	changed := func(from, to team.Maximum) *event.Change[*int] {
		if from == to {
			return nil
		}
		return &event.Change[*int]{From: from.Number(), To: to.Number()}
	}
	return event.AccountLimitsChanged{
		Members: changed(from.Members, to.Members), Projects: changed(from.Projects, to.Projects),
		APIKeys: changed(from.APIKeys, to.APIKeys), Roles: changed(from.Roles, to.Roles),
	}
}

// operate changes an account alone, so that no change that was made under other conditions commits afterwards.
func (s *Service) operate(ctx context.Context, c Caller, id string, fn func(tx Tx, a *Account) error) (a Account, err error) {
	err = s.store.Update(ctx, id, team.Exclusive, func(tx Tx) error {
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		if a, err = changeable(ctx, tx, id); err != nil {
			return err
		}
		before := a
		if err := fn(tx, &a); err != nil {
			return err
		}
		if a.Account == before.Account && a.Reason == before.Reason && a.DeleteAt.Equal(before.DeleteAt) && maps.Equal(a.Attributes, before.Attributes) {
			return nil
		}
		a.UpdatedAt = s.team.Now()
		return tx.OperateAccount(ctx, a)
	})
	return a, err
}

// changeable returns an account, unless it is being removed.
func changeable(ctx context.Context, r Reader, id string) (Account, error) {
	a, err := r.OperatedAccount(ctx, id)
	if err == nil && a.State == team.AccountRemoving {
		err = RefusalBeingRemoved.With()
	}
	return a, err
}

// Suspend makes an account unusable until it is resumed. No request of any of its API keys and sessions that begins after
// Suspend has returned is accepted, and no change of theirs commits after it. Suspending it again only changes the reason.
func (s *Service) Suspend(ctx context.Context, c Caller, id, reason string) (Account, error) {
	if utf8.RuneCountInString(reason) > maxReason {
		return Account{}, RefusalReason.With(maxReason)
	}
	return s.operate(ctx, c, id, func(tx Tx, a *Account) error {
		switch {
		case a.State == team.AccountDeleting:
			return RefusalBeingDeleted.With()
		case a.State == team.AccountSuspended && a.Reason == reason:
			return nil
		}
		again := a.State == team.AccountSuspended
		a.State, a.Reason = team.AccountSuspended, reason
		if again {
			return s.record(ctx, tx, c, a.Target(), event.AccountSuspended{Reason: reason})
		}
		return s.recordBoth(ctx, tx, c, a, event.AccountSuspended{Reason: reason}, event.AccountSuspended{})
	})
}

// Resume makes an account that is suspended or being deleted usable again, even if it was suspended before it was deleted. Invitations
// that were not sent in the meantime are sent now.
func (s *Service) Resume(ctx context.Context, c Caller, id string) (Account, error) {
	a, err := s.operate(ctx, c, id, func(tx Tx, a *Account) error {
		if a.State == team.AccountActive {
			return nil
		}
		a.State, a.Reason, a.DeleteAt = team.AccountActive, "", time.Time{}
		if err := tx.ReleaseMail(ctx, a.ID); err != nil {
			return err
		}
		return s.recordBoth(ctx, tx, c, a, event.AccountResumed{}, event.AccountResumed{})
	})
	if err == nil {
		s.mailQueued()
	}
	return a, err
}

// OwnerChange is an account with its new Owner. DisabledKeys are the names of the former Owner's API keys that no longer work.
type OwnerChange struct {
	Account      Account
	DisabledKeys []string
}

// ChangeOwner makes another active member the Owner, given by the id of their membership of the account or by email. The former
// Owner gets the strongest other system role, and their API keys with the Owner role are disabled.
func (s *Service) ChangeOwner(ctx context.Context, c Caller, id, memberID, email string) (out OwnerChange, err error) {
	if (memberID == "") == (email == "") {
		return out, RefusalOneOwner.With()
	}
	err = s.store.Update(ctx, id, team.Exclusive, func(tx Tx) error {
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		return team.Once(ctx, tx.Team(), c.actor(), s.team.Now(), func() (any, error) {
			out, err = s.changeOwner(ctx, tx, c, id, memberID, email)
			return out, err
		})
	})
	return out, err
}

func (s *Service) changeOwner(ctx context.Context, tx Tx, c Caller, id, memberID, email string) (out OwnerChange, err error) {
	if out.Account, err = changeable(ctx, tx, id); err != nil {
		return out, err
	}
	next := memberID
	if email != "" {
		canonical, err := team.CanonicalEmail(email)
		if err != nil {
			return out, err
		}
		m, err := tx.Team().MemberByEmail(ctx, id, "", canonical)
		if err != nil {
			return out, team.NotFoundIs(err, RefusalNoSuchMember.With())
		}
		next = m.ID
	}
	m, err := s.team.HandOver(ctx, tx.Team(), id, next)
	if err != nil {
		return out, err
	}
	for _, k := range m.HeldKeys {
		if k.Disabled {
			out.DisabledKeys = append(out.DisabledKeys, k.Name)
		}
	}
	if err := s.record(ctx, tx, c, out.Account.Target(), event.AccountOwnershipTransferred{APIKeysDeactivated: out.DisabledKeys, OwnerMemberID: m.ID}); err != nil {
		return out, err
	}
	out.Account, err = tx.OperatedAccount(ctx, id)
	return out, err
}
