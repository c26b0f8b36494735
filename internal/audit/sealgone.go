package audit

import (
	"context"
	"encoding/hex"
	"fmt"

	"raff/internal/event"
	"raff/internal/team"
)

// verifyGone says what became of a log that is missing: the operator may have deleted the account.
func (s *Service) verifyGone(ctx context.Context, k KeptHead) (Verified, error) {
	v := Verified{AccountID: k.AccountID}
	found, _, err := s.store.Events(ctx, Filter{
		AccountID: event.OperatorLog, TargetID: k.AccountID, Action: event.ActionAccountDeleted, Page: team.Page{Limit: 1, SkipTotal: true},
	})
	if err != nil {
		return v, err
	}
	switch last, ok := lastSeal(found); {
	case !ok:
		v.Broken = "the account and its log are missing, but its head was saved"
	case last.Seal < k.Seq || last.Seal == k.Seq && last.Head != hex.EncodeToString(k.Hash):
		v.Broken = fmt.Sprintf("the account was deleted at %s, and the saved head does not belong to its log", moment(found[0].At))
	default:
		v.Notes = []string{fmt.Sprintf("the account was deleted at %s", moment(found[0].At))}
		return v, nil
	}
	v.Problems = []string{v.Broken}
	return v, nil
}

// removing reports whether the operator deleted an account that is being removed: the state alone can be written by anyone who can
// write to the database. A part of the log is missing by now, so that its saved head stays the head.
func (v *verification) removing() (bool, error) {
	found, _, err := v.store.Events(v.ctx, Filter{
		AccountID: event.OperatorLog, TargetID: v.AccountID, Page: team.Page{Limit: 1, SkipTotal: true},
		Actions: []event.Action{event.ActionAccountDeletionScheduled, event.ActionAccountResumed},
	})
	switch {
	case err != nil:
		return false, err
	case len(found) == 0 || found[0].Action != event.ActionAccountDeletionScheduled:
		v.problem("the account is marked as being removed, but according to the operator's log it was not deleted")
		return false, nil
	}
	v.Notes = append(v.Notes, "the account is being removed, with its log")
	if v.kept != nil {
		v.Seq, v.Head = v.kept.Seq, v.kept.Hash
	}
	return true, nil
}

// removed reports whether the account of a log does not exist any more. It may be removed while its log is being sealed.
func (s *Service) removed(ctx context.Context, account string) bool {
	_, err := s.store.Account(ctx, account)
	return account != event.OperatorLog && team.IsNotFound(err)
}

// lastSeal returns what the first event says about the log of a deleted account.
func lastSeal(found []event.Event) (event.AccountDeleted, bool) {
	if len(found) == 0 {
		return event.AccountDeleted{}, false
	}
	last, ok := found[0].Payload().(event.AccountDeleted)
	return last, ok
}
