package team

import (
	"context"
	"errors"
	"slices"

	"raff/internal/event"
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
func (s *Service) InspectInvitation(ctx context.Context, token string) (inv Invitation, who Invited, err error) {
	inv, t, err := s.invitationBehind(ctx, s.store, token)
	if err != nil {
		return Invitation{}, "", err
	}
	if !t.Mailed {
		return inv, InvitedUntold, nil
	}
	u, err := s.store.UserByEmail(ctx, inv.CanonicalEmail)
	if err != nil {
		return inv, InvitedNew, NotFoundIs(err, nil)
	}
	who, err = s.invited(ctx, u)
	return inv, who, err
}

// KeysBehindInvitation returns the UnprovenKeys of the user with the email of an invitation. It is meant for a person who is
// InvitedUnproven.
func (s *Service) KeysBehindInvitation(ctx context.Context, inv Invitation) ([]HeldKey, error) {
	u, err := s.store.UserByEmail(ctx, inv.CanonicalEmail)
	if err != nil {
		return nil, NotFoundIs(err, nil)
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
func (s *Service) invited(ctx context.Context, u User) (Invited, error) {
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

// invitationBehind finds the open invitation of a token.
func (s *Service) invitationBehind(ctx context.Context, r Reader, token string) (Invitation, InvitationToken, error) {
	none := func(err error) (Invitation, InvitationToken, error) { return Invitation{}, InvitationToken{}, err }
	inv, t, err := r.InvitationByToken(ctx, HashOf(token))
	if err != nil {
		return none(NotFoundIs(err, &Error{Kind: KindNotFound, Code: "not_found", Message: "This invitation link does not exist. Check that you copied the whole link."}))
	}
	if err := inv.open(s.Now()); err != nil {
		return none(err)
	}
	if !t.Mailed && s.mailConfigured {
		return none(Gone("This link was created before this server sent email. Ask for the invitation to be resent."))
	}
	if t.Stale {
		return none(Gone("This link was replaced by a newer one. Use the link in the latest email."))
	}
	if inv.MemberStatus == StatusSuspended {
		return none(Conflict("member_suspended", "This invitation is on hold. Ask the person who invited you."))
	}
	return inv, t, nil
}

// accepting is the user who accepts an invitation, before and after.
type accepting struct {
	// before is the user as stored when the password was checked; its ID is empty if there was none.
	before User
	after  User
	// sets says that the acceptance sets the password, and noKeys that it disables the unprovenKeys.
	sets, noKeys bool
}

// AcceptInvitation makes the pending member active and keeps its id. The token works once, and only for the invited
// email. An emailed token also accepts all other open invitations of the same email in the account; a fetched token
// only accepts its own invitation, and changes nothing for an existing user.
func (s *Service) AcceptInvitation(ctx context.Context, a Accept) (Member, error) {
	inv, t, err := s.invitationBehind(ctx, s.store, a.Token)
	if err != nil {
		return Member{}, err
	}
	who := s.byFetched
	if t.Mailed {
		who = s.byMailed
	}
	person, err := who(ctx, inv, a)
	if err != nil {
		return Member{}, err
	}
	var m Member
	person.noKeys = person.sets && person.before.ID != "" && !a.KeepKeys
	err = s.aboutPersonUnder(ctx, lockToEnd(person.noKeys), person.before.ID, inv.AccountID, func(tx Tx, logs []string) error {
		m, err = s.work(ctx, tx, person.after.as(inv.AccountID)).accept(a.Token, person, logs)
		return err
	})
	return m, err
}

// byMailed authenticates the bearer of an emailed link, who owns the email. It checks the password, or creates the
// record of a new user. Hashing is slow, so it happens before the transaction.
func (s *Service) byMailed(ctx context.Context, inv Invitation, a Accept) (p accepting, err error) {
	u, err := s.store.UserByEmail(ctx, inv.CanonicalEmail)
	if IsNotFound(err) {
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
		err = Conflict("sign_in_first", "This user signs in with a passkey. Sign in, then open the invitation link again.")
	default:
		p.sets = true
		p.after, err = s.withPassword(ctx, u, a.Name, a.Password)
	}
	return p, err
}

// byFetched authenticates the bearer of a link that the inviter fetched, who may be anyone. The responses are the same
// whether or not the email has a user, until a name and a password are valid for a new user.
func (s *Service) byFetched(ctx context.Context, inv Invitation, a Accept) (p accepting, err error) {
	var fresh accepting
	var problem error
	if fresh, problem = s.newcomer(ctx, inv, a); problem != nil && a.Name != "" {
		return p, problem
	}
	u, err := s.store.UserByEmail(ctx, inv.CanonicalEmail)
	if err != nil && !IsNotFound(err) {
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
func (s *Service) newcomer(ctx context.Context, inv Invitation, a Accept) (accepting, error) {
	u := User{ID: s.newID(), Email: inv.Email, CanonicalEmail: inv.CanonicalEmail, CreatedAt: s.Now()}
	u, err := s.withPassword(ctx, u, a.Name, a.Password)
	return accepting{after: u, sets: true}, err
}

var (
	wrongPassword = &Error{Kind: KindUnauthenticated, Code: "invalid_credentials", Field: "password", Message: "Wrong password. This email already has a password: enter the one you sign in with."}
	nameless      = &Error{Kind: KindInvalid, Code: "required", Field: "name", Message: "name is required for a new user. If you already have a login with this email, enter the password you sign in with."}
	notTheirs     = &Error{Kind: KindUnauthenticated, Code: "invalid_credentials", Field: "password", Message: "This email already has a login with a different password. If that is you, sign in first, then open the invitation link again."}
)

// AcceptSignedIn accepts an invitation as the signed-in user, if they are the invited person.
func (s *Service) AcceptSignedIn(ctx context.Context, me SignedIn, token string) (Member, error) {
	inv, _, err := s.invitationBehind(ctx, s.store, token)
	if err != nil {
		return Member{}, err
	}
	if inv.CanonicalEmail != me.User.CanonicalEmail {
		return Member{}, Denied("wrong_account", "This invitation is for %s, but you are signed in as %s. Sign in with the invited email.", inv.Email, me.User.Email)
	}
	var m Member
	err = s.store.Update(ctx, inv.AccountID, Shared, func(tx Tx) error {
		fresh, err := s.session(ctx, tx, me.hash)
		if err != nil {
			return err
		}
		u := fresh.User
		m, err = s.work(ctx, tx, u.as(inv.AccountID)).accept(token, accepting{before: u, after: u}, nil)
		return err
	})
	return m, err
}

func (s *Service) withPassword(ctx context.Context, u User, name, password string) (User, error) {
	if u.Name == "" || name != "" {
		if err := CheckName(name, 64); err != nil {
			return User{}, err
		}
		u.Name = name
	}
	if err := s.passwords.Check(password, u.Email, u.Name); err != nil {
		return User{}, err
	}
	hash, err := s.passwords.Hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	u.PasswordHash, u.UpdatedAt = hash, s.Now()
	return u, nil
}

func (w *work) accept(token string, p accepting, logs []string) (Member, error) {
	inv, t, err := w.s.invitationBehind(w.ctx, w, token)
	if err != nil {
		return Member{}, err
	}
	ok, err := w.CloseInvitation(w.ctx, inv.ID, InvitationAccepted, w.at)
	if err != nil {
		return Member{}, err
	}
	if !ok {
		return Member{}, errInvitationUsed
	}
	if w.p.account, err = w.Account(w.ctx, inv.AccountID); err != nil {
		return Member{}, err
	}
	if err := w.saveAccepting(p, t, logs); err != nil {
		return Member{}, err
	}
	m, err := w.Member(w.ctx, inv.AccountID, inv.ProjectID, inv.MemberID)
	if err != nil {
		return Member{}, err
	}
	if err := w.activate(&m, inv, p.after); err != nil || !t.Mailed {
		return m, err
	}
	return m, w.acceptRest(m, p.after)
}

var errTakenUp = Conflict("try_again", "An invitation for this email was accepted a moment ago. Open the link again.")

// saveAccepting stores the user. If the user was created, or changed how they sign in, between the check and the
// transaction, it returns an error that asks to try again.
func (w *work) saveAccepting(p accepting, t InvitationToken, logs []string) error {
	u := p.after
	if !slices.Contains(logs, w.p.AccountID) {
		logs = append(slices.Clone(logs), w.p.AccountID)
	}
	if p.before.ID == "" {
		u.Proven, u.VouchedBy = t.Mailed, t.FetchedBy
		ok, err := w.InsertUser(w.ctx, u)
		if err == nil && !ok {
			err = errTakenUp
		}
		if err != nil {
			return err
		}
		return w.s.recordPerson(w.ctx, w.Tx, logs, u.as, u, event.PasswordSet{With: "invitation"})
	}
	if !p.sets {
		if t.Mailed && !p.before.Proven {
			return Conflict("password_needed", "This email has not been verified before. Accept with a name and a new password; earlier passwords, passkeys and sessions are removed.")
		}
		return w.unchanged(p.before, w.User)
	}
	held := func(ctx context.Context, id string) (User, error) { return w.s.heldUser(ctx, w.Tx, id) }
	if err := w.unchanged(p.before, held); err != nil {
		return err
	}
	return w.s.prove(w.ctx, w.Tx, logs, newWayIn{before: p.before, after: u, with: "invitation", noKeys: p.noKeys})
}

// unchanged returns an error if the way to sign in has changed since it was checked.
func (w *work) unchanged(before User, read func(ctx context.Context, id string) (User, error)) error {
	now, err := read(w.ctx, before.ID)
	if err != nil {
		return NotFoundIs(err, errTakenUp)
	}
	if now.PasswordHash != before.PasswordHash || now.Proven != before.Proven {
		return errTakenUp
	}
	return nil
}

func (w *work) activate(m *Member, inv Invitation, u User) error {
	if err := w.mayAccept(*m, inv); err != nil {
		return err
	}
	m.bindUser(u)
	m.Status, m.AcceptedAt, m.UpdatedAt, m.Invitation = StatusActive, w.at, w.at, nil
	if err := w.KnowUser(w.ctx, m.AccountID, u.ID, w.at); err != nil {
		return err
	}
	if err := w.DeleteMessagesOf(w.ctx, inv.ID); err != nil {
		return err
	}
	if err := w.UpdateMember(w.ctx, *m); err != nil {
		return err
	}
	return w.recordMember(*m, false, event.InvitationAccepted{
		MemberName: m.personName(), ProjectName: m.ProjectName, Role: m.Role.Slug, RoleName: m.Role.Name, UserID: u.ID,
	})
}

// mayAccept is the guard at acceptance: the role must still be of the right scope and assignable, and in an account
// with the strict policy the inviter must still be allowed to assign it.
func (w *work) mayAccept(m Member, inv Invitation) error {
	if err := scopeFits(m.Role, m.ProjectID); err != nil {
		return err
	}
	if m.Role.IsOwner() {
		return Denied("owner_role_not_assignable", "The Owner role cannot be assigned by invitation. Ask for a new invitation with another role.")
	}
	if !w.p.account.Strict {
		return nil
	}
	stale := Gone("The person who invited you may no longer assign this role. Ask for a new invitation.")
	inviter, err := w.inviter(inv)
	if err != nil {
		return NotFoundIs(err, stale)
	}
	held, err := w.s.held(w.ctx, w, inviter, m.ProjectID)
	if err != nil {
		return err
	}
	if !held.Contains(m.Role.Permissions) {
		return stale
	}
	return nil
}

// inviter loads the current state of the principal that sent an invitation; the error is ErrNotFound if it can no
// longer act.
func (w *work) inviter(inv Invitation) (*Principal, error) {
	return w.principalNow(inv.AccountID, inv.InvitedBy)
}

// principalNow loads the current state of a person or key of an account; the error is ErrNotFound if it can no longer
// act there.
func (w *work) principalNow(accountID, id string) (*Principal, error) {
	kp, err := w.KeyPrincipalByID(w.ctx, id)
	var p *Principal
	switch {
	case err == nil && kp.Key.AccountID != accountID:
		err = ErrNotFound
	case err == nil:
		p, err = principalOfKey(kp, w.at)
	case IsNotFound(err):
		p, err = w.s.userPrincipal(w.ctx, w, accountID, id)
	}
	if e, ok := err.(*Error); ok && (e.Kind == KindUnauthenticated || e.Kind == KindDenied) { //nolint:errorlint // made by the two calls above
		return nil, ErrNotFound
	}
	return p, err
}

// acceptRest accepts the other open invitations of the same email in the account. An invitation that cannot be accepted
// now, because its sender may no longer assign the role, stays open and does not block the others.
func (w *work) acceptRest(done Member, u User) error {
	all, err := w.MembershipsOf(w.ctx, done.AccountID, done.CanonicalEmail)
	if err != nil {
		return err
	}
	for i := range all {
		m := &all[i]
		if m.ID == done.ID || m.Type != TypeInvitation || m.Status != StatusPending || m.Invitation == nil {
			continue
		}
		inv := *m.Invitation
		if inv.open(w.at) != nil {
			continue
		}
		if err := w.mayAccept(*m, inv); err != nil {
			if isRefusal(err) {
				continue
			}
			return err
		}
		if ok, err := w.CloseInvitation(w.ctx, inv.ID, InvitationAccepted, w.at); err != nil || !ok {
			return err
		}
		if err := w.activate(m, inv, u); err != nil {
			return err
		}
	}
	return nil
}

// DeclineInvitation declines an invitation. The inviter can see that, and the link stops working.
func (s *Service) DeclineInvitation(ctx context.Context, token string) error {
	inv, _, err := s.invitationBehind(ctx, s.store, token)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, inv.AccountID, Shared, func(tx Tx) error {
		inv, _, err := s.invitationBehind(ctx, tx, token)
		if err != nil {
			return err
		}
		w := s.work(ctx, tx, &Principal{Type: TypeInvitation, ID: inv.MemberID, AccountID: inv.AccountID, Name: inv.Email})
		ok, err := w.CloseInvitation(ctx, inv.ID, InvitationDeclined, w.at)
		if err != nil {
			return err
		}
		if !ok {
			return errInvitationUsed
		}
		if err := w.DeleteMessagesOf(ctx, inv.ID); err != nil {
			return err
		}
		m, err := w.Member(ctx, inv.AccountID, inv.ProjectID, inv.MemberID)
		if err != nil {
			return err
		}
		return w.recordMember(m, false, event.InvitationDeclined{ProjectName: m.ProjectName, RoleName: m.Role.Name})
	})
}
