package signin

import (
	"context"
	"errors"
	"slices"

	"raff/internal/event"
	"raff/internal/team"
)

// Accept is the input for accepting an invitation. A new user sends a name and a password; an existing user sends their
// password. Which of the two applies depends on how the token was delivered and on what is known about the email.
type Accept struct {
	Token    string
	Name     string
	Password string
	// Source is the network address of the caller; empty if it is unknown.
	Source string
	// Device is the browser's DeviceToken for the invited email, or empty.
	Device string
	// KeepKeys keeps the API keys of KeysBehindInvitation enabled if the acceptance verifies the email for the first time.
	KeepKeys bool
}

// InspectInvitation returns what the page of an invitation link shows. It changes nothing, because mail scanners open
// links, too.
func (s *Service) InspectInvitation(ctx context.Context, token string) (inv team.Invitation, who Invited, err error) {
	inv, t, err := s.team.InvitationBehind(ctx, nil, token)
	if err != nil {
		return team.Invitation{}, "", err
	}
	if inv.Also, err = s.team.OfferedTogether(ctx, inv); err != nil || !t.Mailed {
		return inv, InvitedUntold, err
	}
	u, err := s.store.UserByEmail(ctx, inv.CanonicalEmail)
	if err != nil {
		return inv, InvitedNew, team.NotFoundIs(err, nil)
	}
	who, err = s.invited(ctx, u)
	return inv, who, err
}

// KeysBehindInvitation returns the UnprovenKeys of the user with the email of an invitation. It is meant for a person who is
// InvitedUnproven.
func (s *Service) KeysBehindInvitation(ctx context.Context, inv team.Invitation) ([]team.HeldKey, error) {
	u, err := s.store.UserByEmail(ctx, inv.CanonicalEmail)
	if err != nil {
		return nil, team.NotFoundIs(err, nil)
	}
	return s.UnprovenKeys(ctx, u)
}

// Invited says how the invited person authenticates.
type Invited string

// With an emailed link, a new user chooses a password, and so does a user whose email was never verified; an existing
// user enters their password, and a user with only passkeys signs in first. The bearer of a fetched link is not told
// which of these applies.
const (
	InvitedNew      Invited = "new"
	InvitedUnproven Invited = "unproven"
	InvitedKnown    Invited = "known"
	InvitedPasskey  Invited = "passkey"
	InvitedUntold   Invited = "untold"
)

// invited returns the way for the bearer of an emailed link.
func (s *Service) invited(ctx context.Context, u team.User) (Invited, error) {
	p, _, err := s.passkeyUser(ctx, s.store, u)
	switch {
	case err != nil:
		return "", err
	case u.PasswordHash == "" && len(p.Credentials) == 0:
		return InvitedNew, nil
	case !u.Proven:
		return InvitedUnproven, nil
	case u.PasswordHash != "":
		return InvitedKnown, nil
	}
	return InvitedPasskey, nil
}

// accepting is the user who accepts an invitation, before and after.
type accepting struct {
	// before is the user as stored when the password was checked; its ID is empty if there was none.
	before team.User
	after  team.User
	// sets says that the acceptance sets the password, and noKeys that it disables the unprovenKeys.
	sets, noKeys bool
}

// AcceptInvitation makes the pending member active and keeps its id. The token works once, and only for the invited
// email. An emailed token also accepts all other open invitations of the same email in the account; a fetched token
// only accepts its own invitation, and changes nothing for an existing user.
func (s *Service) AcceptInvitation(ctx context.Context, a Accept) (team.Member, error) {
	inv, t, err := s.team.InvitationBehind(ctx, nil, a.Token)
	if err != nil {
		return team.Member{}, err
	}
	who := s.byFetched
	if t.Mailed {
		who = s.byMailed
	}
	person, err := who(ctx, inv, a)
	if err != nil {
		return team.Member{}, err
	}
	var m team.Member
	person.noKeys = person.sets && person.before.ID != "" && !a.KeepKeys
	err = s.AboutPerson(ctx, lockToEnd(person.noKeys), person.before.ID, inv.AccountID, func(tx Tx, logs []string) error {
		m, err = s.team.Accept(ctx, tx.Team(), a.Token, person.after, func(t team.InvitationToken) error {
			return s.saveAccepting(ctx, tx, inv.AccountID, person, t, logs)
		})
		return err
	})
	return m, err
}

// byMailed authenticates the bearer of an emailed link, who owns the email. It checks the password, or creates the
// record of a new user. Hashing is slow, so it happens before the transaction.
func (s *Service) byMailed(ctx context.Context, inv team.Invitation, a Accept) (p accepting, err error) {
	u, err := s.store.UserByEmail(ctx, inv.CanonicalEmail)
	if team.IsNotFound(err) {
		return s.newcomer(ctx, inv, a)
	}
	if err != nil {
		return p, err
	}
	p = accepting{before: u, after: u}
	who, err := s.invited(ctx, u)
	switch {
	case err != nil:
	case who == InvitedKnown:
		err = s.guess(ctx, u.CanonicalEmail, origin{a.Source, s.device(a.Device, u)}, u.PasswordHash, a.Password, wrongPassword)
		s.refusedBy(ctx, err, u, event.ActionSignInFailed)
	case who == InvitedPasskey:
		err = RefusalPasskeySignInFirst.With()
	default:
		p.sets = true
		p.after, err = s.withPassword(ctx, u, a.Name, a.Password)
	}
	return p, err
}

