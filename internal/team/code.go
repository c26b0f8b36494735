package team

import (
	"context"
	"errors"
	"strings"
	"time"

	"raff/internal/event"
)

// ErrCodesStopped says that no code of an authenticator app is taken any more, because too many wrong ones were given. The
// message of the error that is returned says what else the person can do.
var ErrCodesStopped = &Error{Kind: KindUnauthenticated, Code: "codes_stopped", Field: "code", Message: "Codes from the authenticator app are no longer accepted."}

// CodeTry is what someone gives to finish signing in, beside the token of the session that awaits it.
type CodeTry struct {
	// Code is one that an authenticator app shows, or a recovery code.
	Code string
	// Device is the DeviceToken that the browser keeps for this person, or empty.
	Device string
	// Source is the network address it comes from; empty where that is not known.
	Source string
}

// maxWrongCodes is how many wrong codes of an authenticator app are taken one after the other. Someone who knows the
// password guesses one of a million in that many with a chance of about one in 3,000, because three of them work at a
// moment.
const maxWrongCodes = 100

// codeStop counts wrong codes of an authenticator app. Time gives practically none back: one in a year. A right code, a
// recovery code or a passkey does, from where the wrong ones came, and so does a new password or another app, for which
// nobody gave a wrong code.
func (a Awaiting) codeStop(device string) Limit {
	of := []string{a.User.ID, a.User.PasswordHash, device}
	for _, f := range a.factors {
		if f.Kind == FactorTOTP {
			of = append(of, f.ID)
		}
	}
	return limitOf(365*24*time.Hour, maxWrongCodes, "codes", of...)
}

// codeTotal counts them over all passwords, for someone who reads the person's mail and sets a new password again and again.
// It is of no concern to browsers that are known.
func codeTotal(userID string) Limit {
	return limitOf(15*time.Minute, 3*maxWrongCodes, "codes of all", userID)
}

// appCodeLimits are those on codes of an authenticator app; the last may not be there.
func (a Awaiting) appCodeLimits(from origin) []Limit {
	limits := []Limit{codeRate(a.User.ID, from.device, from.source), a.codeStop(from.device)}
	if from.device == "" {
		limits = append(limits, codeTotal(a.User.ID))
	}
	return limits
}

// toldOf is counted once for each time that codes stop.
func toldOf(stop Limit) Limit { return limitOf(stop.Every, 1, "told", stop.Subject) }

// codeRate bounds how fast one guesser tries codes of any kind, so that nobody uses up the attempts of others.
func codeRate(userID string, of ...string) Limit {
	return limitOf(30*time.Second, 8, "code", append([]string{userID}, of...)...)
}

// recoveryRate bounds how fast many guessers together try recovery codes. Those have 80 bits, so it is about the work they
// cause, and generous: it must not shut out the person, for whom codes have stopped.
func recoveryRate(userID string) Limit {
	return limitOf(100*time.Millisecond, 1000, "recovery", userID)
}

// codeOrigin is a browser that this person proved a second factor with, or else the network address. What a browser did
// before there was a second factor does not make it known: whoever knew the password could do that with any number.
func (s *Service) codeOrigin(a Awaiting, c CodeTry) origin {
	var since time.Time
	for i, f := range a.factors {
		if i == 0 || f.CreatedAt.Before(since) {
			since = f.CreatedAt
		}
	}
	return origin{source: SourceOf(c.Source), device: s.deviceSince(c.Device, a.User, since)}
}

// isAppCode tells what an authenticator app may show from a recovery code.
func isAppCode(code string) bool {
	return len(code) <= 8 && strings.Trim(code, "0123456789") == ""
}

// ProveCode finishes signing in with a code of an authenticator app or a recovery code. The session gets a new token.
func (s *Service) ProveCode(ctx context.Context, token string, c CodeTry) (string, error) {
	a, err := s.Awaiting(ctx, token)
	if err != nil {
		return "", err
	}
	code, from := cleanCode(c.Code), s.codeOrigin(a, c)
	if a.HasTOTP && isAppCode(code) {
		return s.proveAppCode(ctx, a, code, from)
	}
	limits := []Limit{codeRate(a.User.ID, from.device, from.source)}
	if from.device == "" {
		limits = append(limits, recoveryRate(a.User.ID))
	}
	if err := s.spend(ctx, limits); err != nil {
		return "", err
	}
	return s.finishCode(ctx, a, from, "recovery_code", func(tx Tx) (bool, error) {
		return tx.UseRecoveryCode(ctx, a.User.ID, hashOf(code), s.now())
	})
}

