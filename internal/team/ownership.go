package team

import (
	"context"
	"slices"

	"raff/internal/event"
	"raff/internal/permission"
)

// TransferOwnership makes another active user the Owner, in one step, so that the account always has exactly one. The
// former Owner gets the strongest other system role, which is Admin unless the operator's catalog has none. The former
// Owner's API keys with the Owner role are disabled, and returned in HeldKeys of the new Owner's membership. Only the
// Owner, after confirming their identity, or the operator of the server can do this.
func (s *Service) TransferOwnership(ctx context.Context, p *Principal, memberID string, proof Proof) (Member, error) {
	// Callers who may not transfer the ownership are not asked for a password. They continue, because a repeated request
	// must get the same response.
	mayTransfer := s.guard(ctx, p).mayTransfer() == nil
	if mayTransfer {
		if err := s.requireProof(ctx, p, proof); err != nil {
			return Member{}, err
		}
	}
	var next Member
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		err := w.mayTransfer()
		if err != nil {
			return err
		}
		if !mayTransfer { // became the Owner in the meantime, without confirming
			return RefusalJustBecameOwner.With()
		}
		next, err = w.transfer(memberID)
		w.made = next
		return err
	})
	return next, err
}

// HandOver is TransferOwnership by the operator, in a transaction that holds the exclusive lock of the account.
func (s *Service) HandOver(ctx context.Context, tx Tx, accountID, memberID string) (Member, error) {
	w := s.work(ctx, tx, Operator(accountID))
	w.alone = true
	return w.transfer(memberID)
}

func (w *work) transfer(memberID string) (Member, error) {
	next, err := w.Member(w.ctx, w.p.AccountID, "", memberID)
	switch {
	case err != nil:
		return next, err
	case next.IsOwner:
		return next, RefusalAlreadyOwner.With()
	case next.Type != TypeUser || next.Status != StatusActive || Expired(next.ExpiresAt, w.at):
		return next, RefusalNextOwnerNotActive.With(next.Status, next.Type)
	}
	return next, w.handOver(&next)
}

func (g *guard) mayTransfer() error {
	if !g.p.Owner || !g.p.InPerson {
		return RefusalOwnerTransfersInPerson.With()
	}
	return nil
}

func (w *work) handOver(next *Member) error {
	role := func(slug string) (Role, error) {
		return w.Role(w.ctx, w.p.AccountID, SystemRoleID(permission.ScopeAccount, slug))
	}
	ownerRole, err := role(permission.OwnerSlug)
	if err != nil {
		return err
	}
	owners, _, err := w.RoleHolders(w.ctx, w.p.AccountID, ownerRole.ID, allHolders)
	if err != nil {
		return err
	}
	// Their secrets were shown to someone who is no longer the Owner.
	if next.HeldKeys, err = w.ownerKeys(owners, next.UserID); err != nil {
		return err
	}
	if err := w.disableHeld(*next, next.HeldKeys, event.ActionAccountOwnershipTransferred); err != nil {
		return err
	}
	for _, former := range owners {
		if !former.IsOwner {
			continue
		}
		if former.Role, err = role(w.s.catalog.SecondSlug()); err != nil {
			return err
		}
		former.IsOwner, former.UpdatedAt = false, w.since(former.UpdatedAt)
		if err := w.UpdateMember(w.ctx, former); err != nil {
			return err
		}
		if err := w.send(former, Notice{What: NoticeNotOwner, NewEmail: next.Email}); err != nil {
			return err
		}
		err = w.recordMember(former, false, event.MemberUpdated{
			MemberName: former.personName(), Role: event.Changed(permission.OwnerSlug, former.Role.Slug), RoleName: event.Name{To: former.Role.Name},
		})
		if err != nil {
			return err
		}
	}
	before := next.Role.Slug
	next.Role, next.IsOwner, next.UpdatedAt = ownerRole, true, w.since(next.UpdatedAt)
	if err := w.UpdateMember(w.ctx, *next); err != nil {
		return err
	}
	if err := w.notify(*next, NoticeOwner); err != nil {
		return err
	}
	return w.recordMember(*next, false, event.AccountOwnershipTransferred{
		APIKeysDeactivated: disabledNames(next.HeldKeys), MemberName: next.personName(),
		Role: event.Changed(before, permission.OwnerSlug), RoleName: event.Name{To: next.Role.Name},
	})
}

// OwnerKeys returns the active API keys with the Owner role that a transfer of the ownership would disable. Only users who
// may transfer it can see them here.
func (s *Service) OwnerKeys(ctx context.Context, p *Principal) (active []APIKey, err error) {
	g := s.guard(ctx, p)
	if err := g.mayTransfer(); err != nil {
		return nil, err
	}
	owners, _, err := g.RoleHolders(ctx, p.AccountID, SystemRoleID(permission.ScopeAccount, permission.OwnerSlug), allHolders)
	if err != nil {
		return nil, err
	}
	keys, err := g.ownerKeys(owners, "")
	for _, k := range keys {
		if k.IsActive {
			active = append(active, k.APIKey)
		}
	}
	return active, err
}

// ownerKeys returns the API keys among the holders of the Owner role, except those that were only shown to the next Owner.
func (g *guard) ownerKeys(owners []Member, nextUserID string) (keys []HeldKey, err error) {
	for _, m := range owners {
		if m.Type != TypeAPIKey {
			continue
		}
		k, err := g.APIKey(g.ctx, g.p.AccountID, m.APIKeyID)
		if err != nil {
			return nil, err
		}
		holders, err := g.SecretHolders(g.ctx, k.ID)
		if err != nil {
			return nil, err
		}
		people := slices.DeleteFunc(holders, func(h SecretHolder) bool { return h.Type != TypeUser })
		if len(people) == 1 && people[0].ID == nextUserID {
			continue
		}
		keys = append(keys, HeldKey{APIKey: k, Current: true})
	}
	return keys, nil
}
