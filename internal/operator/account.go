package operator

import (
	"context"
	"time"

	"raff/internal/signin"
	"raff/internal/team"
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
	if err := team.CheckName(n.Name, 64); err != nil {
		return CreatedAccount{}, err
	}
	canonical, err := team.CanonicalEmail(n.OwnerEmail)
	if err != nil {
		return CreatedAccount{}, err
	}
	var out CreatedAccount
	accountID := s.team.NewID()
	known, err := s.store.UserByEmail(ctx, canonical)
	if err != nil && !team.IsNotFound(err) {
		return CreatedAccount{}, err
	}
	err = s.signin.AboutPerson(ctx, team.Shared, known.ID, accountID, func(tx signin.Tx, _ []string) error {
		owner := team.User{ID: s.team.NewID(), Email: n.OwnerEmail, CanonicalEmail: canonical, CreatedAt: s.team.Now(), UpdatedAt: s.team.Now()}
		fresh, err := tx.InsertUser(ctx, owner)
		if err == nil && !fresh {
			owner, err = tx.UserByEmail(ctx, canonical)
		}
		if err != nil {
			return err
		}
		f, err := s.team.Found(ctx, tx.Team(), accountID, n.Name, owner, func() (err error) {
			// A user with this email, unverified, may be someone else: the operator's link verifies the Owner.
			if !owner.Proven {
				owner, err = s.signin.ClearUnproven(ctx, tx, owner, team.Operator)
			}
			return err
		})
		if err != nil {
			return err
		}
		out = CreatedAccount{
			AccountID: accountID, OwnerUserID: owner.ID, OwnerMemberID: f.Owner.ID, DefaultProjectID: f.Project.ID, APIKeyID: f.Key.ID, APIKey: f.Secret,
		}
		if owner.PasswordHash != "" {
			return nil
		}
		link, err := s.signin.FirstPasswordLink(ctx, tx, owner, ownerLinkTTL)
		out.OwnerLink = link.URL
		return err
	})
	if err != nil {
		return CreatedAccount{}, err
	}
	return out, nil
}
