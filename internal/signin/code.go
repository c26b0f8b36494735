package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// ErrCodesStopped says that codes of an authenticator app are no longer accepted, because too many wrong ones were
// entered. The message of the returned error says what else the user can do.
var ErrCodesStopped = RefusalCodesStopped.With()

// CodeTry is the input for verifying a second factor by code, in addition to the token of the pending session.
type CodeTry struct {
	// Code is a code from an authenticator app, or a recovery code.
	Code string
	// Device is the browser's DeviceToken for this user, or empty.
	Device string
	// Source is the network address of the caller; empty if it is unknown.
	Source string
}

// maxWrongCodes is how many wrong codes of an authenticator app are accepted in a row. Someone who knows the password
// guesses a code with that many attempts with a probability of about 1 in 3,000, because three codes out of a million
// are valid at a time.
const maxWrongCodes = 100

// codeStop counts wrong codes of an authenticator app per origin. It practically never refills over time (one attempt
// per year). A correct code, a recovery code or a passkey from the same origin resets it, and so does a new password or
// another app, which have their own count.
func (a Awaiting) codeStop(device string) team.Limit {
	of := []string{a.User.ID, a.User.PasswordHash, device}
	for _, f := range a.factors {
		if f.Kind == FactorTOTP {
			of = append(of, f.ID)
		}
	}
	return team.LimitOf(365*24*time.Hour, maxWrongCodes, "codes", of...)
}

// codeTotal counts them across all passwords, against an attacker who reads the user's email and sets new passwords
// repeatedly. It does not apply to known browsers.
func codeTotal(userID string) team.Limit {
	return team.LimitOf(15*time.Minute, 3*maxWrongCodes, "codes of all", userID)
}

// appCodeLimits are the limits on codes of an authenticator app; the last one is omitted for known browsers.
func (a Awaiting) appCodeLimits(from origin) []team.Limit {
	limits := []team.Limit{codeRate(a.User.ID, from.device, from.source), a.codeStop(from.device)}
	if from.device == "" {
		limits = append(limits, codeTotal(a.User.ID))
	}
	return limits
}

// toldOf is counted once each time that codes stop.
func toldOf(stop team.Limit) team.Limit { return team.LimitOf(stop.Every, 1, "told", stop.Subject) }

// codeRate limits how fast one origin can try codes of any kind, so that no one can use up the attempts of others.
func codeRate(userID string, of ...string) team.Limit {
	return team.LimitOf(30*time.Second, 8, "code", append([]string{userID}, of...)...)
}

// recoveryRate limits how fast all origins together can try recovery codes. Recovery codes have 80 bits, so it only
// limits the load, and is generous: it must not lock out the user whose app codes have stopped.
func recoveryRate(userID string) team.Limit {
	return team.LimitOf(100*time.Millisecond, 1000, "recovery", userID)
}

// codeOrigin is a browser with which this user has verified a second factor, or else the network address. Signing in
// before there was a second factor does not make a browser known, because anyone with the password could have done that
// with any number of browsers.
func (s *Service) codeOrigin(a Awaiting, c CodeTry) origin {
	var since time.Time
	for i, f := range a.factors {
		if i == 0 || f.CreatedAt.Before(since) {
			since = f.CreatedAt
		}
	}
	return origin{source: team.SourceOf(c.Source), device: s.deviceSince(c.Device, a.User, since)}
}

// isAppCode distinguishes a code of an authenticator app from a recovery code.
func isAppCode(code string) bool {
	return len(code) <= 8 && strings.Trim(code, "0123456789") == ""
}

// ProveCode completes a sign-in with a code of an authenticator app or a recovery code. The session gets a new token.
func (s *Service) ProveCode(ctx context.Context, token string, c CodeTry) (string, error) {
	a, err := s.Awaiting(ctx, token)
	if err != nil {
		return "", err
	}
	code, from := cleanCode(c.Code), s.codeOrigin(a, c)
	if a.HasTOTP && isAppCode(code) {
		return s.proveAppCode(ctx, a, code, from, s.enteredWith(string(FactorTOTP), a, c))
	}
	limits := []team.Limit{codeRate(a.User.ID, from.device, from.source)}
	if from.device == "" {
		limits = append(limits, recoveryRate(a.User.ID))
	}
	if err := s.spend(ctx, limits); err != nil {
		return "", err
	}
	return s.finishCode(ctx, a, from, s.enteredWith("recovery_code", a, c), func(tx Tx) (bool, error) {
		return tx.UseRecoveryCode(ctx, a.User.ID, team.HashOf(code), s.team.Now())
	})
}

// enteredWith is the event of a sign-in with this second factor.
func (s *Service) enteredWith(factor string, a Awaiting, c CodeTry) event.SignedIn {
	return event.SignedIn{SecondFactor: factor, NewBrowser: s.device(c.Device, a.User) == ""}
}

func (s *Service) proveAppCode(ctx context.Context, a Awaiting, code string, from origin, told event.SignedIn) (string, error) {
	if err := s.refuseStopped(ctx, a, from); err != nil {
		return "", err
	}
	// Each attempt is counted before the code is checked, so that concurrent attempts do not exceed the limit.
	if err := s.spend(ctx, a.appCodeLimits(from)); err != nil {
		if stopped := s.refuseStopped(ctx, a, from); stopped != nil {
			return "", stopped
		}
		return "", err
	}
	used := func(Tx) (bool, error) { return false, nil }
	for _, f := range a.factors {
		if f.Kind != FactorTOTP {
			continue
		}
		secret, err := s.factors.AppSecret(f.Secret)
		if err != nil {
			return "", err
		}
		if step, ok := s.factors.TOTPStep(secret, code, s.team.Now()); ok {
			used = func(tx Tx) (bool, error) { return tx.UseFactorStep(ctx, f.ID, step, s.team.Now()) }
		}
	}
	next, err := s.finishCode(ctx, a, from, told, used)
	if errors.Is(err, errWrongCode) {
		if stopped := s.refuseStopped(ctx, a, from); stopped != nil {
			return "", stopped // this was the last one
		}
	}
	return next, err
}

