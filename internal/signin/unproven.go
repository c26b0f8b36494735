package signin

import (
	"context"

	"raff/internal/team"
)

// UnprovenKeys returns the enabled API keys, in all accounts of the user, whose secret only they have been shown. It is empty
// once the email of the user is verified: until then, they may be someone who still gets in with these keys when the owner of
// the email comes.
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
