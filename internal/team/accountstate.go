package team

import "time"

// AccountState says whether an account can be used. Only the operator changes it.
type AccountState string

// The states. Nobody can use an account that is suspended or being deleted: its API keys and sessions are refused, decisions
// deny, and its invitations can neither be accepted nor are they sent.
const (
	AccountActive    AccountState = "active"
	AccountSuspended AccountState = "suspended"
	// AccountDeleting is the state during the grace period after the request to delete the account. Then its state is
	// AccountRemoving, until nothing of it is left.
	AccountDeleting AccountState = "deleting"
	AccountRemoving AccountState = "removing"
)

// AccountLimits are the maximum numbers of an account, within the quotas of the server. The zero value limits nothing.
type AccountLimits struct {
	// Members limits the people who are members of the account or of any of its projects, each counted once, including those
	// who are invited. API keys do not count.
	Members Maximum
	// Projects, APIKeys and Roles limit the projects, the API keys and the custom roles.
	Projects, APIKeys, Roles Maximum
}

// Maximum is an optional maximum number. The zero value is none; otherwise it is one more than the number.
type Maximum int

// MaximumOf returns the maximum n, or none if n is nil.
func MaximumOf(n *int) Maximum {
	if n == nil {
		return 0
	}
	return Maximum(*n + 1)
}

// Number returns the maximum, or nil for none.
func (m Maximum) Number() *int {
	if m == 0 {
		return nil
	}
	n := int(m) - 1
	return &n
}

// of returns the limit for a kind.
func (l *AccountLimits) of(what Counted) Maximum {
	switch what {
	case CountedMembers:
		return l.Members
	case CountedProjects:
		return l.Projects
	case CountedAPIKeys:
		return l.APIKeys
	case CountedRoles:
		return l.Roles
	case CountedInvitations, CountedExternalIDs, CountedPeople:
	}
	return 0
}

// Closed returns nil if the account can be used, or else the refusal for everyone who tries.
func (a *Account) Closed() *Refusal {
	switch a.State {
	case AccountSuspended:
		return RefusalAccountSuspended
	case AccountDeleting, AccountRemoving:
		return RefusalAccountDeleting
	case AccountActive:
	}
	return nil
}

// Usable is Closed as an error.
func (a *Account) Usable() error {
	if why := a.Closed(); why != nil {
		return why.With()
	}
	return nil
}

// suspendedMailWait is how long an invitation of an account that cannot be used waits before it is looked at again.
const suspendedMailWait = 10 * time.Minute
