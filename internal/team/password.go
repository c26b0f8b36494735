package team

import "context"

// passwordLink mints a link with which a person sets their first password.
func (w *work) passwordLink(u User) (string, error) {
	token, err := newToken(w.s.Rand)
	if err != nil {
		return "", err
	}
	err = w.InsertLinkToken(w.ctx, LinkToken{Hash: hashOf(token), UserID: u.ID, AccountID: w.p.AccountID, ExpiresAt: w.at.Add(ownerLinkTTL)})
	return w.s.PublicURL + "/password/" + token, err
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
		return User{}, t, &Error{Kind: KindGone, Code: "link_gone", Message: "This link was already used or has expired. Ask the operator of the server for a new one."}
	}
	u, err := r.User(ctx, t.UserID)
	return u, t, err
}

// SetPasswordByLink sets a password, once per link.
func (s *Service) SetPasswordByLink(ctx context.Context, token, name, password string) error {
	u, t, err := s.behindPasswordLink(ctx, s.Store, token)
	if err != nil {
		return err
	}
	if u, err = s.withPassword(u, name, password); err != nil {
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
		return w.record(Event{Action: "user.password_set", TargetType: "user", TargetID: u.ID, TargetName: u.Email}, nil)
	})
}
