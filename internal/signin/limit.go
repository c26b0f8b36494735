package signin

import (
	"context"
	"time"

	"raff/internal/team"
)

// origin is where an attempt comes from: the network address, and the browser if it has signed in as this user before.
// Attempts from a known browser are counted separately.
type origin struct{ source, device string }

// guessLimits are the limits on password attempts for an email. The first is per origin, so that an attacker does not
// lock out the owner; the second is for all origins together; the third is for one origin that tries many emails. The
// last two do not apply to a known browser, because others could use them up.
func guessLimits(canonical string, from origin) []team.Limit {
	if from.device != "" {
		return []team.Limit{team.LimitOf(90*time.Second, 10, "guess", canonical, "device", from.device)}
	}
	source := team.SourceOf(from.source)
	limits := []team.Limit{
		team.LimitOf(90*time.Second, 10, "guess", canonical, source),
		team.LimitOf(time.Minute, 100, "guesses", canonical),
	}
	if source != "" {
		limits = append(limits, team.LimitOf(10*time.Second, 60, "guesser", source))
	}
	if home := team.HomeOf(from.source); home != "" {
		limits = append(limits, team.LimitOf(45*time.Second, 20, "guess", canonical, home), team.LimitOf(5*time.Second, 120, "guesser", home))
	}
	return limits
}

// passkeyLimits limit how often one origin can try passkeys, to bound the load; a valid one cannot be guessed.
func passkeyLimits(source string) []team.Limit {
	if source == "" {
		return nil
	}
	return []team.Limit{team.LimitOf(time.Second, 60, "passkeys", source)}
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
	return s.store.Refund(ctx, limits[:1], limits[1:])
}

// ForgetGuesses resets the attempts of an email from this network address after a new password was set, because the
// earlier mistakes were about the old one.
func (s *Service) ForgetGuesses(ctx context.Context, email, source string) error {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return err
	}
	return s.store.Refund(ctx, guessLimits(canonical, origin{source: source})[:1], nil)
}

func (s *Service) spend(ctx context.Context, limits []team.Limit) error {
	if len(limits) == 0 {
		return nil
	}
	ok, err := s.store.Take(ctx, limits, s.team.Now())
	if err != nil || ok {
		return err
	}
	wait, err := s.store.LimitWait(ctx, limits, 1, s.team.Now())
	if err != nil {
		return err
	}
	e := RefusalTooManyAttempts.With()
	e.RetryAfter = max(wait, time.Second)
	return e
}
