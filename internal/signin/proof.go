package signin

import (
	"context"

	"raff/internal/event"
	"raff/internal/team"
)

// BeginConfirm requests one of the passkeys of the signed-in user.
func (s *Service) BeginConfirm(ctx context.Context, me team.SignedIn) (options []byte, err error) {
	p, _, err := s.passkeyUser(ctx, s.store, me.User)
	if err != nil {
		return nil, err
	}
	if len(p.Credentials) == 0 {
		return nil, RefusalNoPasskey.With()
	}
	return s.ask(ctx, me.Session, me.User, ceremonyConfirm)
}

// confirm checks a proof, which works once. Every operation that requires a proof calls it, so that neither the API nor
// the pages can omit it.
func (s *Service) confirm(ctx context.Context, me team.SignedIn, proof team.Proof) error {
	if len(proof.Passkey) == 0 && me.User.PasswordHash == "" {
		return RefusalProofByPasskey.With()
	}
	if len(proof.Passkey) == 0 && proof.Password == "" {
		return RefusalProofNeeded.With()
	}
	if len(proof.Passkey) == 0 {
		wrong := RefusalProofPasswordWrong.With()
		err := s.guess(ctx, me.User.CanonicalEmail, origin{proof.Source, me.Session.ID}, me.User.PasswordHash, proof.Password, wrong)
		s.refusedBy(ctx, err, me.User, event.ActionSignInFailed)
		return err
	}
	take, err := s.answered(ctx, me.Session, me.User, ceremonyConfirm, proof.Passkey)
	if err != nil {
		s.refusedBy(ctx, err, me.User, event.ActionSignInFailed)
		return err
	}
	return s.store.Update(ctx, me.Session.AccountID, team.Shared, func(tx Tx) error {
		ok, err := take(tx)
		if err == nil && !ok {
			err = errStaleCeremony
		}
		return err
	})
}

// ConfirmPrincipal checks a proof of the user who acts with a session.
func (s *Service) ConfirmPrincipal(ctx context.Context, p *team.Principal, proof team.Proof) error {
	me, err := s.team.ReadSession(ctx, nil, p.SessionHash())
	if err != nil {
		return err
	}
	return s.confirm(ctx, me, proof)
}

// Awaiting is a user who has entered the right password and still has to verify a second factor.
type Awaiting struct {
	User       team.User
	HasTOTP    bool
	HasPasskey bool

	session team.Session
	hash    []byte
	factors []Factor
}

// Awaiting returns the user who has to verify a second factor with this token. The error is ErrSignedOut for every
// invalid token.
func (s *Service) Awaiting(ctx context.Context, token string) (Awaiting, error) {
	if len(token) != team.TokenLength {
		return Awaiting{}, team.ErrSignedOut
	}
	row, err := s.store.Session(ctx, team.HashOf(token), s.team.Now())
	if err != nil {
		return Awaiting{}, team.NotFoundIs(err, team.ErrSignedOut)
	}
	if !row.Session.Awaits || !s.team.Now().Before(row.Session.CreatedAt.Add(team.FactorWait)) {
		return Awaiting{}, team.ErrSignedOut
	}
	a := Awaiting{User: row.User, session: row.Session, hash: team.HashOf(token)}
	if a.factors, err = s.confirmed(ctx, s.store, row.User.ID); err != nil {
		return Awaiting{}, err
	}
	for _, f := range a.factors {
		a.HasTOTP = a.HasTOTP || f.Kind == FactorTOTP
		a.HasPasskey = a.HasPasskey || f.Kind == FactorPasskey
	}
	return a, nil
}

// BeginProof requests one of the user's passkeys as the second factor.
func (s *Service) BeginProof(ctx context.Context, token string) (options []byte, err error) {
	a, err := s.Awaiting(ctx, token)
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, a.session, a.User, ceremonyProve)
}

// ProvePasskey completes a sign-in with the response of a passkey. The session gets a new token. from is the origin of
// the attempt; its Code is not used.
func (s *Service) ProvePasskey(ctx context.Context, token string, answer []byte, from CodeTry) (string, error) {
	a, err := s.Awaiting(ctx, token)
	if err != nil {
		return "", err
	}
	take, err := s.answered(ctx, a.session, a.User, ceremonyProve, answer)
	if err != nil {
		s.refusedBy(ctx, err, a.User, event.ActionSecondFactorRefused)
		return "", err
	}
	next, err := s.proved(ctx, a, event.SignedIn{SecondFactor: string(FactorPasskey), NewBrowser: s.device(from.Device, a.User) == ""}, take)
	if err != nil {
		return "", err
	}
	return next, s.forgetCodes(ctx, a, s.codeOrigin(a, from))
}

// proved replaces a pending session with a complete one. used uses up what was verified, so that it works once.
func (s *Service) proved(ctx context.Context, a Awaiting, told event.SignedIn, used func(Tx) (bool, error)) (string, error) {
	token, err := team.NewToken(s.rand)
	if err != nil {
		return "", err
	}
	err = s.aboutPerson(ctx, a.User.ID, func(tx Tx, logs []string) error {
		// A concurrent reset ends all sessions, but would not see a session that is added while it runs.
		if _, err := s.heldUser(ctx, tx, a.User.ID); err != nil {
			return err
		}
		if _, err := tx.Session(ctx, a.hash, s.team.Now()); err != nil {
			return team.NotFoundIs(err, team.ErrSignedOut)
		}
		ok, err := used(tx)
		if err != nil {
			return err
		}
		if !ok {
			return errWrongCode
		}
		now := s.team.Now()
		session := a.session
		session.ID, session.CreatedAt, session.LastSeenAt, session.ExpiresAt = s.team.NewID(), now, now, now.Add(team.SessionLife)
		session.Awaits = false
		if ok, err = tx.TakeAwaiting(ctx, a.hash); err != nil {
			return err
		}
		if !ok {
			return team.ErrSignedOut
		}
		if err := tx.InsertWholeSession(ctx, session, team.HashOf(token)); err != nil {
			return err
		}
		if err := tx.KeepSessions(ctx, session.UserID, false, s.sessions); err != nil {
			return err
		}
		return s.recordPerson(ctx, tx, logs, a.User.As, a.User, told)
	})
	return token, err
}
