package team

import "context"

// Person returns the principal of a signed-in user.
func (s *Service) Person(ctx context.Context, accountID, userID string) (*Principal, error) {
	return s.userPrincipal(ctx, s.store, accountID, userID)
}

// SetStrict sets the grant policy of an account to strict.
func (s *Service) SetStrict(ctx context.Context, accountID string) error {
	return s.store.Update(ctx, accountID, Exclusive, func(tx Tx) error {
		a, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		a.Strict = true
		return tx.UpdateAccount(ctx, a)
	})
}

var (
	NewSecret  = newSecret
	WellFormed = wellFormed
)
