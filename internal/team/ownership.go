package team

import "context"

// TransferOwnership makes another active person the Owner, in one step: at every moment the account has exactly one.
// The former Owner gets the strongest other system role, which is Admin unless the operator's catalog has none. Only the Owner in person, or the operator of the server, does that.
func (s *Service) TransferOwnership(ctx context.Context, p *Principal, memberID string) (Member, error) {
	var next Member
	err := s.write(ctx, p, TakesAway, func(w *work) error {
		err := w.mayTransfer()
		if err != nil {
			return err
		}
		if next, err = w.Member(ctx, w.p.AccountID, "", memberID); err != nil {
			return err
		}
		if next.IsOwner {
			return invalid("member_id", "nothing_to_update", "This member is the Owner already.")
		}
		if next.Type != TypeUser || next.Status != StatusActive || over(next.ExpiresAt, w.at) {
			return invalid("member_id", "invalid_reference", "Ownership goes to an active person of the account: this member is %s (%s).", next.Status, next.Type)
		}
		if err := w.handOver(&next); err != nil {
			return err
		}
		w.made = next
		return nil
	})
	return next, err
}

func (g *guard) mayTransfer() error {
	if !g.p.Owner || !g.p.InPerson {
		return denied("permission_denied", "Only the Owner in person transfers the ownership, not an API key. Sign in as the Owner, or ask the operator of the server.")
	}
	return nil
}

func (w *work) handOver(next *Member) error {
	role := func(slug string) (Role, error) { return w.Role(w.ctx, w.p.AccountID, SystemRoleID(ScopeAccount, slug)) }
	ownerRole, err := role(OwnerSlug)
	if err != nil {
		return err
	}
	owners, _, err := w.RoleHolders(w.ctx, w.p.AccountID, ownerRole.ID, allHolders)
	if err != nil {
		return err
	}
	for _, former := range owners {
		if !former.IsOwner {
			continue
		}
		if former.Role, err = role(w.s.Options.Catalog.secondSlug()); err != nil {
			return err
		}
		former.IsOwner, former.UpdatedAt = false, w.at
		if err := w.UpdateMember(w.ctx, former); err != nil {
			return err
		}
		if err := w.recordMember("member.updated", former, false, map[string]any{"role": change{OwnerSlug, former.Role.Slug}}); err != nil {
			return err
		}
	}
	before := next.Role.Slug
	next.Role, next.IsOwner, next.UpdatedAt = ownerRole, true, w.at
	if err := w.UpdateMember(w.ctx, *next); err != nil {
		return err
	}
	return w.recordMember("account.ownership_transferred", *next, false, map[string]any{"role": change{before, OwnerSlug}})
}

// secondSlug is the account role that grants the most after the Owner's.
func (c *Catalog) secondSlug() string {
	best, most := OwnerSlug, -1
	for _, r := range c.roles {
		if r.Scope == ScopeAccount && r.Slug != OwnerSlug && len(r.Permissions) > most {
			best, most = r.Slug, len(r.Permissions)
		}
	}
	return best
}
