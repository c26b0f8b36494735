package team

import (
	"context"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// ownerLinkTTL is the lifetime of the password link for the Owner of a new account.
const ownerLinkTTL = 7 * 24 * time.Hour

// NewAccount describes an account and its Owner.
type NewAccount struct {
	Name, OwnerEmail string
}

// CreatedAccount is a new account with everything needed to use it. APIKey and OwnerLink are shown only once.
type CreatedAccount struct {
	AccountID        string
	OwnerUserID      string
	OwnerMemberID    string
	DefaultProjectID string
	APIKeyID         string
	APIKey           string
	// OwnerLink lets the Owner set a password, once; it is empty if they already have one.
	OwnerLink string
}

// CreateAccount creates an account with its Owner, its Default project and a key with the Owner role. Only the operator
// of the server can do that.
func (s *Service) CreateAccount(ctx context.Context, n NewAccount) (CreatedAccount, error) {
	if err := CheckName(n.Name, 64); err != nil {
		return CreatedAccount{}, err
	}
	canonical, err := CanonicalEmail(n.OwnerEmail)
	if err != nil {
		return CreatedAccount{}, err
	}
	var out CreatedAccount
	accountID := s.newID()
	known, err := s.store.UserByEmail(ctx, canonical)
	if err != nil && !IsNotFound(err) {
		return CreatedAccount{}, err
	}
	err = s.aboutPerson(ctx, known.ID, accountID, func(tx Tx, _ []string) error {
		w := s.work(ctx, tx, Operator(accountID))
		w.alone = true
		w.p.account = Account{ID: accountID, Name: n.Name, CreatedAt: w.at, UpdatedAt: w.at}
		out = CreatedAccount{AccountID: accountID}
		if err := w.InsertAccount(ctx, w.p.account); err != nil {
			return err
		}
		if err := w.record(event.Target{TargetType: "account", TargetID: accountID, TargetName: n.Name}, event.AccountCreated{}); err != nil {
			return err
		}
		owner, err := w.newOwner(n.OwnerEmail, canonical, &out)
		if err != nil {
			return err
		}
		pr, err := w.newProject(NewProject{Name: "Default", DefaultRegion: DefaultRegion}, true)
		if err != nil {
			return err
		}
		out.DefaultProjectID = pr.ID
		// The key is the Owner's own: the Owner counts as its creator.
		k, secret, err := w.newOwnerKey(owner)
		out.APIKeyID, out.APIKey = k.ID, secret
		return err
	})
	if err != nil {
		return CreatedAccount{}, err
	}
	return out, nil
}

func (w *work) newOwner(email, canonical string, out *CreatedAccount) (User, error) {
	u := User{ID: w.s.newID(), Email: email, CanonicalEmail: canonical, CreatedAt: w.at, UpdatedAt: w.at}
	fresh, err := w.InsertUser(w.ctx, u)
	if err != nil {
		return User{}, err
	}
	if !fresh {
		if u, err = w.UserByEmail(w.ctx, canonical); err != nil {
			return User{}, err
		}
	}
	if err := w.KnowUser(w.ctx, w.p.AccountID, u.ID, w.at); err != nil {
		return User{}, err
	}
	role, err := w.Role(w.ctx, w.p.AccountID, SystemRoleID(permission.ScopeAccount, permission.OwnerSlug))
	if err != nil {
		return User{}, err
	}
	m := Member{
		ID: w.s.newID(), AccountID: w.p.AccountID, Role: role, Status: StatusActive, IsOwner: true, ManagedBy: ManagedByAPI,
		AcceptedAt: w.at, CreatedAt: w.at, UpdatedAt: w.at,
	}
	m.bindUser(u)
	if _, err := w.InsertMember(w.ctx, m); err != nil {
		return User{}, err
	}
	out.OwnerUserID, out.OwnerMemberID = u.ID, m.ID
	// A user with this email, unverified, may be someone else: the operator's link verifies the Owner.
	if !u.Proven {
		if u, err = w.clearUnproven(u); err != nil {
			return User{}, err
		}
	}
	if u.PasswordHash == "" {
		link, err := w.s.passwordLink(w.ctx, w.Tx, u, LinkFirst)
		if err != nil {
			return User{}, err
		}
		out.OwnerLink = link.URL
	}
	return u, w.recordMember(m, false, memberAdded(m))
}

// clearUnproven removes everything that a user with an unverified email has set up.
func (w *work) clearUnproven(u User) (User, error) {
	u, err := w.s.heldUser(w.ctx, w.Tx, u.ID)
	if err != nil || u.Proven {
		return u, err
	}
	ended, err := w.s.endFactors(w.ctx, w.Tx, u, true)
	if err != nil {
		return u, err
	}
	if u.PasswordHash == "" && ended == 0 {
		return u, nil
	}
	u.PasswordHash, u.UpdatedAt = "", w.at
	if err := w.UpdateUser(w.ctx, u); err != nil {
		return u, err
	}
	if err := w.s.endSessions(w.ctx, w.Tx, u.ID); err != nil {
		return u, err
	}
	logs, err := w.AccountsWith(w.ctx, u.ID, w.at)
	if err != nil {
		return u, err
	}
	return u, w.s.recordReset(w.ctx, w.Tx, logs, Operator, newWayIn{before: u, after: u}, ended)
}

func (w *work) newOwnerKey(owner User) (APIKey, string, error) {
	asOwner := *w
	asOwner.p = &Principal{
		Type: TypeUser, ID: owner.ID, AccountID: w.p.AccountID, Name: owner.Name, Email: owner.Email, canonical: owner.CanonicalEmail,
		Owner: true, InPerson: true, account: w.p.account, permissions: w.s.catalog.Decode("*"),
	}
	return asOwner.newKey(NewAPIKey{Name: "Owner key", Tier: TierStandard, RoleID: SystemRoleID(permission.ScopeAccount, permission.OwnerSlug)})
}
