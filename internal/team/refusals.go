package team

// Refusals concerning any request.
var (
	RefusalNotFound             = &Refusal{KindNotFound, "not_found", "", "This does not exist, or you do not have access to it."}
	RefusalUnauthenticated      = &Refusal{KindUnauthenticated, "unauthenticated", "", "Sign in, or use a valid API key."}
	RefusalAccountSuspended     = &Refusal{KindDenied, "account_suspended", "", "This account is suspended. Only the operator of this service can resume it."}
	RefusalAccountDeleting      = &Refusal{KindDenied, "account_deleting", "", "This account is being deleted. Only the operator of this service can keep it."}
	RefusalUnavailable          = &Refusal{KindUnavailable, "unavailable", "", "The database is currently unavailable. Try again in a moment."}
	RefusalInvalidText          = &Refusal{KindInvalid, "invalid_text", "", "A text of the request contains a NUL character or bytes that are not UTF-8. Remove them."}
	RefusalVersionChanged       = &Refusal{KindChanged, "precondition_failed", "", "Someone else changed this in the meantime. Review the current state, then make your change again if it still applies."}
	RefusalIdempotencyKeyReused = &Refusal{KindMismatch, "idempotency_key_reused", "", "This Idempotency-Key was used for a different request in the last 24 hours. Use a new key for each request."}
	RefusalUnknownReference     = &Refusal{KindInvalid, "invalid_reference", "", "What you chose no longer exists. Reload and choose again."}
	RefusalNoName               = &Refusal{KindInvalid, "required", "name", "The name %s"}
	RefusalInvalidName          = &Refusal{KindInvalid, "invalid_name", "name", "The name %s"}
	RefusalInvalidDescription   = &Refusal{KindInvalid, "invalid_description", "description", "The description %s"}
	RefusalUnknownScope         = &Refusal{KindInvalid, "invalid_scope", "scope", "The scope must be account or project."}
	RefusalLimitReached         = &Refusal{KindConflict, "limit_reached", "", "This account has %d %s, and the limit is %d. %s, or ask the operator of this server for a higher limit."}
)

// Refusals concerning permissions and the grant guard.
var (
	RefusalPermissionMissing   = &Refusal{KindDenied, "permission_denied", "", "This requires the permission %s, which your role does not grant. Ask someone who manages roles."}
	RefusalMembershipSuspended = &Refusal{KindDenied, "permission_denied", "", "This membership is suspended. Ask someone who manages the account's members to activate it again."}
	RefusalBeyondHeld          = &Refusal{KindDenied, "escalation_denied", "", "You can only assign permissions that you hold yourself. Missing: %s."}
	RefusalTargetHoldsMore     = &Refusal{KindDenied, "escalation_denied", "", "The target holds permissions that you do not hold. Missing: %s."}
	RefusalRoleBeyondHeld      = &Refusal{KindDenied, "escalation_denied", "", "You can only add permissions to a role that you hold yourself. Missing: %s."}
	RefusalOwnRoleBeyondHeld   = &Refusal{KindDenied, "escalation_denied", "", "This role is assigned to you or to an API key whose secret you were shown, so you can only add permissions that you hold yourself. Missing: %s."}
	RefusalOwnMembership       = &Refusal{KindDenied, "self_change_denied", "", "You cannot change or remove your own membership. Ask someone else who manages members."}
	RefusalOwnerNotAssignable  = &Refusal{KindDenied, "owner_role_not_assignable", "", "The Owner role cannot be assigned. Ownership changes hands only by transfer, and only the Owner in person can give the role to an API key. Choose another role."}
	RefusalOwnerProtected      = &Refusal{KindDenied, "owner_protected", "", "The Owner's membership cannot be changed, suspended or removed. Transfer ownership first."}
	RefusalOwnerKeyMember      = &Refusal{KindDenied, "target_dominates", "", "This API key has the Owner role. Only the Owner can change or remove it."}
	RefusalOwnerKey            = &Refusal{KindDenied, "target_dominates", "", "This API key has the Owner role. Only the Owner can change or revoke it."}
	RefusalLastManager         = &Refusal{KindConflict, "last_manager", "", "No one could manage the account's members after this. First give someone else a role that can."}
	RefusalRoleScope           = &Refusal{KindInvalid, "role_scope_mismatch", "role_id", "%q is a role of the %s scope; this needs a role of the %s scope."}
	RefusalSecretHolder        = &Refusal{KindDenied, "self_change_denied", "", "The secret of this API key was shown to this person, so the key cannot change their access. Use another credential."}
	RefusalCredentialExpires   = &Refusal{KindDenied, "self_change_denied", "", "The credential you use expires at %s, so it cannot create, rotate or extend an API key that is valid longer. Choose that time or earlier, or use another credential."}
	RefusalReplacedSecret      = &Refusal{KindDenied, "self_change_denied", "", "This secret was replaced and works only until its grace period ends. It cannot change its own API key: use the new secret, or another credential."}
)

