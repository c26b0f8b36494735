package team

import "context"

// Accept takes an invitation up. Somebody new gives a name and a password; somebody who has a password gives that.
type Accept struct {
	Token    string
	Name     string
	Password string
	// Source is the network address it comes from; empty where that is not known.
	Source string
}

// InspectInvitation is what the page behind a link shows; it changes nothing, because mail scanners open links too.
func (s *Service) InspectInvitation(ctx context.Context, token string) (inv Invitation, who Invited, err error) {
	if inv, err = s.invitationBehind(ctx, s.Store, token); err != nil {
		return Invitation{}, "", err
	}
	u, err := s.Store.UserByEmail(ctx, inv.CanonicalEmail)
	if err != nil {
		return inv, InvitedNew, notFoundIs(err, nil)
	}
	who, err = s.invited(ctx, u)
	return inv, who, err
}

// Invited is how whoever has the invited address proves who they are.
type Invited string

// Somebody new chooses a password, somebody known gives theirs, and who has only passkeys signs in first.
const (
	InvitedNew     Invited = "new"
	InvitedKnown   Invited = "known"
	InvitedPasskey Invited = "passkey"
)

func (s *Service) invited(ctx context.Context, u User) (Invited, error) {
	if u.PasswordHash != "" {
		return InvitedKnown, nil
	}
	p, _, err := s.passkeyUser(ctx, s.Store, u)
	if len(p.Credentials) > 0 {
		return InvitedPasskey, err
	}
	return InvitedNew, err
}

// invitationBehind finds the open invitation of a token.
func (s *Service) invitationBehind(ctx context.Context, r Reader, token string) (Invitation, error) {
	inv, current, err := r.InvitationByToken(ctx, hashOf(token))
	if err != nil {
		return Invitation{}, notFoundIs(err, &Error{Kind: KindNotFound, Code: "not_found", Message: "No invitation has this link. Check that it was copied whole."})
	}
	if err := inv.open(s.now()); err != nil {
		return Invitation{}, err
	}
	if !current {
		return Invitation{}, gone("This link was replaced by a newer one. Use the link of the latest mail.")
	}
	if inv.MemberStatus == StatusSuspended {
		return Invitation{}, conflict("member_suspended", "This invitation is on hold. Ask the person who invited you.")
	}
	return inv, nil
}

// AcceptInvitation makes the pending member active, under the id it always had. The token works once, and only for the
// address that was invited. Whatever else the same address was offered in the account becomes active with it.
func (s *Service) AcceptInvitation(ctx context.Context, a Accept) (Member, error) {
	inv, err := s.invitationBehind(ctx, s.Store, a.Token)
	if err != nil {
		return Member{}, err
	}
	u, before, err := s.acceptingUser(ctx, inv, a)
	if err != nil {
		return Member{}, err
	}
	var m Member
	p := &Principal{Type: TypeUser, ID: u.ID, AccountID: inv.AccountID, Name: u.Name, Email: u.Email, canonical: u.CanonicalEmail}
	err = s.Store.Update(ctx, inv.AccountID, Adds, func(tx Tx) error {
		w := s.work(ctx, tx, p)
		m, err = w.accept(a.Token, u, before)
		return err
	})
	return m, err
}

// acceptingUser checks the password, or makes the user record of somebody new; hashing takes long, so it happens before
// the transaction. before is the password's hash as it was read.
func (s *Service) acceptingUser(ctx context.Context, inv Invitation, a Accept) (u User, before string, err error) {
	u, err = s.Store.UserByEmail(ctx, inv.CanonicalEmail)
	if IsNotFound(err) {
		u = User{ID: s.NewID(), Email: inv.Email, CanonicalEmail: inv.CanonicalEmail, CreatedAt: s.now()}
		u, err = s.withPassword(ctx, u, a.Name, a.Password)
		return u, "", err
	}
	if err != nil {
		return u, "", err
	}
	before = u.PasswordHash
	who, err := s.invited(ctx, u)
	switch {
	case err != nil:
	case who == InvitedKnown:
		err = s.guess(ctx, u.CanonicalEmail, a.Source, before, a.Password, wrongPassword)
	case who == InvitedPasskey:
		err = conflict("sign_in_first", "This address signs in with a passkey. Sign in, then open the link of the invitation again.")
	default:
		u, err = s.withPassword(ctx, u, a.Name, a.Password)
	}
	return u, before, err
}

var wrongPassword = &Error{Kind: KindUnauthenticated, Code: "invalid_credentials", Field: "password", Message: "This address already has a password, and it is not the one given. Give the password you sign in with."}

