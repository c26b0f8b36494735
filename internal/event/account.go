package event

// Events of the account and of its audit log.
const (
	ActionAccountCreated              Action = "account.created"
	ActionAccountUpdated              Action = "account.updated"
	ActionAccountOwnershipTransferred Action = "account.ownership_transferred"
	// The following are recorded when the operator acts.
	ActionAccountSuspended     Action = "account.suspended"
	ActionAccountResumed       Action = "account.resumed"
	ActionAccountLimitsChanged Action = "account.limits_changed"
	// ActionAccountBrandingChanged is recorded when the operator changes what the account has in place of the operator's brand.
	ActionAccountBrandingChanged Action = "account.branding_changed"
	// ActionAccountDeletionScheduled is recorded when the operator deletes the account, which is removed after a grace period.
	ActionAccountDeletionScheduled Action = "account.deletion_scheduled"
	ActionAccountExported          Action = "account.exported"
	// ActionCatalogApplied is recorded when the operator changes the permissions and system roles.
	ActionCatalogApplied Action = "catalog.applied"
	// ActionEventsMissing is recorded by a server that finds that events it wrote are missing.
	ActionEventsMissing Action = "audit_log.events_missing"
	// ActionLogAdopted is recorded when the operator starts to seal a log with a key.
	ActionLogAdopted Action = "audit_log.adopted"
	// ActionLogRetentionChanged is recorded when the operator sets how long a log is kept, and ActionLogExpired when older events
	// are removed.
	ActionLogRetentionChanged Action = "audit_log.retention_changed"
	// ActionLogRetentionAnnounced is recorded when the operator shortens it, which takes effect later.
	ActionLogRetentionAnnounced Action = "audit_log.retention_announced"
	ActionLogExpired            Action = "audit_log.expired"
	// ActionPersonErasureOrdered is recorded when the operator erases a person, and ActionPersonErased for each part of a log from which
	// the personal data was erased.
	ActionPersonErasureOrdered Action = "person.erasure_ordered"
	ActionPersonErased         Action = "person.erased"
)

var accountKinds = []kind{
	of[AccountCreated](), of[AccountUpdated](), of[AccountOwnershipTransferred](), of[AccountSuspended](), of[AccountResumed](),
	of[AccountLimitsChanged](), of[AccountBrandingChanged](), of[AccountDeletionScheduled](), of[AccountExported](),
	of[CatalogApplied](), of[EventsMissing](), of[LogAdopted](),
	of[LogRetentionChanged](), of[LogRetentionAnnounced](), of[LogExpired](), of[PersonErasureOrdered](), of[PersonErased](),
}

// AccountCreated records that the account was created. OwnerUserID is only set in the operator's log.
type AccountCreated struct {
	OwnerUserID string `json:"owner_user_id,omitempty"`
}

// Action implements Payload.
func (AccountCreated) Action() Action { return ActionAccountCreated }

// AccountSuspended records that nobody can use the account any more. Reason is only set in the operator's log.
type AccountSuspended struct {
	Reason string `json:"reason,omitempty"`
}

// Action implements Payload.
func (AccountSuspended) Action() Action { return ActionAccountSuspended }

// AccountResumed records that the account can be used again.
type AccountResumed struct{}

// Action implements Payload.
func (AccountResumed) Action() Action { return ActionAccountResumed }

// AccountDeletionScheduled records until when (RFC 3339) the account can be resumed. Then all its data is removed.
type AccountDeletionScheduled struct {
	DeleteAt string `json:"delete_at"`
}

// Action implements Payload.
func (AccountDeletionScheduled) Action() Action { return ActionAccountDeletionScheduled }

// AccountExported records that the operator began to export all data of the account.
type AccountExported struct{}

// Action implements Payload.
func (AccountExported) Action() Action { return ActionAccountExported }

// AccountLimitsChanged records which limits changed; no number means that there is no limit.
type AccountLimitsChanged struct {
	APIKeys  *Change[*int] `json:"api_keys,omitempty"`
	Members  *Change[*int] `json:"members,omitempty"`
	Projects *Change[*int] `json:"projects,omitempty"`
	Roles    *Change[*int] `json:"roles,omitempty"`
}

// Action implements Payload.
func (AccountLimitsChanged) Action() Action { return ActionAccountLimitsChanged }

// AccountBrandingChanged records which parts of the account's branding changed; an empty text means that of the operator. Logo
// has the SHA-256 hashes of the files.
type AccountBrandingChanged struct {
	AccentColor    *Change[string] `json:"accent_color,omitempty"`
	Logo           *Change[string] `json:"logo,omitempty"`
	MailFooter     *Change[string] `json:"mail_footer,omitempty"`
	MailSenderName *Change[string] `json:"mail_sender_name,omitempty"`
	ProductName    *Change[string] `json:"product_name,omitempty"`
	Support        *Change[string] `json:"support,omitempty"`
}

