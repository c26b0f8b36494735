package signin

import (
	"context"

	"raff/internal/team"
)

// ClearUnproven removes everything that a user with an unverified email has set up to sign in, and returns the user. actor
// is who does it, in each of their accounts.
func (s *Service) ClearUnproven(ctx context.Context, tx Tx, u team.User, actor func(accountID string) *team.Principal) (team.User, error) {
	u, err := s.heldUser(ctx, tx, u.ID)
	if err != nil || u.Proven {
		return u, err
	}
	ended, err := s.endFactors(ctx, tx, u, true)
	if err != nil {
		return u, err
	}
	if u.PasswordHash == "" && ended == 0 {
		return u, nil
	}
	u.PasswordHash, u.UpdatedAt = "", s.team.Now()
	if err := tx.UpdateUser(ctx, u); err != nil {
		return u, err
	}
	if err := s.endSessions(ctx, tx, u.ID); err != nil {
		return u, err
	}
	logs, err := tx.AccountsWith(ctx, u.ID, s.team.Now())
	if err != nil {
		return u, err
	}
	return u, s.recordReset(ctx, tx, logs, actor, newWayIn{before: u, after: u}, ended)
}
