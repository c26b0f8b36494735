package operator

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/team"
)

// A person is erased in two steps. The first one removes, in one transaction, everything that only concerns this person: the user, how they
// sign in, memberships, invitations and emails to them. Then a job replaces their name, email and network addresses in the audit logs, and in what else
// has copies, by a pseudonym, in many small transactions. What is left is that something was done by or to the pseudonym.

// Erasure is the erasure of a person.
type Erasure struct {
	ID string
	// Person is the pseudonym.
	Person string
	// UserID is the id that the user had; empty if the person was only invited.
	UserID    string
	OrderedBy string
	// Events is the number of audit events that were changed so far.
	Events    int
	CreatedAt time.Time
	// DoneAt is zero while the job is running.
	DoneAt time.Time

	// Memberships is the number of memberships and invitations that were removed. It is only set by Erase.
	Memberships int
	// subject is forgotten when the job is done.
	subject subject
	// place is the last event that was read.
	place event.Ref
}

// subject is what belongs to a person.
type subject struct {
	UserID  string
	Emails  []string // canonical
	Names   []string
	Members []string // ids of memberships
	// Accounts are the accounts of which the person is or was a member.
	Accounts []string
	// Until is when the person was removed. Who has the email after that is somebody else; zero if that is not known.
	Until time.Time
}

// StoredErasure is an Erasure as it is stored.
type StoredErasure struct {
	Erasure
	Subject string
	Place   event.Ref
}

// PersonTexts is what to look for outside of audit logs, in what is not newer than Until.
type PersonTexts struct {
	Emails, Names []string
	Until         time.Time
}

// ErrContinued says that another node continues the erasure.
var ErrContinued = errors.New("another node continues this erasure")

// EraseEmail erases the person with an email, in any spelling, whether they have signed up or were only invited.
func (s *Service) EraseEmail(ctx context.Context, c Caller, email string) (Erasure, error) {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return Erasure{}, err
	}
	return s.erase(ctx, c, func(r Reader) (team.User, error) {
		u, err := r.UserByEmail(ctx, canonical)
		if team.IsNotFound(err) {
			return team.User{CanonicalEmail: canonical}, nil
		}
		return u, err
	})
}

// ErasePerson erases a person who has signed up.
func (s *Service) ErasePerson(ctx context.Context, c Caller, userID string) (Erasure, error) {
	return s.erase(ctx, c, func(r Reader) (team.User, error) { return r.User(ctx, userID) })
}

// Erasure returns an erasure by id.
func (s *Service) Erasure(ctx context.Context, id string) (Erasure, error) {
	stored, err := s.store.Erasure(ctx, id)
	return stored.Erasure, err
}

// erase erases the person that find returns, who has no ID if they were only invited.
func (s *Service) erase(ctx context.Context, c Caller, find func(Reader) (team.User, error)) (x Erasure, err error) {
	token := make([]byte, 8)
	if _, err := io.ReadFull(s.rand, token); err != nil {
		return x, fmt.Errorf("choose a pseudonym: %w", err)
	}
	for range 3 {
		u, err := find(s.store)
		if err != nil {
			return x, err
		}
		x = Erasure{
			ID: s.team.NewID(), Person: "erased-" + hex.EncodeToString(token), UserID: u.ID, OrderedBy: c.Name, CreatedAt: s.team.Now(),
			subject: subject{UserID: u.ID, Emails: []string{u.CanonicalEmail}},
		}
		if u.Name != "" {
			x.subject.Names = []string{u.Name}
		}
		if u.ID != "" {
			if err := s.formerTexts(ctx, &x.subject); err != nil {
				return x, err
			}
		}
		in, err := s.store.AccountsOfPerson(ctx, u.ID, u.CanonicalEmail)
		if err != nil {
			return x, err
		}
		err = s.store.UpdateAll(ctx, in, team.Exclusive, func(tx Tx) error {
			// Until the locks of the accounts were taken, the person may have signed up, or changed their email or name.
			fresh, err := find(tx)
			if err != nil {
				return err
			}
			now, err := tx.AccountsOfPerson(ctx, u.ID, u.CanonicalEmail)
			if err != nil {
				return err
			}
			if fresh.ID != u.ID || fresh.CanonicalEmail != u.CanonicalEmail || fresh.Name != u.Name || !slices.Equal(in, now) {
				return errMoved
			}
			if err := s.again(ctx, tx, c); err != nil {
				return err
			}
			return s.eraseIn(ctx, tx, c, &x, now)
		})
		if !errors.Is(err, errMoved) {
			return x, err
		}
	}
	return x, RefusalPersonBusy.With()
}

var errMoved = errors.New("the person changed, or joined or left an account, in the meantime")

// formerTexts adds the names and emails that a user had before.
func (s *Service) formerTexts(ctx context.Context, of *subject) error {
	accounts, err := s.store.KnownAccounts(ctx, of.UserID)
	if err != nil {
		return err
	}
	of.Accounts = accounts
	for _, account := range accounts {
		changes, _, err := s.store.Events(ctx, audit.Filter{
			AccountID: account, ActorID: of.UserID, Actions: []event.Action{event.ActionEmailChanged, event.ActionNameChanged}, Page: team.Page{SkipTotal: true},
		})
		if err != nil {
			return err
		}
		for _, e := range changes {
			switch told := e.Payload().(type) {
			case event.EmailChanged:
				for _, email := range []string{told.Email.From, told.Email.To} {
					if canonical, err := team.CanonicalEmail(email); err == nil && !slices.Contains(of.Emails, canonical) {
						if other, err := s.store.UserByEmail(ctx, canonical); err == nil && other.ID != of.UserID {
							continue // somebody else has it now
						}
						of.Emails = append(of.Emails, canonical)
					}
				}
			case event.NameChanged:
				of.Names = append(of.Names, told.Name.From, told.Name.To)
			}
		}
	}
	slices.Sort(of.Names)
	of.Names = slices.DeleteFunc(slices.Compact(of.Names), func(name string) bool { return name == "" })
	return nil
}

