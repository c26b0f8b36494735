package server

import (
	"context"
	"fmt"
	"io"

	"raff/internal/operator"
	"raff/internal/team"
)

// Account is a new account as printed by the operator's command. APIKey and OwnerLink are shown only once.
type Account struct {
	AccountID        string `json:"account_id"`
	OwnerUserID      string `json:"owner_user_id"`
	OwnerMemberID    string `json:"owner_member_id"`
	DefaultProjectID string `json:"default_project_id"`
	APIKeyID         string `json:"api_key_id"`
	APIKey           string `json:"api_key"`
	OwnerLink        string `json:"owner_link"`

	name, ownerEmail string
}

// CreateAccount creates an account on behalf of the operator.
func (s *Server) CreateAccount(ctx context.Context, name, ownerEmail string) (Account, error) {
	a, err := s.operator.CreateAccount(ctx, operator.Program, operator.NewAccount{Name: name, OwnerEmail: ownerEmail})
	return Account{
		AccountID: a.AccountID, OwnerUserID: a.OwnerUserID, OwnerMemberID: a.OwnerMemberID, DefaultProjectID: a.DefaultProjectID,
		APIKeyID: a.APIKeyID, APIKey: a.APIKey, OwnerLink: a.OwnerLink, name: name, ownerEmail: ownerEmail,
	}, err
}

// Print writes the account in a human-readable form.
func (a Account) Print(w io.Writer) error {
	link := a.OwnerLink
	if link == "" {
		link = "(the Owner already has a password)"
	}
	_, err := fmt.Fprintf(w, `Account          %s  %s
Owner            %s  (user %s, member %s)
Default project  %s
Owner key        %s  (id %s)
Password link    %s

The key and the link are shown only once.
`, a.AccountID, a.name, a.ownerEmail, a.OwnerUserID, a.OwnerMemberID, a.DefaultProjectID, a.APIKey, a.APIKeyID, link)
	return err
}

// TransferOwnership makes a member the Owner, on behalf of the operator: given by the id of the membership or by email. It returns
// the new Owner's email and the names of the API keys of former Owners that it disabled.
func (s *Server) TransferOwnership(ctx context.Context, accountID, memberID, email string) (owner string, disabled []string, err error) {
	out, err := s.operator.ChangeOwner(ctx, operator.Program, accountID, memberID, email)
	return out.Account.Owner.Email, out.DisabledKeys, err
}

// SetTier sets the rate limit tier of an API key, on behalf of the operator, and returns the key's name.
func (s *Server) SetTier(ctx context.Context, accountID, keyID, tier string) (string, error) {
	k, err := s.service.UpdateAPIKey(ctx, team.Operator(accountID), keyID, team.APIKeyChange{Tier: &tier})
	return k.Name, err
}
