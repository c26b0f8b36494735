package team

import (
	"context"
	"time"
)

// resetLinkTTL is how long somebody who forgot a password has to set another.
const resetLinkTTL = time.Hour

// passwordLink mints a link with which a person sets a password.
func (w *work) passwordLink(u User, purpose string) (Link, error) {
	token, err := newToken(w.s.Rand)
	if err != nil {
		return Link{}, err
	}
	ttl := ownerLinkTTL
	if purpose == LinkReset {
		ttl = resetLinkTTL
	}
	link := Link{URL: w.s.PublicURL + "/password/" + token, ExpiresAt: w.at.Add(ttl)}
	return link, w.InsertLinkToken(w.ctx, LinkToken{Hash: hashOf(token), UserID: u.ID, Purpose: purpose, AccountID: w.p.AccountID, ExpiresAt: link.ExpiresAt})
}

// InspectPasswordLink is whose password a link sets; it changes nothing.
func (s *Service) InspectPasswordLink(ctx context.Context, token string) (User, error) {
	u, _, err := s.behindPasswordLink(ctx, s.Store, token)
	return u, err
}

func (s *Service) behindPasswordLink(ctx context.Context, r Reader, token string) (User, LinkToken, error) {
	t, err := r.LinkToken(ctx, hashOf(token))
	if err != nil {
		return User{}, t, notFoundIs(err, &Error{Kind: KindNotFound, Code: "not_found", Message: "No such link. Check that it was copied whole."})
	}
	if !t.UsedAt.IsZero() || over(t.ExpiresAt, s.now()) {
		return User{}, t, &Error{Kind: KindGone, Code: "link_gone", Message: "This link was already used or has expired. Ask for a new one on the page where you sign in."}
	}
	u, err := r.User(ctx, t.UserID)
	return u, t, err
}

// SetPasswordByLink sets a password, once per link. It ends all sessions of the person and uses up their other links:
// whoever knew the old password is out.
func (s *Service) SetPasswordByLink(ctx context.Context, token, name, password string) error {
	u, t, err := s.behindPasswordLink(ctx, s.Store, token)
	if err != nil {
		return err
	}
	if u, err = s.withPassword(ctx, u, name, password); err != nil {
		return err
	}
	return s.Store.Update(ctx, t.AccountID, TakesAway, func(tx Tx) error {
		if _, _, err := s.behindPasswordLink(ctx, tx, token); err != nil {
			return err
		}
		w := s.work(ctx, tx, &Principal{Type: TypeUser, ID: u.ID, AccountID: t.AccountID, Name: u.Name, Email: u.Email})
		ok, err := w.UseLinkToken(ctx, t.Hash, w.at)
		if err != nil {
			return err
		}
		if !ok {
			return &Error{Kind: KindGone, Code: "link_gone", Message: "This link was already used. Sign in with the password that was set."}
		}
		if err := w.UpdateUser(ctx, u); err != nil {
			return err
		}
		if err := w.UseLinkTokensOf(ctx, u.ID, w.at); err != nil {
			return err
		}
		if err := w.DeleteSessionsOf(ctx, u.ID, "", ""); err != nil {
			return err
		}
		return w.record(Event{Action: "user.password_set", TargetType: "user", TargetID: u.ID, TargetName: u.Email}, nil)
	})
}

// ChangePassword sets a new password for who is signed in and shows that it is them. It ends all their other sessions.
func (s *Service) ChangePassword(ctx context.Context, me SignedIn, proof Proof, next string) error {
	if err := s.Confirm(ctx, me, proof); err != nil {
		return err
	}
	u, err := s.withPassword(ctx, me.User, "", next)
	if err != nil {
		return err
	}
	return s.replacePassword(ctx, me, u, "user.password_changed", nil)
}

// RemovePassword leaves somebody who has passkeys with those alone: a password that does not exist is not stolen. It ends
// all their other sessions. A password link sets one again.
func (s *Service) RemovePassword(ctx context.Context, me SignedIn, proof Proof) error {
	if err := s.Confirm(ctx, me, proof); err != nil {
		return err
	}
	u := me.User
	u.PasswordHash, u.UpdatedAt = "", s.now()
	return s.replacePassword(ctx, me, u, "user.password_removed", func(tx Tx) error {
		p, _, err := s.passkeyUser(ctx, tx, u)
		if err == nil && len(p.Credentials) == 0 {
			err = conflict("no_way_in", "Without a password you need a passkey to sign in. Add one first.")
		}
		return err
	})
}

// replacePassword writes a person whose password changed, if nobody changed it meanwhile and check agrees.
func (s *Service) replacePassword(ctx context.Context, me SignedIn, u User, action string, check func(Tx) error) error {
	return s.ownChange(ctx, me, action, func(tx Tx) error {
		now, err := s.heldUser(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if now.PasswordHash != me.User.PasswordHash {
			return conflict("try_again", "The password was changed a moment ago, in another window or by a link. Try again.")
		}
		if check != nil {
			if err := check(tx); err != nil {
				return err
			}
		}
		if err := tx.UpdateUser(ctx, u); err != nil {
			return err
		}
		if err := tx.UseLinkTokensOf(ctx, u.ID, s.now()); err != nil {
			return err
		}
		return tx.DeleteSessionsOf(ctx, u.ID, "", me.Session.ID)
	})
}

// ForgotPassword has a link mailed to an address, if somebody has it. The answer does not tell whether somebody does.
func (s *Service) ForgotPassword(ctx context.Context, email, source string) error {
	canonical, err := CanonicalEmail(email)
	if err != nil {
		return err
	}
	if !s.MailDelivered {
		return conflict("no_mail", "This server sends no mail. Ask its operator for a password link.")
	}
	if err := s.spend(ctx, askLimits(canonical, sourceOf(source))); err != nil {
		return err
	}
	now := s.now()
	if err := s.Store.QueuePasswordMail(ctx, Message{ID: s.NewID(), Kind: MessagePassword, Address: canonical, NextAt: now, CreatedAt: now}); err != nil {
		return err
	}
	s.MailQueued()
	return nil
}

// PasswordLink is a password link for the operator of the server to hand over, where no mail is sent.
func (s *Service) PasswordLink(ctx context.Context, email string) (Link, error) {
	canonical, err := CanonicalEmail(email)
	if err != nil {
		return Link{}, err
	}
	u, err := s.Store.UserByEmail(ctx, canonical)
	if err != nil {
		return Link{}, notFoundIs(err, &Error{Kind: KindNotFound, Code: "not_found", Message: "Nobody has this address. Somebody who was invited and has not accepted yet needs the link of the invitation."})
	}
	return s.resetLink(ctx, u, Operator)
}

// resetLink mints a link that sets a forgotten password. The event goes to an account the person is known in.
func (s *Service) resetLink(ctx context.Context, u User, actor func(accountID string) *Principal) (Link, error) {
	account, err := s.Store.HomeOf(ctx, u.ID)
	if err != nil {
		return Link{}, err
	}
	var link Link
	err = s.Store.Update(ctx, account, Adds, func(tx Tx) error {
		w := s.work(ctx, tx, actor(account))
		if link, err = w.passwordLink(u, LinkReset); err != nil {
			return err
		}
		return w.record(Event{Action: "user.password_link_made", TargetType: "user", TargetID: u.ID, TargetName: u.Email}, nil)
	})
	return link, err
}
