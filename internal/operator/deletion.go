package operator

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// An account is deleted in two steps. During a grace period it cannot be used, like a suspended one, but is complete: it can be
// exported, and resumed. Then a job removes all its data, including its audit log and the people who belong to no other
// account, in many small transactions, after which only the operator's own log knows it.

// DefaultGraceDays is the length of the grace period in days if none is given, and MaxGraceDays the longest one. With an operator key,
// it is at least MinGraceDays, so that a stolen key cannot destroy an account before anybody notices. There is no minimum for someone with access to
// the database.
const (
	DefaultGraceDays = 30
	MinGraceDays     = 7
	MaxGraceDays     = 365
)

// Delete makes an account unusable like Suspend, and lets RemoveDeleted remove it after graceDays days. If graceDays is nil, they
// are DefaultGraceDays, or as before if the account is being deleted already. The Owner gets an email about every change of that time.
func (s *Service) Delete(ctx context.Context, c Caller, id string, graceDays *int) (Account, error) {
	days := DefaultGraceDays
	if graceDays != nil {
		least := MinGraceDays
		if c.hash == nil {
			least = 0
		}
		if days = *graceDays; days < least || days > MaxGraceDays {
			return Account{}, RefusalGraceDays.With(least, MaxGraceDays)
		}
	}
	a, err := s.operate(ctx, c, id, func(tx Tx, a *Account) error {
		if a.State == team.AccountDeleting && graceDays == nil {
			return nil
		}
		a.State, a.DeleteAt = team.AccountDeleting, s.team.Now().AddDate(0, 0, days)
		if err := s.team.AnnounceDeletion(ctx, tx.Team(), a.Account, a.DeleteAt); err != nil {
			return err
		}
		told := event.AccountDeletionScheduled{DeleteAt: a.DeleteAt.UTC().Format(time.RFC3339)}
		return s.recordBoth(ctx, tx, c, a, told, told)
	})
	if err == nil {
		s.mailQueued()
	}
	return a, err
}

// errNotDue says that the account was resumed, or its grace period changed.
var errNotDue = errors.New("the account is not due to be removed")

// RemoveDeleted removes the accounts whose grace period is over, and returns their number. A server calls it every minute. An
// interrupted removal is continued by the next call, of any node; a failure with one account does not stop the others.
func (s *Service) RemoveDeleted(ctx context.Context) (n int, err error) {
	ctx = team.Slow(ctx)
	due, err := s.store.AccountsToRemove(ctx, s.team.Now())
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, id := range due {
		switch err := s.remove(ctx, id); {
		case err == nil:
			n++
		case !team.IsNotFound(err) && !errors.Is(err, errNotDue): // another node removed it, or the operator keeps it
			failed = append(failed, fmt.Errorf("remove account %s: %w", id, err))
		}
	}
	return n, errors.Join(failed...)
}

// remove removes one account. Once its state is AccountRemoving, nothing can keep it.
func (s *Service) remove(ctx context.Context, id string) error {
	err := s.store.Update(ctx, id, team.Exclusive, func(tx Tx) error {
		a, err := tx.OperatedAccount(ctx, id)
		switch {
		case err != nil || a.State == team.AccountRemoving:
			return err
		case a.State != team.AccountDeleting || s.team.Now().Before(a.DeleteAt):
			return errNotDue
		}
		a.State = team.AccountRemoving
		return tx.OperateAccount(ctx, a)
	})
	if err != nil {
		return err
	}
	for more := true; more; {
		err := s.store.Update(ctx, id, team.Exclusive, func(tx Tx) (err error) {
			more, err = tx.RemovePart(ctx, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.store.Update(ctx, id, team.Exclusive, func(tx Tx) error {
		a, err := tx.OperatedAccount(ctx, id)
		if err != nil {
			return err
		}
		head, err := tx.LogHead(ctx, id)
		if err := team.NotFoundIs(err, nil); err != nil {
			return err
		}
		if err := tx.RemoveAccount(ctx, id); err != nil {
			return err
		}
		system := &team.Principal{Type: team.TypeOperator, ID: event.SystemID, Name: event.SystemID, AccountID: event.OperatorLog}
		return s.team.Record(ctx, tx, system, a.Target(), event.AccountDeleted{Seal: head.SealedSeq, Head: hex.EncodeToString(head.Hash)})
	})
}