// finishCode completes the session if used accepts the code, and resets the count of the origin.
func (s *Service) finishCode(ctx context.Context, a Awaiting, from origin, told event.SignedIn, used func(Tx) (bool, error)) (string, error) {
	next, err := s.proved(ctx, a, told, used)
	if errors.Is(err, errWrongCode) {
		s.refused(ctx, a.User.ID, event.ActionSecondFactorRefused)
	}
	if err != nil {
		return "", err
	}
	return next, s.forgetCodes(ctx, a, from)
}

// forgetCodes resets the count of wrong codes for an origin that verified a second factor.
func (s *Service) forgetCodes(ctx context.Context, a Awaiting, from origin) error {
	stop := a.codeStop(from.device)
	return s.store.Refund(ctx, []team.Limit{codeRate(a.User.ID, from.device, from.source), stop, toldOf(stop)}, nil)
}

// CodesStopped returns ErrCodesStopped with a message that says what to do, if too many wrong codes came from this
// origin; otherwise nil. Recovery codes and passkeys work in any case.
func (s *Service) CodesStopped(ctx context.Context, a Awaiting, c CodeTry) error {
	if !a.HasTOTP {
		return nil
	}
	return s.codesStopped(ctx, a, s.codeOrigin(a, c))
}

// refuseStopped is codesStopped for an attempt, and notifies the user.
func (s *Service) refuseStopped(ctx context.Context, a Awaiting, from origin) error {
	err := s.codesStopped(ctx, a, from)
	if errors.Is(err, ErrCodesStopped) {
		if err := s.tellStopped(ctx, a.User, a.codeStop(from.device), from.device != ""); err != nil {
			return err
		}
	}
	return err
}

func (s *Service) codesStopped(ctx context.Context, a Awaiting, from origin) error {
	wait, err := s.store.LimitWait(ctx, []team.Limit{a.codeStop(from.device)}, 1, s.team.Now())
	if err != nil || wait <= 0 {
		return err
	}
	left, err := s.store.RecoveryCodesLeft(ctx, a.User.ID)
	if err != nil {
		return err
	}
	return RefusalCodesStopped.With(s.waysOn(left > 0, a.HasPasskey))
}

// waysOn lists the ways to sign in that remain for a user whose codes have stopped.
func (s *Service) waysOn(recovery, passkey bool) (ways team.Phrases) {
	if recovery {
		ways = append(ways, team.Phrase{Text: "use one of your recovery codes"})
	}
	if passkey {
		ways = append(ways, team.Phrase{Text: "use a passkey"})
	}
	if s.team.MailDelivered() {
		return append(ways, team.Phrase{Text: "set a new password by email"})
	}
	return append(ways, team.Phrase{Text: "ask the operator of this server for a password link"})
}

// tellStopped records in the accounts of a user that codes stopped, and notifies the user: once, and with at most one
// email per day.
func (s *Service) tellStopped(ctx context.Context, u team.User, stop team.Limit, known bool) error {
	told := toldOf(stop)
	if wait, err := s.store.LimitWait(ctx, []team.Limit{told}, 1, s.team.Now()); err != nil || wait > 0 {
		return err
	}
	mail := false
	err := s.aboutPerson(ctx, u.ID, func(tx Tx, logs []string) error {
		mail = false
		if n, err := tx.TakeLimit(ctx, []team.Limit{told}, 1, s.team.Now()); err != nil || n == 0 {
			return err
		}
		if s.team.MailDelivered() {
			n, err := tx.TakeLimit(ctx, []team.Limit{team.LimitOf(24*time.Hour, 1, "codes mail", u.ID)}, 1, s.team.Now())
			if err != nil {
				return err
			}
			mail = n > 0
		}
		told := event.CodesStopped{KnownBrowser: known, WrongCodes: maxWrongCodes}
		if err := s.recordPerson(ctx, tx, logs, team.Anonymous, u, told); err != nil || !mail {
			return err
		}
		return tx.InsertMessage(ctx, team.Message{ID: s.team.NewID(), Kind: team.MessageCodesStopped, Address: u.CanonicalEmail, NextAt: s.team.Now(), CreatedAt: s.team.Now()})
	})
	if err == nil && mail {
		s.mailQueued()
	}
	return err
}

// prepareCodesStopped prepares the email about stopped codes, which has no token. There is none if the user no longer
// exists.
func (s *Service) prepareCodesStopped(ctx context.Context, msg team.Message) (*team.Mail, error) {
	u, err := s.store.UserByEmail(ctx, msg.Address)
	if team.IsNotFound(err) {
		return nil, s.store.Update(ctx, "", team.Shared, func(tx Tx) error { return tx.DeleteMessage(ctx, msg) })
	}
	if err != nil {
		return nil, err
	}
	return &team.Mail{ID: msg.ID, Kind: msg.Kind, To: u.Email, Language: u.Language, Link: s.team.PublicURL() + "/forgot"}, nil
}
