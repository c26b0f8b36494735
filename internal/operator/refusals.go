package operator

import "raff/internal/team"

// Refusals of the operator's operations.
var (
	RefusalBadKey           = &team.Refusal{Kind: team.KindUnauthenticated, Code: "unauthenticated", Text: "Use a valid operator key (rop_…). Create one with: raffd operator key create."}
	RefusalReadOnlyKey      = &team.Refusal{Kind: team.KindDenied, Code: "read_only_key", Text: "This operator key can only read. Use a key with the scope write."}
	RefusalNoSupportKey     = &team.Refusal{Kind: team.KindDenied, Code: "read_only_key", Text: "This operator key cannot open support sessions. Use a key with the scope support or write."}
	RefusalSupportNeedsKey  = &team.Refusal{Kind: team.KindDenied, Code: "operator_key_required", Text: "Support sessions are opened with an operator key, which the logs name."}
	RefusalUnknownKeyScope  = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_scope", Field: "scope", Text: "The scope must be read, support or write."}
	RefusalKeyExpiry        = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_expires_at", Field: "expires_at", Text: "That date is in the past. Choose a later one."}
	RefusalUnknownState     = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_state", Field: "state", Text: "The state must be active, suspended, deleting or removing."}
	RefusalNoChange         = &team.Refusal{Kind: team.KindInvalid, Code: "nothing_to_update", Text: "Nothing to update. Send at least one of name, limits, attributes, branding and audit_retention_days."}
	RefusalLimitTooLow      = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_limit", Field: "limits", Text: "limits.%s must be a whole number from %d to %d, or null for no limit."}
	RefusalAttributeName    = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_attributes", Field: "attributes", Text: "The name of an attribute must be 1 to 64 characters of a-z, 0-9, _, . and -."}
	RefusalAttributeValue   = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_attributes", Field: "attributes", Text: "The value of an attribute can have at most %d characters."}
	RefusalAttributes       = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_attributes", Field: "attributes", Text: "An account can have at most %d attributes."}
	RefusalBranding         = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_branding", Field: "branding", Text: "branding.%s is not valid: %s."}
	RefusalReason           = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_reason", Field: "reason", Text: "The reason can have at most %d characters."}
	RefusalBeingDeleted     = &team.Refusal{Kind: team.KindConflict, Code: "account_deleting", Text: "This account is being deleted. Resume it first to keep it."}
	RefusalBeingRemoved     = &team.Refusal{Kind: team.KindConflict, Code: "account_removing", Text: "The grace period of this account is over, and it is being removed. It can no longer be changed, exported or resumed."}
	RefusalGraceDays        = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_grace_days", Field: "grace_days", Text: "The grace period must be a whole number of days from %d to %d."}
	RefusalOneOwner         = &team.Refusal{Kind: team.KindInvalid, Code: "exactly_one_of", Text: "Send exactly one of member_id and email: the active member who becomes the Owner."}
	RefusalNoSuchMember     = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_reference", Field: "email", Text: "No member of the account has this email. Invite the person first."}
	RefusalOwnsAccounts     = &team.Refusal{Kind: team.KindConflict, Code: "owns_accounts", Text: "This person owns accounts: %s. Change the Owner of each, or delete it, first."}
	RefusalPersonBusy       = &team.Refusal{Kind: team.KindConflict, Code: "person_busy", Text: "This person is joining or leaving an account right now. Try again."}
	RefusalUnknownPerson    = &team.Refusal{Kind: team.KindNotFound, Code: "not_found", Text: "No user has this email, and no invitation is or was for it."}
	RefusalOnePerson        = &team.Refusal{Kind: team.KindInvalid, Code: "exactly_one_of", Text: "Send exactly one of email and person_id: the person to erase."}
	RefusalUnknownMailState = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_state", Field: "state", Text: "The state must be queued, retrying or failed."}
	RefusalNodeRunning      = &team.Refusal{Kind: team.KindConflict, Code: "node_running", Text: "This server is running. Stop it first: a server that stops removes itself from the list."}
	RefusalJobNotSafe       = &team.Refusal{Kind: team.KindConflict, Code: "job_not_runnable", Text: "The job %s cannot be run on request: it runs every few seconds."}
	RefusalRetention        = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_audit_retention_days", Field: "audit_retention_days", Text: "The audit log can be kept for %d to %d days, or forever (null)."}
	RefusalUsageRange       = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_range", Field: "from", Text: "from must not be after to, and they can be at most %d days apart."}
	RefusalCatalog          = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_catalog", Field: "catalog", Text: "The catalog is not valid: %s."}
	RefusalOneCatalog       = &team.Refusal{Kind: team.KindInvalid, Code: "exactly_one_of", Field: "catalog", Text: "Send exactly one of catalog, the text of a catalog in YAML, and default: true, for the default catalog of this release."}
	RefusalCatalogChanged   = &team.Refusal{Kind: team.KindConflict, Code: "catalog_changed", Text: "The catalog was changed in the meantime. Compare again before you apply."}
)