// Refusals concerning members.
var (
	RefusalExactlyOnePrincipal = &Refusal{KindInvalid, "exactly_one_of", "", "Choose who gets the role."}
	RefusalNoRole              = &Refusal{KindInvalid, "required", "role_id", "Choose a role."}
	RefusalInvalidEmail        = &Refusal{KindInvalid, "invalid_email", "email", "Enter a single email address such as alice@example.com: %s."}
	RefusalNoMemberChange      = &Refusal{KindInvalid, "nothing_to_update", "", "Nothing was changed."}
	RefusalUnknownStatus       = &Refusal{KindInvalid, "invalid_status", "status", "The status must be active or suspended."}
	RefusalUnknownListStatus   = &Refusal{KindInvalid, "invalid_status", "status", "The status must be pending, active or suspended."}
	RefusalAlreadyMember       = &Refusal{KindConflict, "already_member", "", "This %s already has a role here. Change that role instead."}
	RefusalAlreadyInvited      = &Refusal{KindConflict, "invitation_pending", "", "Already invited. Resend or cancel the open invitation."}
	RefusalMemberPending       = &Refusal{KindConflict, "member_pending", "", "The invitation has not been accepted yet, and only the invited person can activate the membership by accepting it. Resend the invitation if it was lost."}
	RefusalBulkPlaces          = &Refusal{KindInvalid, "invalid_members", "members", "At most %d memberships can be added at once, including those in projects; these are %d."}
	RefusalTooManyProjects     = &Refusal{KindInvalid, "invalid_projects", "projects", "At most %d projects can be chosen at once; these are %d."}
	RefusalProjectTwice        = &Refusal{KindInvalid, "invalid_projects", "projects", "The same project is chosen twice."}
	RefusalNoProjectRole       = &Refusal{KindInvalid, "required", "projects", "Choose a role for each project."}
	RefusalNameNotProposed     = &Refusal{KindInvalid, "invalid_name", "name", "A name can only be proposed to someone who is invited by email."}
	RefusalBulkSize            = &Refusal{KindInvalid, "invalid_members", "members", "Send 1 to %d members; %d were sent."}
)

// Refusals concerning invitations.
var (
	RefusalNoEmail           = &Refusal{KindInvalid, "required", "email", "Enter the email address to invite."}
	RefusalInvitationUnknown = &Refusal{KindNotFound, "not_found", "", "This invitation link does not exist. Check that you copied the whole link."}
	RefusalLinkBeforeMail    = &Refusal{KindGone, "invitation_gone", "", "This link was created before this server sent email. Ask for the invitation to be resent."}
	RefusalLinkReplaced      = &Refusal{KindGone, "invitation_gone", "", "This link was replaced by a newer one. Use the link in the latest email."}
	// The code is that of RefusalAccountSuspended, whatever the state of the account: it is none of the invited person's business.
	RefusalInvitingAccountClosed = &Refusal{KindDenied, "account_suspended", "", "The account that invited you is not available at the moment. Ask the person who invited you."}
	RefusalInvitationOnHold      = &Refusal{KindConflict, "member_suspended", "", "This invitation is on hold. Ask the person who invited you."}
	RefusalMemberOnHold          = &Refusal{KindConflict, "member_suspended", "", "This invitation is on hold. Activate the member first."}
	RefusalOwnerNotInvited       = &Refusal{KindDenied, "owner_role_not_assignable", "", "The Owner role cannot be assigned by invitation. Ask for a new invitation with another role."}
	RefusalInviterLostRole       = &Refusal{KindGone, "invitation_gone", "", "The person who invited you may no longer assign this role. Ask for a new invitation."}
	RefusalMailConfigured        = &Refusal{KindConflict, "mail_configured", "", "This server sends invitations by email, so only the invited person gets the link. Resend the invitation instead."}
	RefusalInvitationUsed        = &Refusal{KindGone, "invitation_gone", "", "This invitation was already used. Sign in, or ask for a new invitation."}
	RefusalInvitationCancelled   = &Refusal{KindGone, "invitation_gone", "", "This invitation was cancelled. Ask for a new invitation."}
	RefusalInvitationDeclined    = &Refusal{KindGone, "invitation_gone", "", "This invitation was declined. If that was a mistake, ask for a new invitation."}
	RefusalInvitationExpired     = &Refusal{KindGone, "invitation_gone", "", "This invitation has expired. Ask for it to be resent."}
	RefusalTooManyInvitations    = &Refusal{KindLimited, "mail_limited", "", "Too many invitations were sent in a short time. Try again in %s."}
	RefusalRecipientLimit        = &Refusal{KindLimited, "mail_limited", "", "%s has received the maximum number of emails for now. Try again in %s."}
)

