package team

import (
	"context"
	"encoding/base32"
	"io"
	"strings"
	"time"

	"raff/internal/event"
)

// FactorKind says how a second factor is proved.
type FactorKind string

// The kinds: the six digits of an authenticator app, and a passkey of a device or security key.
const (
	FactorTOTP    FactorKind = "totp"
	FactorPasskey FactorKind = "passkey"
)

// Factor is one thing a person proves beside the password. It counts once it is Confirmed.
type Factor struct {
	ID        string
	UserID    string
	Kind      FactorKind
	Name      string
	Confirmed bool
	// Secret is what a check needs: the shared secret of an app, the public key of a passkey.
	Secret []byte
	// Step is the last time step whose code was used.
	Step       int
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// PasskeyUser is a person as passkeys know them. Credentials are the secrets of the passkeys they have.
type PasskeyUser struct {
	ID, Email, Name string
	Credentials     [][]byte
}

// SecondFactors checks second factors; the domain decides only when. Options are what a browser is asked, state is what
// must come back to the check of the answer.
type SecondFactors interface {
	// HasPasskeys reports whether browsers make passkeys for this server.
	HasPasskeys() bool
	// NewTOTP makes the secret of an authenticator app.
	NewTOTP() (secret string, err error)
	// TOTPStep is the time step to which a code belongs; ok is false for a code of no step near the moment.
	TOTPStep(secret, code string, at time.Time) (step int, ok bool)
	BeginRegistration(u PasskeyUser) (options, state []byte, err error)
	FinishRegistration(u PasskeyUser, state, answer []byte) (credential []byte, err error)
	// BeginProof asks for one of the person's passkeys. For alone, a passkey that stands for the password as well, the
	// device must make sure of the person too, by a PIN or a finger.
	BeginProof(u PasskeyUser, alone bool) (options, state []byte, err error)
	// FinishProof returns which credential answered, and what to keep of it from now on.
	FinishProof(u PasskeyUser, state, answer []byte) (which int, credential []byte, err error)
	// BeginSignIn asks with this challenge for a passkey of whoever is there, alone.
	BeginSignIn(challenge []byte) (options []byte, err error)
	// FinishSignIn is FinishProof for an answer to BeginSignIn: it names the challenge and the person itself, and find
	// decides whether they are good.
	FinishSignIn(answer []byte, find func(challenge []byte, userID string) (PasskeyUser, error)) (which int, credential []byte, err error)
}

const (
	maxFactors    = 10
	recoveryCodes = 10
	// factorWait is how long someone who gave the password has to prove the second factor.
	factorWait = 10 * time.Minute
)

// ErrFactorNeeded says that the password was right and the second factor is still to be proved.
var ErrFactorNeeded = &Error{Kind: KindUnauthenticated, Code: "second_factor_needed", Message: "Verify your second factor to continue."}

var errWrongCode = &Error{Kind: KindUnauthenticated, Code: "invalid_code", Field: "code", Message: "Wrong code. Enter the code that the app shows now, or an unused recovery code."}

// Factors are the second factors of who is signed in, and how many recovery codes are left.
func (s *Service) Factors(ctx context.Context, me SignedIn) (all []Factor, codes int, err error) {
	if all, err = s.confirmed(ctx, s.Store, me.User.ID); err != nil {
		return nil, 0, err
	}
	codes, err = s.Store.RecoveryCodesLeft(ctx, me.User.ID)
	return all, codes, err
}

func (s *Service) confirmed(ctx context.Context, r Reader, userID string) ([]Factor, error) {
	all, err := r.Factors(ctx, userID)
	if err != nil {
		return nil, err
	}
	var out []Factor
	for _, f := range all {
		if f.Confirmed {
			out = append(out, f)
		}
	}
	return out, nil
}

// AddTOTP begins with an authenticator app, for who shows that it is them. It counts once ConfirmTOTP has seen a code of it. An app that was begun and
// not confirmed is forgotten.
func (s *Service) AddTOTP(ctx context.Context, me SignedIn, proof Proof) (Factor, error) {
	if err := s.confirm(ctx, me, proof); err != nil {
		return Factor{}, err
	}
	secret, err := s.SecondFactors.NewTOTP()
	if err != nil {
		return Factor{}, err
	}
	f := Factor{ID: s.NewID(), UserID: me.User.ID, Kind: FactorTOTP, Name: "Authenticator app", Secret: []byte(secret), CreatedAt: s.now()}
	err = s.Store.Update(ctx, me.Session.AccountID, Adds, func(tx Tx) error {
		if _, err := s.session(ctx, tx, me.hash); err != nil {
			return err
		}
		if err := s.roomForFactor(ctx, tx, me.User.ID); err != nil {
			return err
		}
		return tx.InsertFactor(ctx, f)
	})
	return f, err
}

// roomForFactor forgets what was begun and not confirmed, and bounds the number of factors.
func (s *Service) roomForFactor(ctx context.Context, tx Tx, userID string) error {
	all, err := tx.Factors(ctx, userID)
	if err != nil {
		return err
	}
	n := 0
	for _, f := range all {
		if f.Confirmed {
			n++
		} else if err := tx.DeleteFactor(ctx, userID, f.ID); err != nil {
			return err
		}
	}
	if n >= maxFactors {
		return conflict("too_many_factors", "You have %d second factors, which is the maximum. Remove one first.", n)
	}
	return nil
}

// PendingTOTP is the authenticator app that was begun and waits for its first code, with the address for the app.
func (s *Service) PendingTOTP(ctx context.Context, me SignedIn) (f Factor, uri string, err error) {
	all, err := s.Store.Factors(ctx, me.User.ID)
	if err != nil {
		return Factor{}, "", err
	}
	for _, f := range all {
		if f.Kind == FactorTOTP && !f.Confirmed {
			return f, totpURI(me.User.Email, string(f.Secret)), nil
		}
	}
	return Factor{}, "", ErrNotFound
}

// totpURI is the address by which an authenticator app takes a secret over.
func totpURI(email, secret string) string {
	escape := strings.NewReplacer("%", "%25", " ", "%20", ":", "%3A", "?", "%3F", "#", "%23", "/", "%2F", "&", "%26")
	return "otpauth://totp/raff:" + escape.Replace(email) + "?secret=" + secret + "&issuer=raff"
}

// ConfirmTOTP makes the app that was begun count. With someone's first factor come recovery codes, shown this once.
func (s *Service) ConfirmTOTP(ctx context.Context, me SignedIn, code string) (recovery []string, err error) {
	f, _, err := s.PendingTOTP(ctx, me)
	if err != nil {
		return nil, err
	}
	limits := []Limit{codeRate(me.User.ID, me.Session.ID)}
	if err := s.spend(ctx, limits); err != nil {
		return nil, err
	}
	step, ok := s.SecondFactors.TOTPStep(string(f.Secret), cleanCode(code), s.now())
	if !ok {
		return nil, &Error{Kind: KindUnauthenticated, Code: "invalid_code", Field: "code", Message: "Wrong code. Enter the code that the app shows now, and check that the clock of your device is right."}
	}
	if err := s.Store.GiveBack(ctx, limits, nil, s.now()); err != nil {
		return nil, err
	}
	// It exists since now: a browser that signed in before did so without it.
	f.Confirmed, f.Step, f.CreatedAt, f.LastUsedAt = true, step, s.now(), s.now()
	return s.addFactor(ctx, me, f, func(tx Tx) error { return tx.UpdateFactor(ctx, f) })
}

// addFactor makes a factor count. The first one ends all other sessions, because they were begun without it, and brings
// recovery codes.
func (s *Service) addFactor(ctx context.Context, me SignedIn, f Factor, insert func(Tx) error) (recovery []string, err error) {
	err = s.ownChange(ctx, me, event.SecondFactorAdded{}, func(tx Tx) error {
		recovery = nil
		// The person's row is held, so that a sign-in at this moment waits and then asks for the factor.
		if _, err := s.heldUser(ctx, tx, me.User.ID); err != nil {
			return err
		}
		before, err := s.confirmed(ctx, tx, me.User.ID)
		if err != nil {
			return err
		}
		if f.Kind == FactorPasskey {
			if err := s.roomForFactor(ctx, tx, me.User.ID); err != nil {
				return err
			}
		}
		if err := insert(tx); err != nil {
			return err
		}
		if len(before) > 0 {
			return nil
		}
		if recovery, err = s.newRecoveryCodes(ctx, tx, me.User.ID); err != nil {
			return err
		}
		return tx.DeleteSessionsOf(ctx, me.User.ID, "", me.Session.ID)
	})
	return recovery, err
}

// heldUser is a person whose ways in nobody else changes until the commit.
func (s *Service) heldUser(ctx context.Context, tx Tx, id string) (User, error) {
	ok, err := tx.HoldUser(ctx, id)
	if err != nil {
		return User{}, err
	}
	if !ok {
		return User{}, ErrNotFound
	}
	return tx.User(ctx, id)
}

// RemoveFactor takes a factor away from who shows that it is them. With the last one go the recovery codes. Someone without a password keeps a passkey.
func (s *Service) RemoveFactor(ctx context.Context, me SignedIn, proof Proof, id string) error {
	if err := s.confirm(ctx, me, proof); err != nil {
		return err
	}
	return s.ownChange(ctx, me, event.SecondFactorRemoved{}, func(tx Tx) error {
		u, err := s.heldUser(ctx, tx, me.User.ID)
		if err != nil {
			return err
		}
		if err := tx.DeleteFactor(ctx, u.ID, id); err != nil {
			return err
		}
		p, _, err := s.passkeyUser(ctx, tx, u)
		if err != nil {
			return err
		}
		if u.PasswordHash == "" && len(p.Credentials) == 0 {
			return conflict("no_way_in", "This is your only way to sign in. Add another passkey or set a password first.")
		}
		left, err := s.confirmed(ctx, tx, u.ID)
		if err != nil || len(left) > 0 {
			return err
		}
		return tx.ReplaceRecoveryCodes(ctx, me.User.ID, nil)
	})
}

// NewRecoveryCodes replaces the recovery codes of who shows that it is them; those of before work no more.
func (s *Service) NewRecoveryCodes(ctx context.Context, me SignedIn, proof Proof) (codes []string, err error) {
	if err := s.confirm(ctx, me, proof); err != nil {
		return nil, err
	}
	err = s.ownChange(ctx, me, event.RecoveryCodesCreated{}, func(tx Tx) error {
		left, err := s.confirmed(ctx, tx, me.User.ID)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			return conflict("no_second_factor", "Recovery codes replace a second factor. Add a second factor first.")
		}
		codes, err = s.newRecoveryCodes(ctx, tx, me.User.ID)
		return err
	})
	return codes, err
}

