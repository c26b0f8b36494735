package team

import (
	"context"
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// Limit limits how often something can be tried: Burst times at once, and one more time per Every after that.
type Limit struct {
	// Subject identifies what is counted. It is stored as it is, so it must not contain addresses in plain text.
	Subject string
	Every   time.Duration
	Burst   int
}

// LimitOf returns a limit on what kind and of identify together, of which only the hash is stored.
func LimitOf(every time.Duration, burst int, kind string, of ...string) Limit {
	text := kind + "\x00" + strings.Join(of, "\x00")
	return Limit{Subject: kind + ":" + base64.RawURLEncoding.EncodeToString(HashOf(text)), Every: every, Burst: burst}
}

// origin is where an attempt comes from: the network address, and the browser if it has signed in as this user before.
// Attempts from a known browser are counted separately.
type origin struct{ source, device string }

// guessLimits are the limits on password attempts for an email. The first is per origin, so that an attacker does not
// lock out the owner; the second is for all origins together; the third is for one origin that tries many emails. The
// last two do not apply to a known browser, because others could use them up.
func guessLimits(canonical string, from origin) []Limit {
	if from.device != "" {
		return []Limit{LimitOf(90*time.Second, 10, "guess", canonical, "device", from.device)}
	}
	source := SourceOf(from.source)
	limits := []Limit{
		LimitOf(90*time.Second, 10, "guess", canonical, source),
		LimitOf(time.Minute, 100, "guesses", canonical),
	}
	if source != "" {
		limits = append(limits, LimitOf(10*time.Second, 60, "guesser", source))
	}
	if home := homeOf(from.source); home != "" {
		limits = append(limits, LimitOf(45*time.Second, 20, "guess", canonical, home), LimitOf(5*time.Second, 120, "guesser", home))
	}
	return limits
}

// passkeyLimits limit how often one origin can try passkeys, to bound the load; a valid one cannot be guessed.
func passkeyLimits(source string) []Limit {
	if source == "" {
		return nil
	}
	return []Limit{LimitOf(time.Second, 60, "passkeys", source)}
}

// SourceOf is the network source of an address, as counted by limits: a single IPv4 address, or a whole IPv6 network,
// because one person can have any number of addresses in it.
func SourceOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return network(a, 64)
	}
	return a.String()
}

// homeOf is the /56 network of an IPv6 address, which is what a home commonly has: 256 of the networks that SourceOf tells
// apart. It is empty for an IPv4 address.
func homeOf(address string) string {
	a, err := netip.ParseAddr(address)
	if a = a.Unmap().WithZone(""); err != nil || !a.Is6() {
		return ""
	}
	return network(a, 56)
}

// network is the prefix of an IPv6 address, without a zone.
func network(a netip.Addr, bits int) string {
	p, err := a.Prefix(bits)
	if err != nil {
		return a.String()
	}
	return p.String()
}

// guess compares a password with the hash of an email's user, and counts the attempt. An unknown email takes the same
// time; wrong is the error for a wrong password.
func (s *Service) guess(ctx context.Context, canonical string, from origin, hash, password string, wrong error) error {
	limits := guessLimits(canonical, from)
	if err := s.spend(ctx, limits); err != nil {
		return err
	}
	nobody, err := s.nobodysHash(ctx)
	if err != nil {
		return err
	}
	known := hash != ""
	if !known {
		hash = nobody
	}
	ok, err := s.passwords.Matches(ctx, password, hash)
	if err != nil {
		return err
	}
	if !ok || !known {
		return wrong
	}
	// A correct password is not a guess: neither this attempt nor the mistakes before it count.
	return s.store.Refund(ctx, limits[:1], limits[1:], s.Now())
}

// ForgetGuesses resets the attempts of an email from this network address after a new password was set, because the
// earlier mistakes were about the old one.
func (s *Service) ForgetGuesses(ctx context.Context, email, source string) error {
	canonical, err := CanonicalEmail(email)
	if err != nil {
		return err
	}
	return s.store.Refund(ctx, guessLimits(canonical, origin{source: source})[:1], nil, s.Now())
}

func (s *Service) spend(ctx context.Context, limits []Limit) error {
	if len(limits) == 0 {
		return nil
	}
	ok, err := s.store.Take(ctx, limits, s.Now())
	if err != nil || ok {
		return err
	}
	wait, err := s.store.LimitWait(ctx, limits, 1, s.Now())
	if err != nil {
		return err
	}
	return &Error{
		Kind: KindLimited, Code: "too_many_attempts", Message: "Too many attempts. Try again in a few minutes.", RetryAfter: max(wait, time.Second),
	}
}
