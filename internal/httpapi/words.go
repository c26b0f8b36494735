package httpapi

import (
	"raff/internal/signin"
	"raff/internal/team"
)

// words has the messages that name fields, headers and paths of the API. The other errors have the text of their rest.Refusal.
var words = map[*team.Refusal]string{
	team.RefusalNotFound:               "No such object in this account. Check the id, and that the API key belongs to the right account.",
	team.RefusalUnauthenticated:        "Send a valid API key in the X-API-Key header.",
	team.RefusalVersionChanged:         "The object was changed after the version you sent. Read it again, then retry your change if it still applies.",
	team.RefusalUnknownReference:       "%[1]s does not match any %[2]s in this account. Check the id.",
	team.RefusalNoName:                 "name %s",
	team.RefusalInvalidName:            "name %s",
	team.RefusalInvalidDescription:     "description %s",
	team.RefusalUnknownScope:           "scope must be account or project.",
	team.RefusalLastManager:            "No one could manage the account's members after this change. Give %s to another active person first.",
	team.RefusalCredentialExpires:      "The credential you use expires at %s, so it cannot create, rotate or extend an API key that is valid longer. Set expires_at to that time or earlier, or use another credential.",
	team.RefusalExactlyOnePrincipal:    "Send exactly one of %s; %d were sent.",
	team.RefusalNoRole:                 "role_id is required: the id of the role to assign. GET /api/v1/roles lists the roles.",
	team.RefusalInvalidEmail:           "email must be a single email address such as alice@example.com: %s.",
	team.RefusalNoMemberChange:         "Nothing to update. Send role_id, status or both.",
	team.RefusalUnknownStatus:          "status must be active or suspended.",
	team.RefusalUnknownListStatus:      "status must be pending, active or suspended.",
	team.RefusalAlreadyMember:          "This %s is already a member. To change the role, send PATCH to the member with the id in member_id.",
	team.RefusalAlreadyInvited:         "This email is already invited. Change, resend or remove the member with the id in member_id.",
	team.RefusalNoEmail:                "email is required: the email address to invite.",
	team.RefusalMemberOnHold:           "This invitation is on hold. Set the member's status to active first.",
	team.RefusalNoRoleChange:           "Nothing to update. Send at least one of name, description, permissions, add_permissions and remove_permissions.",
	team.RefusalPermissionsTwoWays:     "Send either permissions, which replaces the whole set, or add_permissions and remove_permissions, which change it.",
	team.RefusalNoPermissions:          "permissions is required: send at least one. GET /api/v1/permissions?scope=%s lists them.",
	team.RefusalInvalidSlug:            "slug must be 1 to 64 characters of a-z, 0-9 and -.",
	team.RefusalRoleInUse:              "This role is in use by %d members, keys and invitations. Assign them another role first, or pass ?reassign_to=<role id>.",
	team.RefusalReassignToItself:       "reassign_to is the role that is being deleted. Choose another role.",
	team.RefusalUnknownTier:            "rate_limit_tier must be standard or high.",
	team.RefusalTierByOperator:         "Only the operator of this server can give a key the high rate limit. Leave rate_limit_tier at standard.",
	team.RefusalExpiryInPast:           "expires_at is in the past. Send a future time, or leave it out for a key that never expires.",
	team.RefusalNoKeyChange:            "Nothing to update. Send at least one of name, rate_limit_tier, expires_at and is_active.",
	team.RefusalGraceOutOfRange:        "grace_seconds must be between 0 and %d.",
	team.RefusalUnknownProjectHeader:   "X-Project-ID does not match any project in this account. Remove the header, or check the id.",
	team.RefusalUnknownRegion:          "default_region must be %s.",
	team.RefusalNoProjectChange:        "Nothing to update. Send at least one of name, description and default_region.",
	team.RefusalOwnerTransfersInPerson: "Only the Owner in person can transfer ownership, not an API key. Sign in as the Owner, or ask the operator of the server.",
	team.RefusalNoSettingsChange:       "Nothing to update. Send at least one of name, grant_policy, require_second_factor and language.",
	team.RefusalPersonRequiresFactor:   "Only a signed-in person can change whether a second factor is required, not an API key.",
	team.RefusalUnknownKind:            "kind must be member, project, role, api_key, or a resource type that the catalog declares.",
	team.RefusalInvalidSource:          "source must be 1 to 64 characters of a-z, 0-9, _, . and -, and begin with a letter or digit.",
	team.RefusalNoExternalID:           "id is required: the name that the source uses.",
	team.RefusalBadExternalID:          "id %s",
	team.RefusalManyExternalIDs:        "an object can have at most %d external ids.",
	team.RefusalInvalidQuery:           "permission cannot be read: %s.",
	signin.RefusalNewUserNameless:      "name is required for a new user. If you already have a login with this email, enter the password you sign in with.",
}

// message is the message of a domain error in terms of the API.
func message(e *team.Error) string {
	if text, ok := words[e.Refusal]; ok {
		return e.Format(text)
	}
	return e.Text()
}
