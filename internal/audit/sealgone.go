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
