package web

import (
	"raff/internal/event"
	"raff/internal/lang"
	"raff/internal/team"
)

var keyWords = []wording{
	describes("Created", describeKeyCreated),
	describes("Changed", describeKeyUpdated),
	describes("Secret rotated", func(t *eventText, p event.APIKeyRegenerated) {
		t.say("{actor} rotated the secret of the API key {target}")
		t.fact("Starts with", p.KeyPrefix)
		t.fact("Old secret", t.grace(p.GraceSeconds))
	}),
	describes("Revoked", func(t *eventText, p event.APIKeyRevoked) {
		t.say("{actor} revoked the API key {target}")
		t.fact("Starts with", p.KeyPrefix)
		t.count("Removed with it", p.MembershipsRemoved, "membership")
	}),
}

func describeKeyCreated(t *eventText, p event.APIKeyCreated) {
	role := t.role(p.Role, p.RoleName)
	if role == "" {
		t.say("{actor} created the API key {target}")
	} else {
		t.say("{actor} created the API key {target} with the role {role}", "role", role)
	}
	t.fact("Role", role)
	t.fact("Starts with", p.KeyPrefix)
	if p.ExpiresAt != nil {
		t.fact("Expires", t.expiry(*p.ExpiresAt))
	}
	t.fact("Rate limit", t.tier(p.RateLimitTier))
}

func describeKeyUpdated(t *eventText, p event.APIKeyUpdated) {
	switch {
	case p.IsActive == nil:
		t.say("{actor} changed the API key {target}")
	case p.IsActive.To:
		t.say("{actor} enabled the API key {target}")
	default:
		t.say("{actor} disabled the API key {target}")
	}
	describeChange(t, "Name", p.Name, asIs)
	describeChange(t, "Status", p.IsActive, t.yesNo("Enabled", "Disabled"))
	describeChange(t, "Expires", p.ExpiresAt, t.expiry)
	describeChange(t, "Rate limit", p.RateLimitTier, t.tier)
	t.fact("Reason", t.reason(p.Because))
	t.fact("Member", p.MemberEmail)
}

func (t *eventText) tier(tier string) string {
	return t.oneWord(map[string]lang.Text{team.TierStandard: "Standard", team.TierHigh: "High"}, tier)
}