func (s *Service) newRecoveryCodes(ctx context.Context, tx Tx, userID string) ([]string, error) {
	codes, hashes := make([]string, recoveryCodes), make([][]byte, recoveryCodes)
	for i := range codes {
		b := make([]byte, 10)
		if _, err := io.ReadFull(s.Rand, b); err != nil {
			return nil, err
		}
		code := strings.ToLower(base32.StdEncoding.EncodeToString(b))
		codes[i], hashes[i] = code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:], hashOf(code)
	}
	return codes, tx.ReplaceRecoveryCodes(ctx, userID, hashes)
}

// cleanCode is a code without what people put between its parts.
func cleanCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

// ResetFactors takes all second factors of a person away, for the operator of the server to help who lost them. It ends
// all their sessions.
func (s *Service) ResetFactors(ctx context.Context, email string) error {
	canonical, err := CanonicalEmail(email)
	if err != nil {
		return err
	}
	u, err := s.Store.UserByEmail(ctx, canonical)
	if err != nil {
		return notFoundIs(err, &Error{Kind: KindNotFound, Code: "not_found", Message: "No user has this email."})
	}
	return s.aboutPerson(ctx, u.ID, "", func(tx Tx, logs []string) error {
		if _, err := s.heldUser(ctx, tx, u.ID); err != nil {
			return err
		}
		all, err := tx.Factors(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, f := range all {
			if err := tx.DeleteFactor(ctx, u.ID, f.ID); err != nil {
				return err
			}
		}
		if err := tx.ReplaceRecoveryCodes(ctx, u.ID, nil); err != nil {
			return err
		}
		if err := tx.DeleteSessionsOf(ctx, u.ID, "", ""); err != nil {
			return err
		}
		return s.recordPerson(ctx, tx, logs, Operator, u, event.SecondFactorsReset{})
	})
}
