package signin

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// BeginPasskey starts to register a passkey, after a confirmation of the user, and returns the options for the browser.
func (s *Service) BeginPasskey(ctx context.Context, me team.SignedIn, proof team.Proof) (options []byte, err error) {
	if err := s.confirm(ctx, me, proof); err != nil {
		return nil, err
	}
	u, _, err := s.passkeyUser(ctx, s.store, me.User)
	if err != nil {
		return nil, err
	}
	options, state, err := s.factors.BeginRegistration(u)
	if err != nil {
		return nil, err
	}
	return options, s.keepCeremony(ctx, me.Session, ceremonyRegister, state)
}

// FinishPasskey registers the passkey that the browser created. The first factor of a user comes with recovery codes,
// which are shown once.
func (s *Service) FinishPasskey(ctx context.Context, me team.SignedIn, name string, answer []byte) (recovery []string, err error) {
	if name == "" {
		name = "Passkey"
	}
	if err := team.CheckName(name, 64); err != nil {
		return nil, err
	}
	u, _, err := s.passkeyUser(ctx, s.store, me.User)
	if err != nil {
		return nil, err
	}
	state, take, err := s.ceremony(ctx, me.Session, ceremonyRegister)
	if err != nil {
		return nil, err
	}
	credential, err := s.factors.FinishRegistration(u, state, answer)
	if err != nil {
		return nil, RefusalPasskeyNotAdded.Caused(err)
	}
	f := Factor{
		ID: s.team.NewID(), UserID: me.User.ID, Kind: FactorPasskey, Name: name, Confirmed: true, Secret: credential, CreatedAt: s.team.Now(),
	}
	return s.addFactor(ctx, me, f, func(tx Tx) error {
		ok, err := take(tx)
		if err != nil {
			return err
		}
		if !ok {
			return errStaleCeremony
		}
		return tx.InsertFactor(ctx, f)
	})
}

// passkeyUser returns the user and their passkeys.
func (s *Service) passkeyUser(ctx context.Context, r Reader, u team.User) (PasskeyUser, []Factor, error) {
	all, err := s.confirmed(ctx, r, u.ID)
	if err != nil {
		return PasskeyUser{}, nil, err
	}
	p := PasskeyUser{ID: u.ID, Email: u.Email, Name: u.Name}
	var keys []Factor
	for _, f := range all {
		if f.Kind == FactorPasskey {
			p.Credentials = append(p.Credentials, f.Secret)
			keys = append(keys, f)
		}
	}
	return p, keys, nil
}

// ask starts a ceremony with one of the user's passkeys in a session. If the passkey replaces the password, the device
// must also verify the user.
func (s *Service) ask(ctx context.Context, session team.Session, u team.User, kind ceremonyKind) (options []byte, err error) {
	p, _, err := s.passkeyUser(ctx, s.store, u)
	if err != nil {
		return nil, err
	}
	options, state, err := s.factors.BeginProof(p, kind == ceremonyConfirm)
	if err != nil {
		return nil, err
	}
	return options, s.keepCeremony(ctx, session, kind, state)
}

// answered checks the response of a passkey to the ceremony of a session. take records the use of the passkey, and
// returns false if the ceremony was already completed.
func (s *Service) answered(ctx context.Context, session team.Session, u team.User, kind ceremonyKind, answer []byte) (take func(Tx) (bool, error), err error) {
	p, keys, err := s.passkeyUser(ctx, s.store, u)
	if err != nil {
		return nil, err
	}
	state, forget, err := s.ceremony(ctx, session, kind)
	if err != nil {
		return nil, err
	}
	which, credential, err := s.factors.FinishProof(p, state, answer)
	if err != nil {
		return nil, RefusalPasskeyRefused.Caused(err)
	}
	return func(tx Tx) (bool, error) {
		if ok, err := forget(tx); err != nil || !ok {
			return false, err
		}
		return true, s.usePasskey(ctx, tx, keys[which], credential)
	}, nil
}

