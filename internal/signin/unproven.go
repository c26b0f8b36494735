package signin

import (
	"context"

	"raff/internal/team"
)

// UnprovenKeys returns the enabled API keys, in all accounts of the user, whose secret only they have been shown. It is
// empty once the user's email is verified. Until then, the user may be someone who would keep access through these keys
// after the owner of the email has verified it.
func (s *Service) UnprovenKeys(ctx context.Context, u team.User) (all []team.HeldKey, err error) {
	if u.Proven || u.ID == "" {
		return nil, nil
	}
	p, _, err := s.passkeyUser(ctx, s.store, u)
	if err != nil || u.PasswordHash == "" && len(p.Credentials) == 0 {
		return nil, err // nobody could sign in: what keys there are the operator made
	}
	accounts, err := s.store.AccountsWith(ctx, u.ID, s.team.Now())
	if err != nil {
		return nil, err
	}
	for _, account := range accounts {
		keys, err := s.team.UnprovenKeys(ctx, account, u)
		if err != nil {
			return nil, err
		}
		all = append(all, keys...)
	}
	return all, nil
}
