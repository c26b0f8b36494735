package team

import "context"

// Leave ends the caller's own access to their account: their membership of the account and all their project memberships. It
// needs no permission. The Owner transfers the ownership first. Unless keepKeys is true, the API keys whose secrets the caller was
// shown are disabled if the caller was a member of the account, as if someone had removed them.
func (s *Service) Leave(ctx context.Context, p *Principal, keepKeys bool) (Removed, error) {
	var out Removed
	if p.Type != TypeUser || !p.InPerson {
		return out, RefusalOwnMembership.With()
	}
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		all, err := w.MembershipsOf(w.ctx, w.p.AccountID, w.p.canonical)
		if err != nil {
			return err
		}
		for _, m := range all {
			if m.IsOwner {
				return RefusalOwnerProtected.With()
			}
			if m.ProjectID == "" && m.Type == TypeUser {
				out, err = w.remove(m, Removal{KeepKeys: keepKeys}) // and the project memberships
				return err
			}
		}
		for _, m := range all {
			if m.Type == TypeInvitation {
				err = w.cancel(m)
			} else {
				_, err = w.remove(m, Removal{})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// AcceptedBy returns the account of an invitation that was accepted with this token, if the user is the one who was invited. The
// error is ErrNotFound for any other token or user.
func (s *Service) AcceptedBy(ctx context.Context, token string, u User) (accountID string, err error) {
	inv, _, err := s.store.InvitationByToken(ctx, HashOf(token))
	if err != nil {
		return "", err
	}
	if inv.StateAt(s.Now()) != InvitationAccepted || inv.CanonicalEmail != u.CanonicalEmail {
		return "", ErrNotFound
	}
	return inv.AccountID, nil
}
