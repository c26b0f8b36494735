package team

import (
	"context"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// Account is the tenant: everything else belongs to one.
type Account struct {
	ID   string
	Name string
	// Strict is grant_policy "strict": assigning a role then requires every permission in it.
	Strict bool
	// RequireFactor requires people to have a second factor.
	RequireFactor bool
	// Language is that of pages and emails for people who have not chosen one; empty means that of their browser.
	Language string
	// Branding is what the account has of its own in place of the operator's brand, encoded by package brand; empty for nothing.
	Branding string
	// HasExternalIDs says that a member, project, role or API key has or had an external id. A store sets it together with
	// the first one.
	HasExternalIDs bool
	State          AccountState
	Limits         AccountLimits
	// Attributes are the operator's, as a JSON object. They are stored with a new account, and not read with it.
	Attributes string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Founded is what a new account begins with. Secret is the secret of Key, which is shown only once.
type Founded struct {
	Owner   Member
	Project Project
	Key     APIKey
	Secret  string
}

// Target returns the account as the target of an event.
func (a *Account) Target() event.Target {
	return event.Target{TargetType: "account", TargetID: a.ID, TargetName: a.Name}
}

// Logo returns the file of the logo of an account by its SHA-256 hash; everyone who knows the hash may see it. It is ErrNotFound if no
// account has it.
func (s *Service) Logo(ctx context.Context, sum []byte) ([]byte, error) {
	return s.store.Logo(ctx, sum)
}

// Found creates the account a in a transaction, with its Owner, its Default project and a key with the Owner role. The
// operator of the server is the actor. joined is called when the Owner is a member and before the key exists.
func (s *Service) Found(ctx context.Context, tx Tx, a Account, owner User, joined func() error) (f Founded, err error) {
	w := s.work(ctx, tx, Operator(a.ID))
	w.alone = true
	a.State, a.CreatedAt, a.UpdatedAt = AccountActive, w.at, w.at
	if err := w.InsertAccount(ctx, a); err != nil {
		return f, err
	}
	w.p.account = a
	w.p.account.Limits = AccountLimits{} // they do not apply to what an account begins with
	if err := w.record(a.Target(), event.AccountCreated{}); err != nil {
		return f, err
	}
	if f.Owner, err = w.newOwner(owner); err != nil {
		return f, err
	}
	if err := joined(); err != nil {
		return f, err
	}
	if f.Project, err = w.newProject(NewProject{Name: "Default", DefaultRegion: DefaultRegion}, true); err != nil {
		return f, err
	}
	f.Key, f.Secret, err = w.newOwnerKey(owner)
	return f, err
}

func (w *work) newOwner(u User) (Member, error) {
	if err := w.KnowUser(w.ctx, w.p.AccountID, u, w.at); err != nil {
		return Member{}, err
	}
	role, err := w.Role(w.ctx, w.p.AccountID, SystemRoleID(permission.ScopeAccount, permission.OwnerSlug))
	if err != nil {
		return Member{}, err
	}
	m := Member{
		ID: w.s.NewID(), AccountID: w.p.AccountID, Role: role, Status: StatusActive, IsOwner: true, ManagedBy: ManagedByAPI,
		AcceptedAt: w.at, CreatedAt: w.at, UpdatedAt: w.at,
	}
	m.bindUser(u)
	if _, err := w.InsertMember(w.ctx, m); err != nil {
		return Member{}, err
	}
	return m, w.recordMember(m, false, memberAdded(m))
}

// newOwnerKey creates the Owner's own key: the Owner counts as its creator.
func (w *work) newOwnerKey(owner User) (APIKey, string, error) {
	asOwner := *w
	asOwner.p = &Principal{
		Type: TypeUser, ID: owner.ID, AccountID: w.p.AccountID, Name: owner.Name, Email: owner.Email, canonical: owner.CanonicalEmail,
		Owner: true, InPerson: true, account: w.p.account, grants: Grants{Account: ownerGrant},
	}
	return asOwner.newKey(NewAPIKey{Name: "Owner key", Tier: TierStandard, RoleID: SystemRoleID(permission.ScopeAccount, permission.OwnerSlug)})
}