// usePasskey records the use of a passkey. The error is errNoPasskey if it was removed in the meantime.
func (s *Service) usePasskey(ctx context.Context, tx Tx, f Factor, credential []byte) error {
	f.Secret, f.LastUsedAt = credential, s.team.Now()
	return team.NotFoundIs(tx.UpdateFactor(ctx, f), errNoPasskey)
}

// challengeLife is how long a page that asks for a passkey remains valid.
const challengeLife = time.Hour

var errNoPasskey = RefusalPasskeyUnknown.With()

// challenge returns the challenge for a sign-in without a known user. It contains its own expiry, so that nothing has to
// be stored: 16 random bytes, the expiry, and a signature over both.
func (s *Service) challenge() ([]byte, error) {
	c := make([]byte, 16, 40)
	if _, err := io.ReadFull(s.rand, c); err != nil {
		return nil, err
	}
	c = binary.BigEndian.AppendUint64(c, uint64(s.team.Now().Add(challengeLife).Unix())) //nolint:gosec // no clock is before 1970
	return append(c, s.sign(signed{purpose: "challenge", text: c})...), nil
}

// isChallenge reports whether a challenge was created here and has not expired.
func (s *Service) isChallenge(c []byte) bool {
	return len(c) == 40 && s.isSigned(c[24:], signed{purpose: "challenge", text: c[:24]}) && s.team.Now().Unix() < int64(binary.BigEndian.Uint64(c[16:24])) //nolint:gosec // signed, so created by us
}

// BeginPasskeySignIn requests a passkey of any user.
func (s *Service) BeginPasskeySignIn() (options []byte, err error) {
	c, err := s.challenge()
	if err != nil {
		return nil, err
	}
	return s.factors.BeginSignIn(c)
}

// SignInWithPasskey starts a session with the response of a passkey alone, because the device has verified the user.
// Email and Password of in are not used. The error is the same for every invalid passkey.
func (s *Service) SignInWithPasskey(ctx context.Context, answer []byte, in SignIn) (token string, err error) {
	if err := s.spend(ctx, passkeyLimits(team.SourceOf(in.Source))); err != nil {
		return "", err
	}
	var u team.User
	var keys []Factor
	var once team.Limit
	var failed error
	which, credential, err := s.factors.FinishSignIn(answer, func(challenge []byte, userID string) (p PasskeyUser, err error) {
		defer func() { failed = team.NotFoundIs(err, nil) }()
		if !s.isChallenge(challenge) {
			return p, errStaleCeremony
		}
		once = team.LimitOf(challengeLife, 1, "challenge", string(challenge))
		if u, err = s.store.User(ctx, userID); err != nil {
			return p, err
		}
		p, keys, err = s.passkeyUser(ctx, s.store, u)
		return p, err
	})
	if failed != nil {
		return "", failed
	}
	if err != nil {
		s.refused(ctx, u.ID, event.ActionSignInFailed)
		return "", errNoPasskey
	}
	// A response works once, so that it cannot be replayed.
	if ok, err := s.store.Take(ctx, []team.Limit{once}, s.team.Now()); err != nil || !ok {
		return "", errors.Join(err, errStaleCeremony)
	}
	return s.startSession(ctx, u, in, func(tx Tx, session team.Session, hash []byte) (entry, error) {
		if err := s.usePasskey(ctx, tx, keys[which], credential); err != nil {
			return entry{}, err
		}
		told := event.SignedIn{With: event.WithPasskey, NewBrowser: in.DeviceOf == nil || s.device(in.DeviceOf(u.CanonicalEmail), u) == ""}
		return entry{told: told}, tx.InsertWholeSession(ctx, session, hash)
	})
}

// HasPasskeys reports whether passkeys are possible on this server.
func (s *Service) HasPasskeys() bool { return s.factors.HasPasskeys() }
