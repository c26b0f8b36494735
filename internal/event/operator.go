package event

// OperatorLog is the id of the operator's own audit log, in place of that of an account. It has the events that are about
// operator keys and accounts, with the operator key that acted; the logs of the accounts only say that the operator acted.
const OperatorLog = "00000000-0000-0000-0000-000000000001"

// Events that only the operator's log has, besides those of accounts.
const (
	ActionOperatorKeyCreated       Action = "operator_key.created"
	ActionOperatorKeyRevoked       Action = "operator_key.revoked"
	ActionAccountAttributesChanged Action = "account.attributes_changed"
	ActionAccountDeleted           Action = "account.deleted"
	ActionPersonPasswordLinkMade   Action = "person.password_link_made"
	ActionPersonFactorsReset       Action = "person.second_factors_reset"
	ActionPersonExported           Action = "person.exported"
	ActionMailRetried              Action = "email.retried"
	ActionMailCancelled            Action = "email.cancelled"
	ActionNodeForgotten            Action = "node.forgotten"
	ActionJobStarted               Action = "job.started"
)

var operatorKinds = []kind{of[OperatorKeyCreated](), of[OperatorKeyRevoked](), of[AccountAttributesChanged](), of[AccountDeleted](),
	of[PersonPasswordLinkMade](), of[PersonFactorsReset](), of[PersonExported](), of[MailRetried](), of[MailCancelled](), of[NodeForgotten](), of[JobStarted]()}

// OperatorKeyCreated records the scope of a new operator key, "read" or "write", and when it expires (RFC 3339).
type OperatorKeyCreated struct {
	Scope     string `json:"scope"`
	ExpiresAt string `json:"expires_at,omitempty"`
}

// Action implements Payload.
func (OperatorKeyCreated) Action() Action { return ActionOperatorKeyCreated }

// OperatorKeyRevoked records that an operator key no longer works.
type OperatorKeyRevoked struct{}

// Action implements Payload.
func (OperatorKeyRevoked) Action() Action { return ActionOperatorKeyRevoked }

// AccountAttributesChanged records the attributes of an account that were set, and the names of those that were removed.
type AccountAttributesChanged struct {
	Set     map[string]string `json:"set,omitempty"`
	Removed []string          `json:"removed,omitempty"`
}

// Action implements Payload.
func (AccountAttributesChanged) Action() Action { return ActionAccountAttributesChanged }

// AccountDeleted records that nothing of the account is left. Seal and Head are the number and the hash (hexadecimal) of the last
// seal of its audit log, to compare with heads that were saved before.
type AccountDeleted struct {
	Head string `json:"head,omitempty"`
	Seal int    `json:"seal"`
}

// Action implements Payload.
func (AccountDeleted) Action() Action { return ActionAccountDeleted }

// PersonPasswordLinkMade records that an operator got a link to set the password of a person, and until when it works (RFC 3339).
type PersonPasswordLinkMade struct {
	ExpiresAt string `json:"expires_at"`
}

// Action implements Payload.
func (PersonPasswordLinkMade) Action() Action { return ActionPersonPasswordLinkMade }

// PersonFactorsReset records that all second factors of a person were removed.
type PersonFactorsReset struct{}

// Action implements Payload.
func (PersonFactorsReset) Action() Action { return ActionPersonFactorsReset }

// PersonExported records that the operator began to export all that is known of a person.
type PersonExported struct{}

// Action implements Payload.
func (PersonExported) Action() Action { return ActionPersonExported }

// Mail is the account that an email is about; empty if it is about how a person signs in.
type Mail struct {
	AccountID string `json:"account_id,omitempty"`
}

// MailRetried records that an email of the outbox was made due.
type MailRetried struct{ Mail }

// Action implements Payload.
func (MailRetried) Action() Action { return ActionMailRetried }

// MailCancelled records that an email was removed from the outbox.
type MailCancelled struct{ Mail }

// Action implements Payload.
func (MailCancelled) Action() Action { return ActionMailCancelled }

// NodeForgotten records that a server that no longer runs was removed from the list, with the version of its program.
type NodeForgotten struct {
	Version string `json:"version"`
}

// Action implements Payload.
func (NodeForgotten) Action() Action { return ActionNodeForgotten }

// JobStarted records that a background job was run on request.
type JobStarted struct{}

// Action implements Payload.
func (JobStarted) Action() Action { return ActionJobStarted }
