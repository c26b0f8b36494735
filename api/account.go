package api

// TransferOwnershipRequest names the member of the account that becomes its Owner.
type TransferOwnershipRequest struct {
	MemberID *string `json:"member_id,omitempty"`
	// CurrentPassword, or the answer of a passkey as the browser gave it, shows that it is still the Owner who asks.
	CurrentPassword *string `json:"current_password,omitempty"`
	Passkey         *string `json:"passkey,omitempty"`
}

// Grant policies: who may hand a role out.
const (
	GrantPolicyDelegated = "delegated" // whoever manages members
	GrantPolicyStrict    = "strict"    // only who holds every permission of the role
)

// Account is the tenant with its settings.
type Account struct {
	ID                  string `json:"id"`
	Name                string `json:"name"`
	GrantPolicy         string `json:"grant_policy"`
	RequireSecondFactor bool   `json:"require_second_factor"`
	CreatedAt           Time   `json:"created_at"`
	UpdatedAt           Time   `json:"updated_at"`
}

// UpdateAccountRequest changes what it names; nil leaves as it is. The server takes GrantPolicy only from the Owner in
// person and RequireSecondFactor only from a person, never from an API key.
type UpdateAccountRequest struct {
	Name                *string `json:"name,omitempty"`
	GrantPolicy         *string `json:"grant_policy,omitempty"`
	RequireSecondFactor *bool   `json:"require_second_factor,omitempty"`
}