// Action implements Payload.
func (AccountBrandingChanged) Action() Action { return ActionAccountBrandingChanged }

// AccountUpdated records which settings changed. GrantPolicy is "delegated" or "strict".
type AccountUpdated struct {
	GrantPolicy         *Change[string] `json:"grant_policy,omitempty"`
	Language            *Change[string] `json:"language,omitempty"`
	Name                *Change[string] `json:"name,omitempty"`
	RequireSecondFactor *Change[bool]   `json:"require_second_factor,omitempty"`
}

// Action implements Payload.
func (AccountUpdated) Action() Action { return ActionAccountUpdated }

// AccountOwnershipTransferred records that the target became the Owner. Role holds the slugs of their roles before and
// after; APIKeysDeactivated has the names of the disabled keys with the Owner role. In the operator's log, the target is the
// account, and OwnerMemberID its new Owner.
type AccountOwnershipTransferred struct {
	APIKeysDeactivated []string        `json:"api_keys_deactivated,omitempty"`
	MemberName         string          `json:"member_name,omitempty"`
	OwnerMemberID      string          `json:"owner_member_id,omitempty"`
	Role               *Change[string] `json:"role,omitempty"`
	RoleName           Name            `json:"role_name"`
}

// Action implements Payload.
func (AccountOwnershipTransferred) Action() Action { return ActionAccountOwnershipTransferred }

// CatalogApplied records which roles of the account gained or lost permissions.
type CatalogApplied struct {
	Roles []RoleChange `json:"roles"`
}

// RoleChange is the effect of a new catalog on one role. New is true for a new system role.
type RoleChange struct {
	Scope    string   `json:"scope"`
	Role     string   `json:"role"`
	RoleName string   `json:"role_name"`
	New      bool     `json:"new,omitempty"`
	Gains    []string `json:"gains,omitempty"`
	Loses    []string `json:"loses,omitempty"`
}

// Action implements Payload.
func (CatalogApplied) Action() Action { return ActionCatalogApplied }

// EventsMissing records how many events are missing, the ids of the first of them, and when the first happened (RFC 3339).
type EventsMissing struct {
	Events  int      `json:"events"`
	FirstAt string   `json:"first_at"`
	IDs     []string `json:"ids"`
}

// Action implements Payload.
func (EventsMissing) Action() Action { return ActionEventsMissing }

// LogAdopted records the id of the key and the number of the last seal without it.
type LogAdopted struct {
	Key  string `json:"key"`
	Seal int    `json:"seal"`
}

// Action implements Payload.
func (LogAdopted) Action() Action { return ActionLogAdopted }

// LogRetentionChanged records for how many days the log is kept; nil means forever.
type LogRetentionChanged struct {
	Days Change[*int] `json:"days"`
}

// Action implements Payload.
func (LogRetentionChanged) Action() Action { return ActionLogRetentionChanged }

// LogRetentionAnnounced records for how many days the log is kept from EffectiveAt (RFC 3339) on; nil means forever.
type LogRetentionAnnounced struct {
	Days        Change[*int] `json:"days"`
	EffectiveAt string       `json:"effective_at"`
}

// Action implements Payload.
func (LogRetentionAnnounced) Action() Action { return ActionLogRetentionAnnounced }

// LogExpired records how many events were removed, the time (RFC 3339) before which they happened, the retention by which they
// were removed, and the number of their last seal.
type LogExpired struct {
	Days   int    `json:"days"`
	Events int    `json:"events"`
	Seal   int    `json:"seal"`
	Until  string `json:"until"`
}

// Action implements Payload.
func (LogExpired) Action() Action { return ActionLogExpired }

// PersonErasureOrdered records that a person is erased, and how many memberships and invitations in the account ended with it. The name of the
// target is the pseudonym that takes the place of the person's name and email. APIKeysDeactivated has the names of the API keys that were disabled, because
// the person was shown their secret.
type PersonErasureOrdered struct {
	APIKeysDeactivated []string `json:"api_keys_deactivated,omitempty"`
	MembershipsRemoved int      `json:"memberships_removed"`
}

// Action implements Payload.
func (PersonErasureOrdered) Action() Action { return ActionPersonErasureOrdered }

// PersonErased records that the personal data of a person was erased from a number of events of this log, with a pseudonym in
// its place. FirstSequence and LastSequence are those of the first and the last of them; Digest is a hash (hexadecimal) over which they are.
type PersonErased struct {
	Digest        string `json:"digest"`
	Events        int    `json:"events"`
	FirstSequence int    `json:"first_sequence"`
	LastSequence  int    `json:"last_sequence"`
	Person        string `json:"person"`
}

// Action implements Payload.
func (PersonErased) Action() Action { return ActionPersonErased }
