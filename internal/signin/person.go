package signin

import (
	"context"
	"errors"
	"slices"

	"raff/internal/event"
	"raff/internal/team"
)

// Changes of a user's password, second factors and sessions do not concern a single account, because they are the same in
// all of them. Their events are written to the log of every account in which the user is a member at that time.

var errMoved = errors.New("the user joined another account in the meantime")

// aboutPerson is AboutPerson for a change that takes no access away in the accounts.
func (s *Service) aboutPerson(ctx context.Context, userID string, fn func(tx Tx, logs []string) error) error {
	return s.AboutPerson(ctx, team.Shared, userID, "", fn)
}

// AboutPerson runs fn in one transaction that may write to the logs of all accounts of a user, and of one more account
// if accountID is not empty. logs are the user's accounts.
func (s *Service) AboutPerson(ctx context.Context, lock team.Lock, userID, accountID string, fn func(tx Tx, logs []string) error) error {
	for range 3 {
		locked, err := s.store.AccountsWith(ctx, userID, s.team.Now())
		if err != nil {
			return err
		}
		if accountID != "" && !slices.Contains(locked, accountID) {
			locked = append(locked, accountID)
		}
		err = s.store.UpdateAll(ctx, locked, lock, func(tx Tx) error {
			logs, err := tx.AccountsWith(ctx, userID, s.team.Now())
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
		if err == nil && s.team.MailDelivered() {
			s.mailQueued() // perhaps; see tell
		}
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return RefusalPersonBusy.With()
}

// recordPerson writes an event about a user to logs, and tells the user by email if it is one that they should know of. actor
// returns the actor in each account.
func (s *Service) recordPerson(ctx context.Context, tx Tx, logs []string, actor func(accountID string) *team.Principal, u team.User, p event.Payload) error {
	for _, account := range logs {
		if err := s.team.Record(ctx, tx, actor(account), event.Target{TargetType: "user", TargetID: u.ID, TargetName: u.Email}, p); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, u, p)
}

// newWayIn is a new password that is set with a link, and its consequences for other credentials.
type newWayIn struct {
	// before is the stored user, and after the same user with the new password. with is the kind of link.
	before, after team.User
	with          string
	// noPasskeys also removes the passkeys of a user whose email was verified before.
	noPasskeys bool
	// noKeys also disables the unprovenKeys.
	noKeys bool
}

// prove stores the password of a user who has verified the email, and ends their sessions and other password links. If the
// email was not verified before, everything that was set up may be someone else's, so all of it ends.
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
		if err := s.recordReset(ctx, tx, logs, u.As, n, ended); err != nil {
			return err
		}
	}
	return s.recordPerson(ctx, tx, logs, u.As, u, event.PasswordSet{With: n.with})
}

// recordReset records in each account what ended, and what happened to API keys whose secret may have been shown to
// someone other than the owner of the email.
func (s *Service) recordReset(ctx context.Context, tx Tx, logs []string, actor func(accountID string) *team.Principal, n newWayIn, factors int) error {
	for _, account := range logs {
		kept, disabled, err := s.team.EndUnprovenKeys(ctx, tx.Team(), actor(account), n.before, n.noKeys)
		if err != nil {
			return err
		}
		told := event.SignInReset{AddressProvenBefore: n.before.Proven, SecondFactors: factors, APIKeysKept: kept, APIKeysDeactivated: disabled}
		if err := s.recordPerson(ctx, tx, []string{account}, actor, n.after, told); err != nil {
			return err
		}
	}
	return nil
}

// endFactors removes credentials other than the password: all of an unverified user's, otherwise only the passkeys if
// passkeys is true. Factors are removed before sessions, so that a concurrent sign-in with a factor either does not find
// it or has its session ended.
func (s *Service) endFactors(ctx context.Context, tx Tx, u team.User, passkeys bool) (ended int, err error) {
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

// endSessions ends all sessions of a user, and all password links.
func (s *Service) endSessions(ctx context.Context, tx Tx, userID string) error {
	if err := tx.UseLinkTokensOf(ctx, userID, s.team.Now()); err != nil {
		return err
	}
	return tx.DeleteSessionsOf(ctx, userID, "", "")
}