func (s *Service) proveAppCode(ctx context.Context, a Awaiting, code string, from origin) (string, error) {
	if err := s.refuseStopped(ctx, a, from); err != nil {
		return "", err
	}
	// Each attempt is counted before the code is looked at, so that many at once are no more than many in a row.
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
		if step, ok := s.SecondFactors.TOTPStep(string(f.Secret), code, s.now()); ok {
			used = func(tx Tx) (bool, error) { return tx.UseFactorStep(ctx, f.ID, step, s.now()) }
		}
	}
	next, err := s.finishCode(ctx, a, from, string(FactorTOTP), used)
	if errors.Is(err, errWrongCode) {
		if stopped := s.refuseStopped(ctx, a, from); stopped != nil {
			return "", stopped // this was the last one
		}
	}
	return next, err
}

// finishCode makes the session whole if used takes the code up, and forgets the wrong ones from there.
func (s *Service) finishCode(ctx context.Context, a Awaiting, from origin, how string, used func(Tx) (bool, error)) (string, error) {
	next, err := s.proved(ctx, a, how, used)
	if errors.Is(err, errWrongCode) {
		s.refused(ctx, a.User.ID, event.ActionSecondFactorRefused)
	}
	if err != nil {
		return "", err
	}
	return next, s.forgetCodes(ctx, a, from)
}

// forgetCodes begins anew with the codes of whoever proved a second factor from there.
func (s *Service) forgetCodes(ctx context.Context, a Awaiting, from origin) error {
	stop := a.codeStop(from.device)
	return s.Store.GiveBack(ctx, []Limit{codeRate(a.User.ID, from.device, from.source), stop, toldOf(stop)}, nil, s.now())
}

// CodesStopped is ErrCodesStopped with what to do, if so many wrong codes came from where this comes from; else nil.
// Recovery codes and passkeys work all the same.
func (s *Service) CodesStopped(ctx context.Context, a Awaiting, c CodeTry) error {
	if !a.HasTOTP {
		return nil
	}
	return s.codesStopped(ctx, a, s.codeOrigin(a, c))
}

// refuseStopped is codesStopped for an attempt, which the person gets to know about.
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
	wait, err := s.Store.LimitWait(ctx, []Limit{a.codeStop(from.device)}, 1, s.now())
	if err != nil || wait <= 0 {
		return err
	}
	left, err := s.Store.RecoveryCodesLeft(ctx, a.User.ID)
	if err != nil {
		return err
	}
	stopped := *ErrCodesStopped
	stopped.Message = s.waysOn(left > 0, a.HasPasskey)
	return &stopped
}

// waysOn says what someone can do for whom codes have stopped.
func (s *Service) waysOn(recovery, passkey bool) string {
	var ways []string
	if recovery {
		ways = append(ways, "use one of your recovery codes")
	}
	if passkey {
		ways = append(ways, "use a passkey")
	}
	if s.MailDelivered {
		ways = append(ways, "set a new password by email")
	} else {
		ways = append(ways, "ask the operator of this server for a password link")
	}
	last := len(ways) - 1
	text := ways[last]
	if last > 0 {
		text = strings.Join(ways[:last], ", ") + ", or " + text
	}
	return "Too many wrong codes were entered, so codes from your authenticator app are no longer accepted here. To sign in, " + text + "."
}

// tellStopped tells the accounts of a person, and the person, that codes stopped: once, and the person by no more than one
// mail in a day.
func (s *Service) tellStopped(ctx context.Context, u User, stop Limit, known bool) error {
	told := toldOf(stop)
	if wait, err := s.Store.LimitWait(ctx, []Limit{told}, 1, s.now()); err != nil || wait > 0 {
		return err
	}
	mail := false
	err := s.aboutPerson(ctx, u.ID, "", func(tx Tx, logs []string) error {
		mail = false
		if n, err := tx.TakeLimit(ctx, []Limit{told}, 1, s.now()); err != nil || n == 0 {
			return err
		}
		if s.MailDelivered {
			n, err := tx.TakeLimit(ctx, []Limit{limitOf(24*time.Hour, 1, "codes mail", u.ID)}, 1, s.now())
			if err != nil {
				return err
			}
			mail = n > 0
		}
		told := event.CodesStopped{KnownBrowser: known, WrongCodes: maxWrongCodes}
		if err := s.recordPerson(ctx, tx, logs, Anonymous, u, told); err != nil || !mail {
			return err
		}
		return tx.InsertMessage(ctx, Message{ID: s.NewID(), Kind: MessageCodesStopped, Address: u.CanonicalEmail, NextAt: s.now(), CreatedAt: s.now()})
	})
	if err == nil && mail {
		s.MailQueued()
	}
	return err
}

// prepareCodesStopped is a mail without a token; someone who is gone gets none.
func (s *Service) prepareCodesStopped(ctx context.Context, msg Message) (*Mail, error) {
	u, err := s.Store.UserByEmail(ctx, msg.Address)
	if IsNotFound(err) {
		return nil, s.Store.Update(ctx, "", Adds, func(tx Tx) error { return tx.DeleteMessage(ctx, msg.ID) })
	}
	if err != nil {
		return nil, err
	}
	return &Mail{ID: msg.ID, Kind: msg.Kind, To: u.Email, Link: s.PublicURL + "/forgot"}, nil
}