// eraseIn removes what only concerns the person, in one transaction.
func (s *Service) eraseIn(ctx context.Context, tx Tx, c Caller, x *Erasure, accounts []string) error {
	canonical := x.subject.Emails[0]
	memberships, err := tx.PersonMemberships(ctx, canonical)
	if err != nil {
		return err
	}
	var owned []string
	in := map[string]int{}
	x.subject.Members = nil
	for _, m := range memberships {
		if m.IsOwner {
			owned = append(owned, fmt.Sprintf("%s (%s)", m.AccountName, m.AccountID))
		}
		in[m.AccountID]++
		x.subject.Members = append(x.subject.Members, m.MemberID)
	}
	if len(owned) > 0 {
		return RefusalOwnsAccounts.With(strings.Join(owned, ", "))
	}
	x.Memberships = len(memberships)
	target := event.Target{TargetType: "person", TargetID: x.ID, TargetName: x.Person}
	for _, account := range accounts {
		told := event.PersonErasureOrdered{MembershipsRemoved: in[account]}
		if x.UserID != "" {
			if told.APIKeysDeactivated, err = s.team.EndHeldKeys(ctx, tx.Team(), team.Operator(account), x.UserID); err != nil {
				return err
			}
		}
		if err := s.team.Record(ctx, tx, team.Operator(account), target, told); err != nil {
			return err
		}
	}
	if err := s.record(ctx, tx, c, target, event.PersonErasureOrdered{MembershipsRemoved: len(memberships)}); err != nil {
		return err
	}
	if err := tx.RemovePerson(ctx, x.UserID, canonical, x.Person); err != nil {
		return err
	}
	x.subject.Until = s.team.Now()
	stored, err := x.stored()
	if err != nil {
		return err
	}
	return tx.InsertErasure(ctx, stored)
}

func (x *Erasure) stored() (StoredErasure, error) {
	b, err := json.Marshal(x.subject)
	return StoredErasure{*x, string(b), x.place}, err
}

// EraseOrdered continues the erasures that are not done, and returns how many it finished. A server calls it every few seconds. An
// interrupted erasure is continued by the next call, of any node; a failure with one person does not stop the others.
func (s *Service) EraseOrdered(ctx context.Context) (n int, err error) {
	ctx = team.Slow(ctx)
	open, err := s.store.OpenErasures(ctx)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, stored := range open {
		x := stored.Erasure
		x.place = stored.Place
		err := json.Unmarshal([]byte(stored.Subject), &x.subject)
		if err == nil {
			err = s.eraseEverywhere(ctx, &x)
		}
		switch {
		case err == nil:
			n++
		case !errors.Is(err, ErrContinued):
			failed = append(failed, fmt.Errorf("erase %s: %w", x.Person, err))
		}
	}
	return n, errors.Join(failed...)
}

// eraseEverywhere erases a person in what has copies of texts: other tables first, then all logs, in the order of their ids.
func (s *Service) eraseEverywhere(ctx context.Context, x *Erasure) error {
	if x.place.AccountID == "" {
		if err := s.store.EraseTexts(ctx, PersonTexts{x.subject.Emails, x.subject.Names, x.subject.Until}, x.Person); err != nil {
			return err
		}
	}
	logs, err := s.store.AccountIDs(ctx)
	if err != nil {
		return err
	}
	logs = append(logs, event.OperatorLog)
	slices.Sort(logs)
	for _, id := range logs {
		if id < x.place.AccountID {
			continue
		}
		if err := s.eraseLog(ctx, x, id); err != nil {
			return err
		}
	}
	done := *x
	done.DoneAt, done.subject = s.team.Now(), subject{}
	return s.store.Update(ctx, event.OperatorLog, team.Shared, func(tx Tx) error { return tx.FinishErasure(ctx, done.ID, done.DoneAt) })
}

// eraseLog erases a person in one log. Accounts that are being removed lose all their events anyway.
func (s *Service) eraseLog(ctx context.Context, x *Erasure, account string) error {
	if account != event.OperatorLog {
		a, err := s.store.OperatedAccount(ctx, account)
		if err := team.NotFoundIs(err, nil); err != nil || a.ID == "" || a.State == team.AccountRemoving {
			return err
		}
	}
	head, err := s.store.LogHead(ctx, account)
	if err := team.NotFoundIs(err, nil); err != nil {
		return err
	}
	if _, err := s.store.NewestEvent(ctx, account, head.SealedUntil, time.UnixMicro(1<<60)); err == nil {
		if err := s.log.SealLog(ctx, account); err != nil {
			return fmt.Errorf("seal the audit log of account %s: %w", account, err)
		}
	} else if !team.IsNotFound(err) {
		return err
	}
	if x.place.AccountID != account {
		x.place = event.Ref{AccountID: account}
	}
	for done := false; !done; {
		part, err := s.log.Erase(ctx, audit.Erasure{
			AccountID: account, ID: x.ID, Person: x.Person, Texts: x.subject.texts,
			Keep: func(tx audit.Tx, from event.Ref, p audit.ErasedPart) error {
				ours, ok := tx.(Tx)
				if !ok {
					panic("a transaction of the database implements the transactions of all packages")
				}
				return ours.AdvanceErasure(ctx, x.ID, from, p.Last, p.Events)
			},
		}, x.place)
		if err != nil {
			return err
		}
		x.place, done = part.Last, part.Done
	}
	return nil
}
