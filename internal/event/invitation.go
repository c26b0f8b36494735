package event

// Events of invitations. The target is the pending member.
const (
	ActionInvitationCreated     Action = "invitation.created"
	ActionInvitationResent      Action = "invitation.resent"
	ActionInvitationLinkFetched Action = "invitation.link_fetched"
	ActionInvitationAccepted    Action = "invitation.accepted"
	ActionInvitationDeclined    Action = "invitation.declined"
	ActionInvitationCancelled   Action = "invitation.cancelled"
	// ActionInvitationRemoved is recorded by the server, for invitations that were not answered.
	ActionInvitationRemoved Action = "invitation.removed"
)

var invitationKinds = []kind{
	of[InvitationCreated](), of[InvitationResent](), of[InvitationLinkFetched](), of[InvitationAccepted](),
	of[InvitationDeclined](), of[InvitationCancelled](), of[InvitationRemoved](),
}

// InvitationCreated records that an email was invited. Role is the slug of the offered role.
type InvitationCreated struct {
	PrincipalType string `json:"principal_type"`
	ProjectName   string `json:"project_name,omitempty"`
	// ProposedName is the name that the inviter proposed.
	ProposedName string `json:"proposed_name,omitempty"`
	Role         string `json:"role"`
	RoleName     string `json:"role_name"`
	Status       string `json:"status"`
}

// Action implements Payload.
func (InvitationCreated) Action() Action { return ActionInvitationCreated }

// InvitationResent records that the email of an invitation was sent again.
type InvitationResent struct {
	ProjectName string `json:"project_name,omitempty"`
	RoleName    string `json:"role_name"`
}

// Action implements Payload.
func (InvitationResent) Action() Action { return ActionInvitationResent }

// InvitationLinkFetched records that the actor fetched the link of an invitation, on a server without email.
type InvitationLinkFetched struct {
	ProjectName string `json:"project_name,omitempty"`
	RoleName    string `json:"role_name"`
}

// Action implements Payload.
func (InvitationLinkFetched) Action() Action { return ActionInvitationLinkFetched }

// InvitationAccepted records that an invitation was accepted; the target is the member from now on.
type InvitationAccepted struct {
	MemberName  string `json:"member_name,omitempty"`
	ProjectName string `json:"project_name,omitempty"`
	Role        string `json:"role"`
	RoleName    string `json:"role_name"`
	UserID      string `json:"user_id"`
}

// Action implements Payload.
func (InvitationAccepted) Action() Action { return ActionInvitationAccepted }

// InvitationDeclined records that the invited person declined.
type InvitationDeclined struct {
	ProjectName string `json:"project_name,omitempty"`
	RoleName    string `json:"role_name"`
}

// Action implements Payload.
func (InvitationDeclined) Action() Action { return ActionInvitationDeclined }

// InvitationCancelled records that a pending invitation was cancelled. Because is the action that caused it, if it was not
// cancelled by itself; Status is the previous status of the member, and is only set with Because.
type InvitationCancelled struct {
	Because     Action `json:"because,omitempty"`
	ProjectName string `json:"project_name,omitempty"`
	Role        string `json:"role"`
	RoleName    string `json:"role_name"`
	Status      string `json:"status,omitempty"`
}

// Action implements Payload.
func (InvitationCancelled) Action() Action { return ActionInvitationCancelled }

// InvitationRemoved records that the server deleted an invitation that was not answered. InvitationState is "expired" or
// "declined".
type InvitationRemoved struct {
	InvitationState string `json:"invitation_state"`
}

// Action implements Payload.
func (InvitationRemoved) Action() Action { return ActionInvitationRemoved }