// Refusals concerning roles.
var (
	RefusalNoRoleChange       = &Refusal{KindInvalid, "nothing_to_update", "", "Nothing was changed."}
	RefusalPermissionsTwoWays = &Refusal{KindInvalid, "exactly_one_of", "permissions", "Either replace all permissions, or add and remove some, not both."}
	RefusalNoPermissions      = &Refusal{KindInvalid, "required", "", "Choose at least one permission."}
	RefusalUnknownPermission  = &Refusal{KindInvalid, "unknown_permission", "", "Unknown permission %q; did you mean %s?"}
	RefusalPermissionScope    = &Refusal{KindInvalid, "permission_scope_mismatch", "", "A role of the %s scope cannot grant %s."}
	RefusalInvalidSlug        = &Refusal{KindInvalid, "invalid_slug", "slug", "The slug must be 1 to 64 characters of a-z, 0-9 and -."}
	RefusalRoleSlugTaken      = &Refusal{KindConflict, "slug_taken", "", "The %s role %q already has the slug %q. Choose another."}
	RefusalRoleNameTaken      = &Refusal{KindConflict, "name_taken", "", "Another %s role is already named %q. Choose another name."}
	RefusalRoleNameJustTaken  = &Refusal{KindConflict, "name_taken", "", "A role with this name was created a moment ago. Choose another name."}
	RefusalRoleNameRace       = &Refusal{KindConflict, "name_taken", "name", "Another role of this account has this name. Choose a different one."}
	RefusalSystemRole         = &Refusal{KindInvalid, "system_role_immutable", "", "%q is a system role, which cannot be changed or deleted. Create a custom role instead."}
	RefusalLastPermission     = &Refusal{KindInvalid, "required", "remove_permissions", "A role needs at least one permission. Keep one, or delete the role."}
	RefusalRoleInUse          = &Refusal{KindConflict, "role_in_use", "", "This role is in use by %d members, keys and invitations. Choose a replacement role for them."}
	RefusalReassignToItself   = &Refusal{KindInvalid, "invalid_reference", "reassign_to", "That is the role you are deleting. Choose another."}
)

// Refusals concerning API keys.
var (
	RefusalUnknownTier      = &Refusal{KindInvalid, "invalid_rate_limit_tier", "rate_limit_tier", "The rate limit tier must be standard or high."}
	RefusalTierByOperator   = &Refusal{KindDenied, "permission_denied", "", "Only the operator of this server can give a key the high rate limit."}
	RefusalExpiryInPast     = &Refusal{KindInvalid, "invalid_expires_at", "expires_at", "That date is in the past. Choose a later one."}
	RefusalNoKeyChange      = &Refusal{KindInvalid, "nothing_to_update", "", "Nothing was changed."}
	RefusalKeyExtendsItself = &Refusal{KindDenied, "self_change_denied", "", "An API key cannot extend its own lifetime. Use another credential."}
	RefusalGraceOutOfRange  = &Refusal{KindInvalid, "invalid_grace_seconds", "grace_seconds", "The grace period must be between 0 and %d seconds."}
)

// Refusals concerning projects.
var (
	RefusalUnknownProjectHeader = &Refusal{KindInvalid, "invalid_reference", "X-Project-ID", "This project does not exist in this account."}
	RefusalUnknownRegion        = &Refusal{KindInvalid, "invalid_default_region", "default_region", "The default region must be %s."}
	RefusalProjectNameTaken     = &Refusal{KindConflict, "name_taken", "", "A project of this account is already named %q. Choose another name."}
	RefusalNoProjectChange      = &Refusal{KindInvalid, "nothing_to_update", "", "Nothing was changed."}
	RefusalDefaultProject       = &Refusal{KindConflict, "default_project", "", "The Default project cannot be deleted. You can rename it."}
)

// Refusals concerning ownership and settings of the account.
var (
	RefusalJustBecameOwner        = &Refusal{KindConflict, "try_again", "", "Ownership was transferred to you a moment ago. Try again."}
	RefusalAlreadyOwner           = &Refusal{KindInvalid, "nothing_to_update", "member_id", "This member is already the Owner."}
	RefusalNextOwnerNotActive     = &Refusal{KindInvalid, "invalid_reference", "member_id", "Ownership can only be transferred to a person with an active membership of the account; this member is %s (%s)."}
	RefusalOwnerTransfersInPerson = &Refusal{KindDenied, "permission_denied", "", "Only the Owner in person can transfer ownership. Sign in as the Owner, or ask the operator of the server."}
	RefusalNoSettingsChange       = &Refusal{KindInvalid, "nothing_to_update", "", "Nothing was changed."}
	RefusalUnknownLanguage        = &Refusal{KindInvalid, "invalid_language", "language", "The language must be auto, en or de."}
	RefusalPersonRequiresFactor   = &Refusal{KindDenied, "permission_denied", "", "Only a signed-in person can change whether a second factor is required."}
	RefusalOwnFactorFirst         = &Refusal{KindConflict, "no_second_factor", "", "Add a second factor in your own profile first, or you would be locked out."}
	RefusalOwnerSetsPolicy        = &Refusal{KindDenied, "permission_denied", "", "Only the Owner in person can change the policy for assigning roles."}
)

