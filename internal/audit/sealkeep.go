package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// CheckKeys returns an error if the key with which logs of this database are sealed is missing: events written without
// it would look forged.
func (s *Service) CheckKeys(ctx context.Context) error {
	ids, err := s.store.SealKeyIDs(ctx)
	if err != nil {
		return fmt.Errorf("read with which keys the audit log is sealed: %w", err)
	}
	for _, id := range ids {
		if _, known := s.ring.keys.named(id); !known {
			return fmt.Errorf("the audit log of this database is sealed with the key %s: set the file that contains it (--seal-key-file, RAFF_SEAL_KEY_FILE)", id)
		}
	}
	return nil
}

// maxTold is the maximum number of missing events to name.
const maxTold = 10

// missEvents records in each log that events which this node wrote were removed before a seal covered them.
func (s *Service) missEvents(ctx context.Context) error {
	missing, err := s.store.MissingEvents(ctx)
	byAccount := map[string][]event.Ref{}
	for _, m := range missing {
		byAccount[m.AccountID] = append(byAccount[m.AccountID], m)
	}
	failed := []error{err}
	for account, refs := range byAccount {
		ids := []string{}
		for _, r := range refs[:min(len(refs), maxTold)] {
			ids = append(ids, r.ID)
		}
		system := &team.Principal{Type: team.TypeOperator, ID: event.SystemID, Name: event.SystemID, AccountID: account}
		err := s.store.Update(ctx, account, team.Shared, func(tx Tx) error {
			return s.team.Record(ctx, tx, system, event.Target{TargetType: "account", TargetID: account},
				event.EventsMissing{Events: len(refs), FirstAt: refs[0].At.UTC().Format(time.RFC3339Nano), IDs: ids})
		})
		failed = append(failed, err, fmt.Errorf("the audit log of account %s was tampered with: %d events are missing, the first of %s", account, len(refs), moment(refs[0].At)))
	}
	return errors.Join(failed...)
}

// Adopt starts to seal logs with the key that were sealed without one, and returns their accounts. A log that fails
// verification is not adopted, because the key would vouch for it.
func (s *Service) Adopt(ctx context.Context) ([]string, error) {
	if len(s.ring.keys) == 0 {
		return nil, errors.New("no seal key: set --seal-key-file (RAFF_SEAL_KEY_FILE)")
	}
	now := s.ring.now.Load()
	if now == nil || !now.everywhere {
		return nil, errors.New("not all servers sign with the seal key: restart them with --seal-key-file (RAFF_SEAL_KEY_FILE) first")
	}
	found, err := s.verify(ctx, nil, Check{})
	if err != nil {
		return nil, err
	}
	var adopted []string
	var failed []error
	for _, v := range found {
		head, err := s.store.LogHead(ctx, v.AccountID)
		switch {
		case err == nil && head.KeyID != "":
			continue
		case v.Broken != "":
			failed = append(failed, fmt.Errorf("the audit log of account %s is not adopted: %s", v.AccountID, v.Broken))
			continue
		case err != nil:
			return adopted, err
		}
		err = s.store.Update(ctx, v.AccountID, team.Shared, func(tx Tx) error {
			return s.team.Record(ctx, tx, team.Operator(v.AccountID), event.Target{TargetType: "account", TargetID: v.AccountID},
				event.LogAdopted{Key: now.key.ID, Seal: head.SealedSeq})
		})
		if err == nil {
			_, err = s.sealAccount(ctx, v.AccountID, SealAdopted)
		}
		if err != nil {
			return adopted, fmt.Errorf("adopt the audit log of account %s: %w", v.AccountID, err)
		}
		adopted = append(adopted, v.AccountID)
	}
	return adopted, errors.Join(failed...)
}
