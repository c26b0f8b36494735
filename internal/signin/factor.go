package signin

import (
	"context"
	"encoding/base32"
	"io"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// FactorKind is the kind of a second factor.
type FactorKind string

// The kinds: an authenticator app with 6-digit codes, and a passkey on a device or security key.
const (
	FactorTOTP    FactorKind = "totp"
	FactorPasskey FactorKind = "passkey"
)

// Factor is a second factor of a user. It takes effect once it is Confirmed.
type Factor struct {
	ID        string
	UserID    string
	Kind      FactorKind
	Name      string
	Confirmed bool
	// Secret is what a check needs: the shared secret of an app, or the credential of a passkey.
	Secret []byte
	// Step is the last time step whose code was used.
	Step       int
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// PasskeyUser is a user as seen by WebAuthn. Credentials are the Secrets of their passkeys.
type PasskeyUser struct {
	ID, Email, Name string
	Credentials     [][]byte
}

// SecondFactors checks second factors; the domain only decides when. Options are the WebAuthn options for the browser,
// state is what the check of the response needs.
type SecondFactors interface {
	// HasPasskeys reports whether passkeys are possible for this server.
	HasPasskeys() bool
	// NewTOTP creates the secret of an authenticator app, as it is stored, and AppSecret returns it from that, in base32.
	NewTOTP() (stored []byte, err error)
	AppSecret(stored []byte) (string, error)
	// Reseal returns the stored form of the same secret with the current key; changed is false if it has that already.
	Reseal(stored []byte) (fresh []byte, changed bool, err error)
	// TOTPStep returns the time step of a code; ok is false if the code is not valid around the given time.
	TOTPStep(secret, code string, at time.Time) (step int, ok bool)
	BeginRegistration(u PasskeyUser) (options, state []byte, err error)
	FinishRegistration(u PasskeyUser, state, answer []byte) (credential []byte, err error)
	// BeginProof requests one of the user's passkeys. With alone, the passkey also replaces the password, so the device
	// must verify the user with a PIN or biometrics.
	BeginProof(u PasskeyUser, alone bool) (options, state []byte, err error)
	// FinishProof returns the credential that responded, and its updated Secret.
	FinishProof(u PasskeyUser, state, answer []byte) (which int, credential []byte, err error)
	// BeginSignIn requests, with the given challenge, a passkey of any user, without a password.
	BeginSignIn(challenge []byte) (options []byte, err error)
	// FinishSignIn is FinishProof for a response to BeginSignIn: the response names the challenge and the user, and find
	// decides whether they are valid.
	FinishSignIn(answer []byte, find func(challenge []byte, userID string) (PasskeyUser, error)) (which int, credential []byte, err error)
}

const (
	maxFactors    = 10
	recoveryCodes = 10
)

var errWrongCode = RefusalWrongCode.With()

// Factors returns the second factors of the signed-in user, and the number of unused recovery codes.
func (s *Service) Factors(ctx context.Context, me team.SignedIn) (all []Factor, codes int, err error) {
	if all, err = s.confirmed(ctx, s.store, me.User.ID); err != nil {
		return nil, 0, err
	}
	codes, err = s.store.RecoveryCodesLeft(ctx, me.User.ID)
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

// AddTOTP starts to add an authenticator app, after a confirmation of the user. It takes effect after ConfirmTOTP. An
// earlier app that was not confirmed is deleted.
func (s *Service) AddTOTP(ctx context.Context, me team.SignedIn, proof team.Proof) (Factor, error) {
	if err := s.confirm(ctx, me, proof); err != nil {
		return Factor{}, err
	}
	secret, err := s.factors.NewTOTP()
	if err != nil {
		return Factor{}, err
	}
	f := Factor{ID: s.team.NewID(), UserID: me.User.ID, Kind: FactorTOTP, Name: "Authenticator app", Secret: secret, CreatedAt: s.team.Now()}
	err = s.store.Update(ctx, me.Session.AccountID, team.Shared, func(tx Tx) error {
		// A reset that is under way removes what was set up before, and would not see what is added concurrently.
		if _, err := s.heldUser(ctx, tx, me.User.ID); err != nil {
			return err
		}
		if _, err := s.team.ReadSession(ctx, tx.Team(), me.Hash); err != nil {
			return err
		}
		if err := s.roomForFactor(ctx, tx, me.User.ID); err != nil {
			return err
		}
		return tx.InsertFactor(ctx, f)
	})
	return f, err
}

// roomForFactor deletes unconfirmed factors, and limits the number of factors.
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
		return RefusalTooManyFactors.With(n)
	}
	return nil
}

// PendingTOTP returns the secret of the authenticator app that is not confirmed yet, in base32, and the URI for the app.
func (s *Service) PendingTOTP(ctx context.Context, me team.SignedIn) (secret, uri string, err error) {
	_, secret, err = s.pendingTOTP(ctx, me)
	return secret, s.totpURI(me.User.Email, secret), err
}

// pendingTOTP returns the authenticator app that is not confirmed yet, with its secret.
func (s *Service) pendingTOTP(ctx context.Context, me team.SignedIn) (f Factor, secret string, err error) {
	all, err := s.store.Factors(ctx, me.User.ID)
	if err != nil {
		return Factor{}, "", err
	}
	for _, f := range all {
		if f.Kind == FactorTOTP && !f.Confirmed {
			secret, err := s.factors.AppSecret(f.Secret)
			return f, secret, err
		}
	}
	return Factor{}, "", team.ErrNotFound
}

// totpURI is the otpauth URI with which an authenticator app imports a secret.
func (s *Service) totpURI(email, secret string) string {
	escape := strings.NewReplacer("%", "%25", " ", "%20", ":", "%3A", "?", "%3F", "#", "%23", "/", "%2F", "&", "%26", "=", "%3D", "+", "%2B")
	return "otpauth://totp/" + escape.Replace(s.product) + ":" + escape.Replace(email) + "?secret=" + secret + "&issuer=" + escape.Replace(s.product)
}

// ConfirmTOTP confirms the pending app. The first factor of a user comes with recovery codes, which are shown once.
func (s *Service) ConfirmTOTP(ctx context.Context, me team.SignedIn, code string) (recovery []string, err error) {
	f, secret, err := s.pendingTOTP(ctx, me)
	if err != nil {
		return nil, err
	}
	limits := []team.Limit{codeRate(me.User.ID, me.Session.ID)}
	if err := s.spend(ctx, limits); err != nil {
		return nil, err
	}
	step, ok := s.factors.TOTPStep(secret, cleanCode(code), s.team.Now())
	if !ok {
		return nil, RefusalWrongFirstCode.With()
	}
	if err := s.store.Refund(ctx, limits, nil); err != nil {
		return nil, err
	}
	// The factor exists from now on: a browser that signed in before did so without it.
	f.Confirmed, f.Step, f.CreatedAt, f.LastUsedAt = true, step, s.team.Now(), s.team.Now()
	return s.addFactor(ctx, me, f, func(tx Tx) error { return tx.UpdateFactor(ctx, f) })
}

// addFactor activates a factor. The first one ends all other sessions, because they were started without it, and
// creates recovery codes.
func (s *Service) addFactor(ctx context.Context, me team.SignedIn, f Factor, insert func(Tx) error) (recovery []string, err error) {
	err = s.ownChange(ctx, me, event.SecondFactorAdded{}, func(tx Tx) error {
		recovery = nil
		// The user's row is locked, so that a concurrent sign-in waits and then asks for the factor.
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

// heldUser locks a user's ways to sign in until the commit, and returns the user.
func (s *Service) heldUser(ctx context.Context, tx Tx, id string) (team.User, error) {
	ok, err := tx.HoldUser(ctx, id)
	if err != nil {
		return team.User{}, err
	}
	if !ok {
		return team.User{}, team.ErrNotFound
	}
	return tx.User(ctx, id)
}

// RemoveFactor removes a factor, after a confirmation of the user. Removing the last one also removes the recovery
// codes. A user without a password keeps at least one passkey.
func (s *Service) RemoveFactor(ctx context.Context, me team.SignedIn, proof team.Proof, id string) error {
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
			return RefusalOnlyPasskey.With()
		}
		left, err := s.confirmed(ctx, tx, u.ID)
		if err != nil || len(left) > 0 {
			return err
		}
		return tx.ReplaceRecoveryCodes(ctx, me.User.ID, nil)
	})
}

// NewRecoveryCodes replaces the recovery codes, after a confirmation of the user. Earlier codes stop working.
func (s *Service) NewRecoveryCodes(ctx context.Context, me team.SignedIn, proof team.Proof) (codes []string, err error) {
	if err := s.confirm(ctx, me, proof); err != nil {
		return nil, err
	}
	err = s.ownChange(ctx, me, event.RecoveryCodesCreated{}, func(tx Tx) error {
		left, err := s.confirmed(ctx, tx, me.User.ID)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			return RefusalNoFactorToReplace.With()
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
		if _, err := io.ReadFull(s.rand, b); err != nil {
			return nil, err
		}
		code := strings.ToLower(base32.StdEncoding.EncodeToString(b))
		codes[i], hashes[i] = code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:], team.HashOf(code)
	}
	return codes, tx.ReplaceRecoveryCodes(ctx, userID, hashes)
}

// cleanCode removes spaces and hyphens from a code.
func cleanCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

// ResetFactors removes all second factors of a user who lost them, for the operator of the server. It ends all their
// sessions.
func (s *Service) ResetFactors(ctx context.Context, email string) error {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return err
	}
	u, err := s.store.UserByEmail(ctx, canonical)
	if err != nil {
		return team.NotFoundIs(err, RefusalUnknownUser.With())
	}
	return s.ResetFactorsOf(ctx, u, nil)
}

// ResetFactorsOf is ResetFactors for a user. also runs in the transaction; it may be nil.
func (s *Service) ResetFactorsOf(ctx context.Context, u team.User, also func(Tx) error) error {
	return s.aboutPerson(ctx, u.ID, func(tx Tx, logs []string) error {
		if _, err := s.heldUser(ctx, tx, u.ID); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
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
		return s.recordPerson(ctx, tx, logs, team.Operator, u, event.SecondFactorsReset{})
	})
}
