package team

import (
	"context"
	"errors"
	"slices"

	"raff/internal/event"
)

// What people do to themselves, and what is done to them, is no matter of one account: the password, the factors and the
// sessions are the same in all of them. Its events go to the log of every account the person is in at that moment.

var errMoved = errors.New("the person joined another account meanwhile")

// aboutPerson runs fn in one transaction that may write to the logs of all accounts a person is in, and of one more. logs
// are those they are in.
func (s *Service) aboutPerson(ctx context.Context, userID, accountID string, fn func(tx Tx, logs []string) error) error {
	return s.aboutPersonUnder(ctx, Shared, userID, accountID, fn)
}

// aboutPersonUnder is aboutPerson for what also takes something away in the accounts.
func (s *Service) aboutPersonUnder(ctx context.Context, lock Lock, userID, accountID string, fn func(tx Tx, logs []string) error) error {
	for range 3 {
		locked, err := s.store.AccountsWith(ctx, userID, s.Now())
		if err != nil {
			return err
		}
		if accountID != "" && !slices.Contains(locked, accountID) {
			locked = append(locked, accountID)
		}
		err = s.store.UpdateAll(ctx, locked, lock, func(tx Tx) error {
			logs, err := tx.AccountsWith(ctx, userID, s.Now())
			if err != nil {
				return err
			}
			for _, id := range logs {
				if !slices.Contains(locked, id) {
					return errMoved
				}
			}
			return fn(tx, logs)
		})
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return Conflict("try_again", "The accounts of this person are being changed. Try again.")
}

// as is a person as the one who acts in an account.
func (u User) as(accountID string) *Principal {
	return &Principal{Type: TypeUser, ID: u.ID, AccountID: accountID, Name: u.Name, Email: u.Email, canonical: u.CanonicalEmail}
}

// recordPerson writes an event about a person into logs. actor is who acts, in each account.
func (s *Service) recordPerson(ctx context.Context, tx Tx, logs []string, actor func(accountID string) *Principal, u User, p event.Payload) error {
	for _, account := range logs {
		w := s.work(ctx, tx, actor(account))
		if err := w.record(event.Target{TargetType: "user", TargetID: u.ID, TargetName: u.Email}, p); err != nil {
			return err
		}
	}
	return nil
}

// newWayIn is a password that someone sets by a link, and what else becomes of how they sign in.
type newWayIn struct {
	// before is the person as they are stored, after the same with the new password. with says by what kind of link.
	before, after User
	with          string
	// noPasskeys also removes the passkeys of someone whose address was proven before.
	noPasskeys bool
	// noKeys also deactivates the unprovenKeys.
	noKeys bool
}

// prove stores the password of someone who has shown that the address is theirs, and ends their sessions and other
// password links. Where nobody had shown that before, whoever set something up may have been someone else: it all ends.
func (s *Service) prove(ctx context.Context, tx Tx, logs []string, n newWayIn) error {
	ended, err := s.endFactors(ctx, tx, n.before, n.noPasskeys)
	if err != nil {
		return err
	}
	u := n.after
	u.Proven, u.VouchedBy = true, ""
	if err := tx.UpdateUser(ctx, u); err != nil {
		return err
	}
	if err := s.endSessions(ctx, tx, u.ID); err != nil {
		return err
	}
	if !n.before.Proven && n.before.PasswordHash != "" || ended > 0 {
		if err := s.recordReset(ctx, tx, logs, u.as, n, ended); err != nil {
			return err
		}
	}
	return s.recordPerson(ctx, tx, logs, u.as, u, event.PasswordSet{With: n.with})
}

// recordReset tells each account what ended, and what became of the API keys there that somebody has who may not be the owner
// of the address.
func (s *Service) recordReset(ctx context.Context, tx Tx, logs []string, actor func(accountID string) *Principal, n newWayIn, factors int) error {
	for _, account := range logs {
		w := s.work(ctx, tx, actor(account))
		keys, err := w.unprovenKeys(n.before)
		if err != nil {
			return err
		}
		told := event.SignInReset{AddressProvenBefore: n.before.Proven, SecondFactors: factors}
		for i := range keys {
			if !n.noKeys {
				told.APIKeysKept = append(told.APIKeysKept, keys[i].Name)
				continue
			}
			told.APIKeysDeactivated = append(told.APIKeysDeactivated, keys[i].Name)
			if err := w.deactivate(&keys[i], event.APIKeyUpdated{Because: event.ActionSignInReset}); err != nil {
				return err
			}
		}
		if err := s.recordPerson(ctx, tx, []string{account}, actor, n.after, told); err != nil {
			return err
		}
	}
	return nil
}

// endFactors removes what a person signs in with beside the password: everything of someone who is not proven, and only
// the passkeys of others, if they say so. The factors go before the sessions, so that a sign-in that uses one at this
// moment either finds it gone or has its session ended.
func (s *Service) endFactors(ctx context.Context, tx Tx, u User, passkeys bool) (ended int, err error) {
	all, err := tx.Factors(ctx, u.ID)
	if err != nil {
		return 0, err
	}
	left := 0
	for _, f := range all {
		if u.Proven && (!passkeys || f.Kind != FactorPasskey) {
			left++
			continue
		}
		if err := tx.DeleteFactor(ctx, u.ID, f.ID); err != nil {
			return 0, err
		}
		if f.Confirmed {
			ended++
		}
	}
	if left > 0 || len(all) == 0 {
		return ended, nil
	}
	return ended, tx.ReplaceRecoveryCodes(ctx, u.ID, nil)
}

// endSessions also ends the links with which the password could be set.
func (s *Service) endSessions(ctx context.Context, tx Tx, userID string) error {
	if err := tx.UseLinkTokensOf(ctx, userID, s.Now()); err != nil {
		return err
	}
	return tx.DeleteSessionsOf(ctx, userID, "", "")
}