// Refusals concerning support access.
var (
	RefusalSupportLevel        = &Refusal{KindInvalid, "invalid_level", "level", "The level must be read or write."}
	RefusalSupportTime         = &Refusal{KindInvalid, "invalid_hours", "hours", "Support access can be granted for %d to %d hours."}
	RefusalSupportReason       = &Refusal{KindInvalid, "invalid_reason", "reason", "The reason can have at most %d characters."}
	RefusalSupportBeyondHeld   = &Refusal{KindDenied, "escalation_denied", "", "You can only let support change what you can change yourself. Missing: %s. Grant read access, or ask the Owner."}
	RefusalSupportHandsOut     = &Refusal{KindDenied, "escalation_denied", "", "Support cannot assign %s, because that would outlast the support access or exceed it. Ask someone who manages the account's members."}
	RefusalSupportKeys         = &Refusal{KindDenied, "support_out_of_reach", "", "API keys are out of reach of support. Ask someone who manages the account's API keys."}
	RefusalSupportSecret       = &Refusal{KindDenied, "support_out_of_reach", "", "Links of invitations are out of reach of support. Ask someone who manages the account's members to get the link."}
	RefusalSupportNotGranted   = &Refusal{KindDenied, "support_not_granted", "", "This account has not granted support access. Its Owner, or another member who manages its settings, can grant it in the dashboard under Settings, Support access, or with: raff account support grant."}
	RefusalSupportPerson       = &Refusal{KindInvalid, "invalid_person", "person", "Enter the name of the person of support, up to 64 characters. The account sees it."}
	RefusalSupportWhy          = &Refusal{KindInvalid, "invalid_reason", "reason", "Enter the reason, such as the number of the ticket, up to %d characters. The account sees it."}
	RefusalSupportSessionTime  = &Refusal{KindInvalid, "invalid_minutes", "minutes", "A support session can last %d to %d minutes."}
	RefusalManySupportSessions = &Refusal{KindConflict, "limit_reached", "", "Support already has %d open sessions in this account. End one first."}
	RefusalSupportLink         = &Refusal{KindGone, "support_link_gone", "", "This link was already used, or has expired. Open another support session."}
)

// Refusals concerning decisions and external ids.
var (
	RefusalUnknownKind     = &Refusal{KindInvalid, "invalid_kind", "kind", "The kind must be a member, project, role, API key, or a resource type that the catalog declares."}
	RefusalInvalidSource   = &Refusal{KindInvalid, "invalid_source", "source", "The source must be 1 to 64 characters of a-z, 0-9, _, . and -, and begin with a letter or digit."}
	RefusalNoExternalID    = &Refusal{KindInvalid, "required", "id", "The id is required: the name that the source uses."}
	RefusalBadExternalID   = &Refusal{KindInvalid, "invalid_id", "id", "The id %s"}
	RefusalExternalIDSet   = &Refusal{KindConflict, "external_id_set", "source", "This object already has another external id of the source %q. Remove that one first."}
	RefusalExternalIDTaken = &Refusal{KindConflict, "external_id_taken", "id", "Another object already has this external id. Remove it there first."}
	RefusalManyExternalIDs = &Refusal{KindInvalid, "too_many_external_ids", "external_ids", "An object can have at most %d external ids."}
	RefusalInvalidCatalog  = &Refusal{KindInvalid, "invalid_catalog", "catalog", "The proposed catalog is not valid: %s."}
	RefusalSearchToken     = &Refusal{KindInvalid, "invalid_cursor", "page.token", "The page token is not the token of a search."}
	RefusalInvalidQuery    = &Refusal{KindInvalid, "invalid_query", "permission", "The combination of permissions cannot be read: %s."}
)

// Refusals concerning sessions.
var (
	RefusalSecondFactorNeeded = &Refusal{KindUnauthenticated, "second_factor_needed", "", "Verify your second factor to continue."}
	RefusalSignedOut          = &Refusal{KindUnauthenticated, "signed_out", "", "You are signed out. Sign in again."}
)