// AcceptSignedIn takes an invitation up as who is signed in, if that is who was invited.
func (s *Service) AcceptSignedIn(ctx context.Context, me SignedIn, token string) (Member, error) {
	inv, err := s.invitationBehind(ctx, s.Store, token)
	if err != nil {
		return Member{}, err
	}
	if inv.CanonicalEmail != me.User.CanonicalEmail {
		return Member{}, denied("wrong_account", "This invitation is for %s, and you are signed in as %s. Sign in with the invited address.", inv.Email, me.User.Email)
	}
	var m Member
	err = s.Store.Update(ctx, inv.AccountID, Adds, func(tx Tx) error {
		fresh, err := s.session(ctx, tx, me.hash)
		if err != nil {
			return err
		}
		u := fresh.User
		p := &Principal{Type: TypeUser, ID: u.ID, AccountID: inv.AccountID, Name: u.Name, Email: u.Email, canonical: u.CanonicalEmail}
		m, err = s.work(ctx, tx, p).accept(token, u, u.PasswordHash)
		return err
	})
	return m, err
}

func (s *Service) withPassword(ctx context.Context, u User, name, password string) (User, error) {
	if u.Name == "" || name != "" {
		if err := checkName(name, 64); err != nil {
			return User{}, err
		}
		u.Name = name
	}
	if err := s.Passwords.Check(password, u.Email, u.Name); err != nil {
		return User{}, err
	}
	hash, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	u.PasswordHash, u.UpdatedAt = hash, s.now()
	return u, nil
}

func (w *work) accept(token string, u User, before string) (Member, error) {
	inv, err := w.s.invitationBehind(w.ctx, w, token)
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
	if err := w.saveAccepting(u, before); err != nil {
		return Member{}, err
	}
	m, err := w.Member(w.ctx, inv.AccountID, inv.ProjectID, inv.MemberID)
	if err != nil {
		return Member{}, err
	}
	if err := w.activate(&m, inv, u); err != nil {
		return Member{}, err
	}
	return m, w.acceptRest(m, u)
}

// saveAccepting stores the user. Somebody who became a user between the check and the transaction, or changed the password
// there, is asked again.
func (w *work) saveAccepting(u User, before string) error {
	old, err := w.UserByEmail(w.ctx, u.CanonicalEmail)
	if IsNotFound(err) {
		ok, err := w.InsertUser(w.ctx, u)
		if err == nil && !ok {
			err = conflict("try_again", "The same address was taken up a moment ago. Open the link again.")
		}
		return err
	}
	if err != nil {
		return err
	}
	if old.ID != u.ID || old.PasswordHash != before {
		return conflict("try_again", "The same address was taken up a moment ago. Open the link again.")
	}
	if old.PasswordHash == u.PasswordHash {
		return nil
	}
	return w.UpdateUser(w.ctx, u)
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
	return w.recordMember("invitation.accepted", *m, false, map[string]any{"role": m.Role.Slug, "user_id": u.ID})
}

// mayAccept is the guard at acceptance: the role is still of the right scope and can be handed out, and in an account
// with the strict policy the inviter still may hand it out.
func (w *work) mayAccept(m Member, inv Invitation) error {
	if err := scopeFits(m.Role, m.ProjectID); err != nil {
		return err
	}
	if m.Role.IsOwner() {
		return denied("owner_role_not_assignable", "The Owner role is not handed out by invitation. Ask for a new one with another role.")
	}
	if !w.p.account.Strict {
		return nil
	}
	stale := gone("Whoever invited you may not hand out this role any more. Ask for a new invitation.")
	inviter, err := w.inviter(inv)
	if err != nil {
		return notFoundIs(err, stale)
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

// inviter loads the principal that sent an invitation as it is now; one that cannot act any more is ErrNotFound.
func (w *work) inviter(inv Invitation) (*Principal, error) {
	kp, err := w.KeyPrincipalByID(w.ctx, inv.InvitedBy)
	var p *Principal
	switch {
	case err == nil:
		p, err = principalOfKey(kp, w.at)
	case IsNotFound(err):
		p, err = w.s.userPrincipal(w.ctx, w, inv.AccountID, inv.InvitedBy)
	}
	if e, ok := err.(*Error); ok && (e.Kind == KindUnauthenticated || e.Kind == KindDenied) { //nolint:errorlint // made by the two calls above
		return nil, ErrNotFound
	}
	return p, err
}

// acceptRest activates the other open offers the same address has in the account.
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
		if ok, err := w.CloseInvitation(w.ctx, inv.ID, InvitationAccepted, w.at); err != nil || !ok {
			return err
		}
		if err := w.activate(m, inv, u); err != nil {
			return err
		}
	}
	return nil
}

// DeclineInvitation refuses an invitation; the inviter sees it, and the link stops working.
func (s *Service) DeclineInvitation(ctx context.Context, token string) error {
	inv, err := s.invitationBehind(ctx, s.Store, token)
	if err != nil {
		return err
	}
	return s.Store.Update(ctx, inv.AccountID, Adds, func(tx Tx) error {
		inv, err := s.invitationBehind(ctx, tx, token)
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
		return w.recordMember("invitation.declined", m, false, nil)
	})
}
