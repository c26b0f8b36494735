package operator

import (
	"context"

	"raff/internal/team"
)

// AccountFilter selects accounts, oldest first. Empty fields do not filter.
type AccountFilter struct {
	// Query is a part of the name or of the Owner's email, in any case, or the id of the account.
	Query string
	State team.AccountState
	team.Page
}

// Usage is how much of each limit an account uses.
type Usage struct{ Members, Projects, APIKeys, Roles int }

// Accounts lists accounts, oldest first.
func (s *Service) Accounts(ctx context.Context, f AccountFilter) ([]Account, team.Total, error) {
	switch f.State {
	case "", team.AccountActive, team.AccountSuspended, team.AccountDeleting, team.AccountRemoving:
	default:
		return nil, team.Total{}, RefusalUnknownState.With()
	}
	return s.store.OperatedAccounts(ctx, f)
}

// Account returns one account with its usage.
func (s *Service) Account(ctx context.Context, id string) (a Account, u Usage, err error) {
	if a, err = s.store.OperatedAccount(ctx, id); err != nil {
		return a, u, err
	}
	for of, n := range map[team.Counted]*int{
		team.CountedMembers: &u.Members, team.CountedProjects: &u.Projects, team.CountedAPIKeys: &u.APIKeys, team.CountedRoles: &u.Roles,
	} {
		if *n, err = s.store.Count(ctx, id, of); err != nil {
			return a, u, err
		}
	}
	return a, u, nil
}
