package server

import (
	"context"
	"fmt"
	"io"

	"raff/internal/team"
)

// Account is a new account as the operator's command prints it. APIKey and OwnerLink are shown this once.
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

// CreateAccount makes an account for the operator.
func (s *Server) CreateAccount(ctx context.Context, name, ownerEmail string) (Account, error) {
	a, err := s.service.CreateAccount(ctx, team.NewAccount{Name: name, OwnerEmail: ownerEmail})
	return Account{
		AccountID: a.AccountID, OwnerUserID: a.OwnerUserID, OwnerMemberID: a.OwnerMemberID, DefaultProjectID: a.DefaultProjectID,
		APIKeyID: a.APIKeyID, APIKey: a.APIKey, OwnerLink: a.OwnerLink, name: name, ownerEmail: ownerEmail,
	}, err
}

// Print writes the account for a person to read.
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

// TransferOwnership makes a member the Owner, for the operator. It returns their address, and the names of the API keys of
// former Owners that it deactivated.
func (s *Server) TransferOwnership(ctx context.Context, accountID, memberID string) (owner string, deactivated []string, err error) {
	m, err := s.service.TransferOwnership(ctx, team.Operator(accountID), memberID, team.Proof{})
	for _, k := range m.HeldKeys {
		if k.Disabled {
			deactivated = append(deactivated, k.Name)
		}
	}
	return m.Email, deactivated, err
}

// SetTier gives a key a rate limit tier, for the operator, and returns its name.
func (s *Server) SetTier(ctx context.Context, accountID, keyID, tier string) (string, error) {
	k, err := s.service.UpdateAPIKey(ctx, team.Operator(accountID), keyID, team.APIKeyChange{Tier: &tier})
	return k.Name, err
}
