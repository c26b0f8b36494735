package team

import (
	"context"
	"time"

	"raff/internal/permission"
)

// Status of a membership.
type Status string

// The statuses. InvitationState has more details about a pending membership.
const (
	StatusPending   Status = "pending"
	StatusActive    Status = "active"
	StatusSuspended Status = "suspended"
)

// The values of Member.ManagedBy.
const (
	ManagedByAPI       = "api"
	ManagedByDashboard = "dashboard"
	ManagedBySCIM      = "scim"
	ManagedBySSO       = "sso"
)

// Member is a membership: one principal in one scope with exactly one role. ID never changes.
type Member struct {
	ID        string
	AccountID string
	// ProjectID is empty for a membership of the account itself; ProjectName is read with it.
	ProjectID   string
	ProjectName string
	Type        PrincipalType
	// UserID is set for people who have joined, APIKeyID for keys; both are empty while an invitation is open.
	UserID   string
	APIKeyID string
	// Email is as entered; CanonicalEmail is unique in its scope. A key has the placeholder <id>@api-key.invalid.
	Email          string
	CanonicalEmail string
	// Name is the person's or the key's name; a store reads it from there, it is not part of the membership.
	Name string
	// Language is the one that the person chose, read like Name.
	Language string
	// Role is read with the membership; a store writes only Role.ID.
	Role   Role
	Status Status
	// AccountSuspended says that a project membership grants nothing, whatever its Status, because the account membership
	// is suspended. A store reads it and does not write it.
	AccountSuspended bool
	// LastActiveAt is Activity.LastActiveAt. Only LastActive sets it.
	LastActiveAt time.Time
	IsOwner      bool
	ManagedBy    string
	// InvitedBy is the id of the principal that added or invited the member; InvitedAt is zero for members who were added
	// without an invitation.
	InvitedBy  string
	InvitedAt  time.Time
	AcceptedAt time.Time
	// ExpiresAt is when the access ends automatically; zero means never.
	ExpiresAt time.Time
	// Invitation is nil unless one is open, declined or expired.
	Invitation *Invitation
	CreatedAt  time.Time
	UpdatedAt  time.Time

	// ExternalIDs are only set by Identify, and in the result of a change. A store neither reads nor writes them.
	ExternalIDs ExternalIDs
	// Also are the project memberships that the same person got in the same request, see NewMember.Projects, or those that they have,
	// see Service.InProjects. A store neither reads nor writes them.
	Also  []Member
	there bool // in the result of a request that skipped this membership, because it existed already
	// HeldKeys are the API keys whose secret a person was shown. It is only set by a change that takes access away from
	// the person: a suspension, a weaker role, the end of their ownership. A store neither reads nor writes it.
	HeldKeys []HeldKey
}

// NewMember describes a new member: who gets which role, and where. Exactly one of Email, UserID and APIKeyID is set.
type NewMember struct {
	ProjectID string // empty for the account
	Email     *string
	UserID    *string
	APIKeyID  *string
	RoleID    string
	ManagedBy string // "api" when empty
	// Projects are project roles that the person gets together with this membership: all of them, or nothing.
	Projects []ProjectRole
	// SkipExisting skips the places where the person has the same role already. If there is no other place, the refusal has no field.
	SkipExisting bool
	// Name is proposed to a person who is invited; see Invitation.ProposedName.
	Name string
	// ExternalIDs are the external ids of the membership.
	ExternalIDs ExternalIDs
	// Invalid is an error that was found in the row of a bulk request before; it becomes the result of the row.
	Invalid error

	canonical string // of Email, once checked
}

// MemberChange changes the fields that are not nil.
type MemberChange struct {
	RoleID *string
	Status *Status
	// KeepKeys keeps the API keys enabled whose secrets the suspended person was shown.
	KeepKeys bool
	// ExternalIDs changes the external ids of the membership.
	ExternalIDs ExternalIDChange
	// Base is the version that the change was made for.
	Base Base
}

// Removal has the options of removing a member.
type Removal struct {
	// KeepKeys keeps the API keys enabled whose secrets the removed person was shown.
	KeepKeys bool
	// Base is the version of the member that the caller has seen.
	Base Base
}

// Removed lists what a removed person leaves behind, so that it can be reviewed.
type Removed struct {
	// KeysCreated are the API keys whose secret they were shown, because they created or rotated them.
	KeysCreated     []HeldKey
	InvitationsSent []Invitation
	// InProjects are the project memberships that ended together with the account membership.
	InProjects []Member
}

// ListMembers lists the members of the account or, with f.ProjectID, of a project, and returns the total number of matches.
func (s *Service) ListMembers(ctx context.Context, p *Principal, f MemberFilter) ([]Member, Total, error) {
	f.AccountID = p.AccountID
	if err := s.mayViewMembers(ctx, p, f.ProjectID); err != nil {
		return nil, Total{}, err
	}
	switch f.Status {
	case "", StatusPending, StatusActive, StatusSuspended:
	default:
		return nil, Total{}, RefusalUnknownListStatus.With()
	}
	if f.Email != "" {
		canonical, err := CanonicalEmail(f.Email)
		if err != nil {
			canonical = f.Email // the email of a key, or one that matches nothing
		}
		f.Email = canonical
	}
	return s.store.Members(ctx, f)
}

// GetMember reads one member of the account or of a project.
func (s *Service) GetMember(ctx context.Context, p *Principal, projectID, id string) (Member, error) {
	if err := s.mayViewMembers(ctx, p, projectID); err != nil {
		return Member{}, err
	}
	return s.store.Member(ctx, p.AccountID, projectID, id)
}

// viewers are the permissions that allow viewing members in the account or in a project; any one of them is enough.
type viewers struct{ account, project []string }

var memberViewers = viewers{[]string{permission.MembersView, permission.MembersManage}, []string{permission.ProjectMembersView, permission.ProjectMembersManage}}

// mayView checks the permission to view members of the account or of a project.
func (s *Service) mayView(ctx context.Context, r Reader, p *Principal, projectID string, by viewers) error {
	if projectID == "" {
		return s.Require(p, by.account...)
	}
	return s.requireIn(ctx, r, p, projectID, by.project, permission.MembersManage)
}

// mayViewIn is mayView for a project that may belong to another account or not exist.
func (s *Service) mayViewIn(ctx context.Context, p *Principal, projectID string, by viewers) error {
	if projectID != "" {
		if _, err := s.store.Project(ctx, p.AccountID, projectID); err != nil {
			return err
		}
	}
	return s.mayView(ctx, s.store, p, projectID, by)
}

func (s *Service) mayViewMembers(ctx context.Context, p *Principal, projectID string) error {
	return s.mayViewIn(ctx, p, projectID, memberViewers)
}
