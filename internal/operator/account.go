package operator

import (
	"context"
	"time"

	"raff/internal/event"
	"raff/internal/signin"
	"raff/internal/team"
)

// ownerLinkTTL is the lifetime of the password link for the Owner of a new account.
const ownerLinkTTL = 7 * 24 * time.Hour

// Account is an account with what only the operator sees.
type Account struct {
	team.Account
	// Reason is why the account was suspended, as the operator wrote it.
	Reason string
	// DeleteAt is when an account that is being deleted is gone.
	DeleteAt time.Time
	// Attributes are the operator's own. Account.Attributes is not set.
	Attributes map[string]string
	// Retention is for how many days the audit log is kept; 0 means forever. NextRetention takes its place at NextRetentionAt, unless that is
	// zero. OperateAccount does not write them.
	Retention, NextRetention int
	NextRetentionAt          time.Time
	// Owner is read with the account and not written.
	Owner Owner
}

// Owner is the person who owns an account.
type Owner struct{ MemberID, UserID, Email, Name string }

// NewAccount describes an account and its Owner.
type NewAccount struct {
	Name, OwnerEmail string
	Limits           LimitChange
	Attributes       AttributeChange
	Branding         BrandingChange
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
	// Account is the account as it was created.
	Account Account
}

// CreateAccount creates an account with its Owner, its Default project and a key with the Owner role.
func (s *Service) CreateAccount(ctx context.Context, c Caller, n NewAccount) (CreatedAccount, error) {
	if err := team.CheckName(n.Name, 64); err != nil {
		return CreatedAccount{}, err
	}
	canonical, err := team.CanonicalEmail(n.OwnerEmail)
	if err != nil {
		e, ok := err.(*team.Error) //nolint:errorlint // made by the call above
		if ok {
			e.Field = "owner_email"
		}
		return CreatedAccount{}, err
	}
	a := Account{Account: team.Account{ID: s.team.NewID(), Name: n.Name}}
	if err := n.Limits.check(); err != nil {
		return CreatedAccount{}, err
	}
	branding, err := n.Branding.check()
	if err != nil {
		return CreatedAccount{}, err
	}
	n.Limits.apply(&a.Limits)
	if _, err := n.Attributes.apply(&a); err != nil {
		return CreatedAccount{}, err
	}
	if a.Account.Attributes, err = encodeAttributes(a.Attributes); err != nil {
		return CreatedAccount{}, err
	}
	known, err := s.store.UserByEmail(ctx, canonical)
	if err != nil && !team.IsNotFound(err) {
		return CreatedAccount{}, err
	}
	var out CreatedAccount
	err = s.signin.AboutPerson(ctx, team.Shared, known.ID, a.ID, func(person signin.Tx, _ []string) error {
		tx, ok := person.(Tx)
		if !ok {
			panic("a transaction of the database implements the transactions of all packages")
		}
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		return team.Once(ctx, tx.Team(), c.actor(), s.team.Now(), func() (any, error) {
			out, err = s.found(ctx, tx, person, c, a, branding, team.User{Email: n.OwnerEmail, CanonicalEmail: canonical})
			return out, err
		})
	})
	if err != nil {
		return CreatedAccount{}, err
	}
	return out, nil
}

// found creates the account in a transaction.
func (s *Service) found(ctx context.Context, tx Tx, person signin.Tx, c Caller, a Account, branding look, owner team.User) (out CreatedAccount, err error) {
	owner.ID, owner.CreatedAt, owner.UpdatedAt = s.team.NewID(), s.team.Now(), s.team.Now()
	fresh, err := person.InsertUser(ctx, owner)
	if err == nil && !fresh {
		owner, err = person.UserByEmail(ctx, owner.CanonicalEmail)
	}
	if err != nil {
		return out, err
	}
	told := branding.apply(&a)
	f, err := s.team.Found(ctx, tx.Team(), a.Account, owner, func() (err error) {
		// A user with this email, unverified, may be someone else: the operator's link verifies the Owner.
		if !owner.Proven {
			owner, err = s.signin.ClearUnproven(ctx, person, owner, team.Operator)
		}
		return err
	})
	if err != nil {
		return out, err
	}
	out = CreatedAccount{
		AccountID: a.ID, OwnerUserID: owner.ID, OwnerMemberID: f.Owner.ID, DefaultProjectID: f.Project.ID, APIKeyID: f.Key.ID, APIKey: f.Secret,
	}
	if err := s.record(ctx, tx, c, a.Target(), event.AccountCreated{OwnerUserID: owner.ID}); err != nil {
		return out, err
	}
	if told.Logo != nil {
		if err := branding.store(ctx, tx, a.ID); err != nil {
			return out, err
		}
	}
	if told != (event.AccountBrandingChanged{}) {
		if err := s.recordBoth(ctx, tx, c, &a, told, told); err != nil {
			return out, err
		}
	}
	if out.Account, err = tx.OperatedAccount(ctx, a.ID); err != nil || owner.PasswordHash != "" {
		return out, err
	}
	link, err := s.signin.FirstPasswordLink(ctx, person, owner, ownerLinkTTL)
	out.OwnerLink = link.URL
	return out, err
}
