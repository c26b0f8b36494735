package web

import (
	"raff/internal/event"
	"raff/internal/team"
)

var keyWords = []wording{
	describes("Created", describeKeyCreated),
	describes("Changed", describeKeyUpdated),
	describes("Secret rotated", func(t *eventText, p event.APIKeyRegenerated) {
		t.say("rotated the secret of the API key ", theTarget)
		t.fact("Starts with", p.KeyPrefix)
		t.fact("Old secret", graceWord(p.GraceSeconds))
	}),
	describes("Revoked", func(t *eventText, p event.APIKeyRevoked) {
		t.say("revoked the API key ", theTarget)
		t.fact("Starts with", p.KeyPrefix)
		t.count("Removed with it", p.MembershipsRemoved, "membership")
	}),
}

func describeKeyCreated(t *eventText, p event.APIKeyCreated) {
	role := t.role(p.Role, p.RoleName)
	t.say("created the API key ", theTarget, aName(" with the role ", role))
	t.fact("Role", role)
	t.fact("Starts with", p.KeyPrefix)
	if p.ExpiresAt != nil {
		t.fact("Expires", expiryWord(*p.ExpiresAt))
	}
	t.fact("Rate limit", tierWord(p.RateLimitTier))
}

func describeKeyUpdated(t *eventText, p event.APIKeyUpdated) {
	switch {
	case p.IsActive == nil:
		t.say("changed the API key ", theTarget)
	case p.IsActive.To:
		t.say("enabled the API key ", theTarget)
	default:
		t.say("disabled the API key ", theTarget)
	}
	describeChange(t, "Name", p.Name, asIs)
	describeChange(t, "Status", p.IsActive, yesNo("Enabled", "Disabled"))
	describeChange(t, "Expires", p.ExpiresAt, expiryWord)
	describeChange(t, "Rate limit", p.RateLimitTier, tierWord)
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
