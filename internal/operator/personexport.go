package operator

import (
	"context"
	"errors"
	"slices"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/outbox"
	"raff/internal/signin"
	"raff/internal/team"
)

// PersonExport iterates over all that is known of a person, except secrets. Records are read in small parts, so that an export needs
// little memory.
type PersonExport struct {
	s       *Service
	who     Caller
	subject subject
	// User is the person. Somebody who was only invited has no ID.
	User team.User
}

// ExportedPerson is a person with what they sign in with.
type ExportedPerson struct {
	team.User
	Factors           []signin.Factor // those in effect
	RecoveryCodesLeft int
}

// ExportPerson starts an export of all that is known of a person who has signed up, and records it in the operator's log.
func (s *Service) ExportPerson(ctx context.Context, c Caller, userID string) (*PersonExport, error) {
	u, err := s.store.User(ctx, userID)
	if err != nil {
		return nil, err
	}
	return s.exportUser(ctx, c, u)
}

func (s *Service) exportUser(ctx context.Context, c Caller, u team.User) (*PersonExport, error) {
	return s.exportPerson(ctx, c, u, event.Target{TargetType: "user", TargetID: u.ID, TargetName: u.Email})
}

// ExportEmail is ExportPerson for the person with an email, in any spelling, who has signed up, or is or was invited.
func (s *Service) ExportEmail(ctx context.Context, c Caller, email string) (*PersonExport, error) {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return nil, err
	}
	u, err := s.store.UserByEmail(ctx, canonical)
	if err == nil {
		return s.exportUser(ctx, c, u)
	}
	if !team.IsNotFound(err) {
		return nil, err
	}
	u = team.User{Email: canonical, CanonicalEmail: canonical}
	invited, err := s.store.PersonMemberships(ctx, canonical)
	if err == nil && len(invited) == 0 {
		err = s.newPersonExport(c, u).wasInvited(team.Slow(ctx))
	}
	if err != nil {
		return nil, err
	}
	return s.exportPerson(ctx, c, u, event.Target{TargetType: "person", TargetID: s.team.NewID(), TargetName: canonical})
}

func (s *Service) newPersonExport(c Caller, u team.User) *PersonExport {
	return &PersonExport{s: s, who: c, User: u, subject: subject{UserID: u.ID, Emails: []string{u.CanonicalEmail}}}
}

func (s *Service) exportPerson(ctx context.Context, c Caller, u team.User, target event.Target) (*PersonExport, error) {
	x := s.newPersonExport(c, u)
	return x, s.store.Update(ctx, event.OperatorLog, team.Shared, func(tx Tx) error {
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		return s.record(ctx, tx, c, target, event.PersonExported{})
	})
}

// Check reads the operator key of the caller again: an export ends when the key is revoked.
func (x *PersonExport) Check(ctx context.Context) error { return x.s.check(ctx, x.who) }

// Each calls fn with every record, of somebody who was only invited those that exist: the ExportedPerson, then each team.Session,
// team.LinkToken, Account that they are or were in, PersonMembership, team.ExternalID of one, team.APIKey that they created,
// outbox.Entry to them, UsageDay with only the day and the account, and event.Event by or about them.
func (x *PersonExport) Each(ctx context.Context, fn func(record any) error) error {
	ctx = team.Slow(ctx)
	parts := []func(context.Context, []string, func(any) error) error{x.memberships, x.keys, x.mails, x.active, x.events}
	if x.User.ID == "" {
		parts = []func(context.Context, []string, func(any) error) error{x.memberships, x.mails, x.events}
	} else if err := x.signsIn(ctx, fn); err != nil {
		return err
	}
	accounts, err := x.accounts(ctx, fn)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := part(ctx, accounts, fn); err != nil {
			return err
		}
	}
	return nil
}

// signsIn has the person, sessions and links.
func (x *PersonExport) signsIn(ctx context.Context, fn func(any) error) error {
	person := ExportedPerson{User: x.User}
	factors, err := x.s.store.Factors(ctx, x.User.ID)
	if err != nil {
		return err
	}
	for _, f := range factors {
		if f.Confirmed {
			person.Factors = append(person.Factors, f)
		}
	}
	if person.RecoveryCodesLeft, err = x.s.store.RecoveryCodesLeft(ctx, x.User.ID); err != nil {
		return err
	}
	if err := fn(person); err != nil {
		return err
	}
	sessions, err := x.s.store.SessionsOf(ctx, x.User.ID)
	if err := each(sessions, err, fn); err != nil {
		return err
	}
	links, err := x.s.store.LinkTokensOf(ctx, x.User.ID)
	return each(links, err, fn)
}

// each calls fn with every row, unless reading them failed with err.
func each[T any](rows []T, err error, fn func(any) error) error {
	for _, row := range rows {
		if err == nil {
			err = fn(row)
		}
	}
	return err
}

