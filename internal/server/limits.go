package server

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"raff/internal/front"
	"raff/internal/team"
)

// SetLimits parses rate limits in the operator's notation. "standard=30:60,high=100:200" sets requests per second and burst
// of each tier, of "account" (all API keys of one account together), and of "session" and "source" for pages. "off" disables all
// limits, and "" sets the defaults. Unless the limit of an account is set, it is not below that of a single key.
func (c *Config) SetLimits(text string) error {
	switch text {
	case "":
		return nil
	case "off":
		c.Limits = map[string]front.Limit{}
		return nil
	}
	c.Limits = front.DefaultLimits()
	named := false
	for part := range strings.SplitSeq(text, ",") {
		tier, limit, _ := strings.Cut(part, "=")
		perSecond, burst, _ := strings.Cut(limit, ":")
		rate, err := strconv.ParseFloat(perSecond, 64)
		n, err2 := strconv.Atoi(burst)
		if _, known := c.Limits[tier]; !known || err != nil || err2 != nil || !(rate > 0) || math.IsInf(rate, 0) || n < 1 {
			return fmt.Errorf("rate limits %q: use the form standard=30:60,high=100:200 (requests per second and burst of each tier, and of account, session and source), or off", text)
		}
		named = named || tier == front.LimitAccount
		c.Limits[tier] = front.Limit{PerSecond: rate, Burst: n}
	}
	if !named {
		account := c.Limits[front.LimitAccount]
		for _, tier := range []string{team.TierStandard, team.TierHigh} {
			account.PerSecond = max(account.PerSecond, c.Limits[tier].PerSecond)
			account.Burst = max(account.Burst, c.Limits[tier].Burst)
		}
		c.Limits[front.LimitAccount] = account
	}
	return nil
}

// SetTrustedProxies parses the networks of the proxies in front of the server; see front.ParseNetworks.
func (c *Config) SetTrustedProxies(text string) (err error) {
	c.Proxies.Trusted, err = front.ParseNetworks(text)
	return err
}

// SetQuotas parses the quotas of accounts and users in the operator's notation: "roles=500,sessions=20" changes these two,
// and "" sets the defaults. The names are roles, projects, api_keys, invitations, external_ids and sessions.
func (c *Config) SetQuotas(text string) error {
	c.Quotas = team.DefaultQuotas()
	if text == "" {
		return nil
	}
	named := map[string]*int{
		"roles": &c.Quotas.Roles, "projects": &c.Quotas.Projects, "api_keys": &c.Quotas.APIKeys,
		"invitations": &c.Quotas.Invitations, "external_ids": &c.Quotas.ExternalIDs, "sessions": &c.Quotas.Sessions,
	}
	for part := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(number)
		if named[name] == nil || err != nil || n < 1 || n > math.MaxInt32 {
			return fmt.Errorf("quotas %q: use the form roles=1000,projects=5000,api_keys=5000,invitations=10000,external_ids=100000,sessions=100, each at least 1", text)
		}
		*named[name] = n
	}
	return nil
}

// SetMailLimits parses limits on sent emails in the operator's notation: "recipient=5/24h,sender=600/2m" allows 5
// invitations of an account to one email at once, and 5 more over 24 hours. "off" disables a limit ("sender=off") or all
// of them, and "" sets the defaults.
func (c *Config) SetMailLimits(text string) error {
	if text == "" {
		return nil
	}
	limits := team.MailLimits{}
	c.MailLimits = &limits
	if text == "off" {
		return nil
	}
	limits = team.DefaultMailLimits()
	rates := map[string]*team.Rate{
		"recipient": &limits.Recipient, "recipient-total": &limits.RecipientTotal, "sender": &limits.Sender,
		"account": &limits.Account, "reset": &limits.Reset, "reset-source": &limits.ResetSource,
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		burst, per, _ := strings.Cut(value, "/")
		n, err := strconv.Atoi(burst)
		d, err2 := time.ParseDuration(per)
		rate := rates[name]
		switch {
		case rate != nil && value == "off":
			*rate = team.Rate{}
		case rate == nil || err != nil || err2 != nil || n < 1 || n > 1_000_000 || d < time.Second || d > 366*24*time.Hour:
			return fmt.Errorf("mail limits %q: use the form recipient=5/24h,recipient-total=20/24h,sender=600/2m,account=5000/24h,reset=3/1h,reset-source=20/20m (emails at once, and as many again over that time), or off", text)
		default:
			*rate = team.Rate{Burst: n, Per: d}
		}
	}
	return nil
}