// byFetched authenticates the bearer of a link that the inviter fetched, who may be anyone. The responses are the same
// whether or not the email has a user, until a name and a password are valid for a new user.
func (s *Service) byFetched(ctx context.Context, inv team.Invitation, a Accept) (p accepting, err error) {
	var fresh accepting
	var problem error
	if fresh, problem = s.newcomer(ctx, inv, a); problem != nil && a.Name != "" {
		return p, problem
	}
	u, err := s.store.UserByEmail(ctx, inv.CanonicalEmail)
	if err != nil && !team.IsNotFound(err) {
		return p, err
	}
	if err != nil && problem == nil {
		return fresh, nil
	}
	err = s.guess(ctx, inv.CanonicalEmail, origin{a.Source, s.device(a.Device, u)}, u.PasswordHash, a.Password, notTheirs)
	s.refusedBy(ctx, err, u, event.ActionSignInFailed)
	if errors.Is(err, notTheirs) && a.Name == "" {
		err = nameless
	}
	return accepting{before: u, after: u}, err
}

// newcomer creates the record of a new user.
func (s *Service) newcomer(ctx context.Context, inv team.Invitation, a Accept) (accepting, error) {
	u := team.User{ID: s.team.NewID(), Email: inv.Email, CanonicalEmail: inv.CanonicalEmail, CreatedAt: s.team.Now()}
	u, err := s.withPassword(ctx, u, a.Name, a.Password)
	return accepting{after: u, sets: true}, err
}

var (
	wrongPassword = RefusalInvitedPasswordWrong.With()
	nameless      = RefusalNewUserNameless.With()
	notTheirs     = RefusalOtherPassword.With()
)

// AcceptSignedIn accepts an invitation as the signed-in user, if they are the invited person.
func (s *Service) AcceptSignedIn(ctx context.Context, me team.SignedIn, token string) (team.Member, error) {
	inv, _, err := s.team.InvitationBehind(ctx, nil, token)
	if err != nil {
		return team.Member{}, err
	}
	if inv.CanonicalEmail != me.User.CanonicalEmail {
		return team.Member{}, RefusalWrongAccount.With(inv.Email, me.User.Email)
	}
	var m team.Member
	err = s.store.Update(ctx, inv.AccountID, team.Shared, func(tx Tx) error {
		if _, err := s.heldUser(ctx, tx, me.User.ID); err != nil { // the email may be changed concurrently
			return team.NotFoundIs(err, team.ErrSignedOut)
		}
		fresh, err := s.team.ReadSession(ctx, tx.Team(), me.Hash)
		if err != nil {
			return err
		}
		u := fresh.User
		if u.CanonicalEmail != me.User.CanonicalEmail {
			return errTakenUp
		}
		m, err = s.team.Accept(ctx, tx.Team(), token, u, func(t team.InvitationToken) error {
			return s.saveAccepting(ctx, tx, inv.AccountID, accepting{before: u, after: u}, t, nil)
		})
		return err
	})
	return m, err
}

func (s *Service) withPassword(ctx context.Context, u team.User, name, password string) (team.User, error) {
	if u.Name == "" || name != "" {
		if err := team.CheckName(name, team.MaxPersonName); err != nil {
			return team.User{}, err
		}
		u.Name = name
	}
	if err := s.passwords.Check(password, u.Email, u.Name); err != nil {
		return team.User{}, err
	}
	hash, err := s.passwords.Hash(ctx, password)
	if err != nil {
		return team.User{}, err
	}
	u.PasswordHash, u.UpdatedAt = hash, s.team.Now()
	return u, nil
}

// onto adds a password that withPassword set to the user as stored now, and the name if it set one too. seen is the user from before the
// password was hashed, which takes so long that the user may have changed their name in the meantime.
func onto(now, seen, set team.User) team.User {
	now.PasswordHash, now.UpdatedAt = set.PasswordHash, set.UpdatedAt
	if set.Name != seen.Name {
		now.Name = set.Name
	}
	return now
}

var errTakenUp = RefusalInvitationJustAccepted.With()

// saveAccepting stores the user. If the user was created, or changed how they sign in, between the check and the
// transaction, it returns an error that asks to try again.
func (s *Service) saveAccepting(ctx context.Context, tx Tx, accountID string, p accepting, t team.InvitationToken, logs []string) error {
	u := p.after
	if !slices.Contains(logs, accountID) {
		logs = append(slices.Clone(logs), accountID)
	}
	if p.before.ID == "" {
		u.Proven, u.VouchedBy = t.Mailed, t.FetchedBy
		ok, err := tx.InsertUser(ctx, u)
		if err == nil && !ok {
			err = errTakenUp
		}
		if err != nil {
			return err
		}
		return s.recordPerson(ctx, tx, logs, u.As, u, event.PasswordSet{With: "invitation"})
	}
	if !p.sets && t.Mailed && !p.before.Proven {
		return RefusalAddressUnverified.With()
	}
	held := func(ctx context.Context, id string) (team.User, error) { return s.heldUser(ctx, tx, id) }
	now, err := unchanged(ctx, p.before, held)
	if err != nil || !p.sets {
		return err
	}
	return s.prove(ctx, tx, logs, newWayIn{before: now, after: onto(now, p.before, u), with: "invitation", noKeys: p.noKeys})
}

// unchanged returns the user as stored now, or an error if the way to sign in or the email has changed since it was checked.
func unchanged(ctx context.Context, before team.User, read func(ctx context.Context, id string) (team.User, error)) (now team.User, err error) {
	if now, err = read(ctx, before.ID); err != nil {
		return now, team.NotFoundIs(err, errTakenUp)
	}
	if now.PasswordHash != before.PasswordHash || now.Proven != before.Proven || now.CanonicalEmail != before.CanonicalEmail {
		return now, errTakenUp
	}
	return now, nil
}
