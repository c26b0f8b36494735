package team

import (
	"context"
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// Limit bounds how often something is tried: Burst times at once, and once more every Every after that.
type Limit struct {
	// Subject is what is counted. A store keeps it as it is, so it holds no address in the clear.
	Subject string
	Every   time.Duration
	Burst   int
}

func limitOf(every time.Duration, burst int, kind string, of ...string) Limit {
	text := kind + "\x00" + strings.Join(of, "\x00")
	return Limit{Subject: kind + ":" + base64.RawURLEncoding.EncodeToString(hashOf(text)), Every: every, Burst: burst}
}

// origin is where an attempt comes from: the network address, and the browser if it signed in as this person before.
// Attempts from a known browser are counted apart from all others.
type origin struct{ source, device string }

// guessLimits bound the guessing of one address's password. The first is for one guesser, so that someone who guesses
// does not lock out the owner; the second is for many who guess together; the third for one who tries many addresses.
// The last two do not apply to a browser that signed in as this person before: others could use them up.
func guessLimits(canonical string, from origin) []Limit {
	if from.device != "" {
		return []Limit{limitOf(90*time.Second, 10, "guess", canonical, "device", from.device)}
	}
	source := SourceOf(from.source)
	limits := []Limit{
		limitOf(90*time.Second, 10, "guess", canonical, source),
		limitOf(time.Minute, 100, "guesses", canonical),
	}
	if source != "" {
		limits = append(limits, limitOf(10*time.Second, 60, "guesser", source))
	}
	if home := homeOf(from.source); home != "" {
		limits = append(limits, limitOf(45*time.Second, 20, "guess", canonical, home), limitOf(5*time.Second, 120, "guesser", home))
	}
	return limits
}

// passkeyLimits bound how often one guesser shows passkeys; one that fits cannot be guessed.
func passkeyLimits(source string) []Limit {
	if source == "" {
		return nil
	}
	return []Limit{limitOf(time.Second, 60, "passkeys", source)}
}

// SourceOf is who an address of the network belongs to, as limits count them: one address of IPv4, or a whole network of
// IPv6, in which one person has more addresses than can be counted.
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

// network is the first bits of an IPv6 address without a zone.
func network(a netip.Addr, bits int) string {
	p, err := a.Prefix(bits)
	if err != nil {
		return a.String()
	}
	return p.String()
}

// guess compares a password with the hash of an address, and counts. An address nobody has costs the same time; wrong
// is the answer to a password that does not fit.
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
	ok, err := s.Passwords.Matches(ctx, password, hash)
	if err != nil {
		return err
	}
	if !ok || !known {
		return wrong
	}
	// Whoever knows the password has not guessed it: this attempt does not count, nor do the mistakes before it.
	return s.Store.GiveBack(ctx, limits[:1], limits[1:], s.now())
}

// ForgetGuesses lets someone try at once from this network address who just set another password: the mistakes before it
// were about the old one.
func (s *Service) ForgetGuesses(ctx context.Context, email, source string) error {
	canonical, err := CanonicalEmail(email)
	if err != nil {
		return err
	}
	return s.Store.GiveBack(ctx, guessLimits(canonical, origin{source: source})[:1], nil, s.now())
}

func (s *Service) spend(ctx context.Context, limits []Limit) error {
	if len(limits) == 0 {
		return nil
	}
	ok, err := s.Store.Spend(ctx, limits, s.now())
	if err != nil || ok {
		return err
	}
	wait, err := s.Store.LimitWait(ctx, limits, 1, s.now())
	if err != nil {
		return err
	}
	return &Error{
		Kind: KindLimited, Code: "too_many_attempts", Message: "Too many attempts. Try again in a few minutes.", RetryAfter: max(wait, time.Second),
	}
}
