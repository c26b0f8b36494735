package web

import (
	"raff/internal/event"
	"raff/internal/team"
)

var keyWords = []wording{
	tells("Created", tellKeyCreated),
	tells("Changed", tellKeyUpdated),
	tells("Secret rotated", func(t *telling, p event.APIKeyRegenerated) {
		t.say("rotated the secret of the API key ", theTarget)
		t.fact("Starts with", p.KeyPrefix)
		t.fact("Old secret", graceWord(p.GraceSeconds))
	}),
	tells("Revoked", func(t *telling, p event.APIKeyRevoked) {
		t.say("revoked the API key ", theTarget)
		t.fact("Starts with", p.KeyPrefix)
		t.count("Removed with it", p.MembershipsRemoved, "membership")
	}),
}

func tellKeyCreated(t *telling, p event.APIKeyCreated) {
	role := t.role(p.Role, p.RoleName)
	t.say("created the API key ", theTarget, aName(" with the role ", role))
	t.fact("Role", role)
	t.fact("Starts with", p.KeyPrefix)
	if p.ExpiresAt != nil {
		t.fact("Expires", expiryWord(*p.ExpiresAt))
	}
	t.fact("Rate limit", tierWord(p.RateLimitTier))
}

func tellKeyUpdated(t *telling, p event.APIKeyUpdated) {
	switch {
	case p.IsActive == nil:
		t.say("changed the API key ", theTarget)
	case p.IsActive.To:
		t.say("enabled the API key ", theTarget)
	default:
		t.say("disabled the API key ", theTarget)
	}
	tellChange(t, "Name", p.Name, asIs)
	tellChange(t, "Status", p.IsActive, yesNo("Enabled", "Disabled"))
	tellChange(t, "Expires", p.ExpiresAt, expiryWord)
	tellChange(t, "Rate limit", p.RateLimitTier, tierWord)
	t.fact("Reason", reason(p.Because))
	t.fact("Member", p.MemberEmail)
}

func tierWord(tier string) string {
	switch tier {
	case team.TierStandard:
		return "Standard"
	case team.TierHigh:
		return "High"
	}
	return tier
}