// accounts returns the accounts that the person is or was in.
func (x *PersonExport) accounts(ctx context.Context, fn func(any) error) ([]string, error) {
	ids, err := x.s.store.AccountsOfPerson(ctx, x.User.ID, x.User.CanonicalEmail)
	if err != nil {
		return nil, err
	}
	if x.User.ID != "" {
		known, err := x.s.store.KnownAccounts(ctx, x.User.ID)
		if err != nil {
			return nil, err
		}
		ids = append(ids, known...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		a, err := x.s.store.OperatedAccount(ctx, id)
		if team.IsNotFound(err) {
			continue // it was removed in the meantime
		}
		if err == nil {
			err = fn(a)
		}
		if err != nil {
			return nil, err
		}
	}
	if x.User.ID == "" {
		return x.s.store.AccountIDs(ctx) // nothing says where former invitations were, but their events
	}
	return ids, x.s.formerTexts(ctx, &x.subject)
}

func (x *PersonExport) memberships(ctx context.Context, _ []string, fn func(any) error) error {
	all, err := x.s.store.PersonMemberships(ctx, x.User.CanonicalEmail)
	if err := each(all, err, fn); err != nil {
		return err
	}
	in := map[string][]string{}
	for _, m := range all {
		in[m.AccountID] = append(in[m.AccountID], m.MemberID)
		x.subject.Members = append(x.subject.Members, m.MemberID)
	}
	for _, m := range all {
		if members := in[m.AccountID]; members != nil {
			ids, err := x.s.store.ExternalIDsOf(ctx, m.AccountID, members)
			if err := each(ids, err, fn); err != nil {
				return err
			}
			delete(in, m.AccountID)
		}
	}
	return nil
}

// keys reads all keys of the accounts, because the index of those who were shown a secret forgets former secrets.
func (x *PersonExport) keys(ctx context.Context, accounts []string, fn func(any) error) error {
	for _, id := range accounts {
		err := pages(func(k team.APIKey) error {
			if k.CreatedBy != x.User.ID && k.CreatedByUser != x.User.ID {
				return nil
			}
			return fn(k)
		}, func(k *team.APIKey) team.Cursor { return team.Cursor{At: k.CreatedAt, ID: k.ID} }, func(p team.Page) ([]team.APIKey, error) {
			rows, _, err := x.s.store.APIKeys(ctx, team.APIKeyFilter{AccountID: id, Page: p})
			return rows, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mails reads the whole outbox, which is short.
func (x *PersonExport) mails(ctx context.Context, _ []string, fn func(any) error) error {
	return pages(func(e outbox.Entry) error {
		if !x.subject.isEmail(e.To) {
			return nil
		}
		return fn(e)
	}, func(e *outbox.Entry) team.Cursor { return team.Cursor{At: e.CreatedAt, ID: e.ID} }, func(p team.Page) ([]outbox.Entry, error) {
		rows, _, err := x.s.outbox.List(ctx, outbox.Filter{Page: p})
		return rows, err
	})
}

// active has the last days on which the person was active, whose ids are still stored.
func (x *PersonExport) active(ctx context.Context, accounts []string, fn func(any) error) error {
	for _, id := range accounts {
		days, err := x.s.store.UsageBy(ctx, id, x.User.ID)
		if err := each(days, err, fn); err != nil {
			return err
		}
	}
	return nil
}

// removals are the actions after which a membership is gone.
var removals = []event.Action{event.ActionMemberRemoved, event.ActionInvitationCancelled, event.ActionInvitationRemoved}

// former calls fn with the ids of the former memberships and invitations of the person, as far as the log of an account has their removal.
func (x *PersonExport) former(ctx context.Context, accountID string, fn func(memberID string) error) error {
	return x.selected(ctx, audit.Filter{AccountID: accountID, Actions: removals}, func(e event.Event) error {
		if !x.subject.isEmail(e.TargetName) {
			return nil
		}
		return fn(e.TargetID)
	})
}

var errFound = errors.New("found")

// wasInvited returns nil if the log of an account has a former invitation of the person, or else an error.
func (x *PersonExport) wasInvited(ctx context.Context) error {
	ids, err := x.s.store.AccountIDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		switch err := x.former(ctx, id, func(string) error { return errFound }); {
		case errors.Is(err, errFound):
			return nil
		case err != nil:
			return err
		}
	}
	return RefusalUnknownPerson.With()
}

// events has the events of each log, those of the operator last: first those by the person, then those about them, their memberships and
// their former memberships; each newest first.
func (x *PersonExport) events(ctx context.Context, accounts []string, fn func(any) error) error {
	for _, id := range append(slices.Clone(accounts), event.OperatorLog) {
		former := map[string]bool{}
		if err := x.former(ctx, id, func(member string) error { former[member] = true; return nil }); err != nil {
			return err
		}
		targets := slices.Clone(x.subject.Members)
		for _, member := range x.subject.Members {
			delete(former, member)
		}
		for member := range former {
			targets = append(targets, member)
		}
		slices.Sort(targets)
		if x.User.ID != "" {
			targets = append([]string{x.User.ID}, targets...)
			if err := x.selected(ctx, audit.Filter{AccountID: id, ActorID: x.User.ID}, func(e event.Event) error { return fn(x.theirs(e)) }); err != nil {
				return err
			}
		}
		for _, target := range targets {
			if err := x.selected(ctx, audit.Filter{AccountID: id, TargetID: target}, func(e event.Event) error {
				if x.User.ID != "" && e.ActorID == x.User.ID {
					return nil // it was among those by the person
				}
				return fn(x.theirs(e))
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// selected calls fn with the events that a filter selects, newest first.
func (x *PersonExport) selected(ctx context.Context, f audit.Filter, fn func(event.Event) error) error {
	return pages(fn, func(e *event.Event) team.Cursor { return team.Cursor{At: e.At, ID: e.ID} }, func(p team.Page) ([]event.Event, error) {
		f.Page = p
		rows, _, err := x.s.store.Events(ctx, f)
		return rows, err
	})
}

// theirs returns an event without the network address and the browser of somebody else.
func (x *PersonExport) theirs(e event.Event) event.Event {
	slots := x.subject.texts(&e)
	if !slices.Contains(slots, audit.SlotAddress) {
		e.Address = ""
	}
	if !slices.Contains(slots, audit.SlotUserAgent) {
		e.UserAgent = ""
	}
	return e
}
