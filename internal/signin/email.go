package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// emailLinkTTL is the lifetime of a link that confirms a new email.
const emailLinkTTL = time.Hour

// newEmail is what the message with such a link needs.
type newEmail struct {
	UserID string `json:"user_id"`
	Email  string `json:"email"`
	// Language is the user's.
	Language string `json:"language,omitempty"`
}

// RequestEmail sends a link to the email that the signed-in user wants to have, after a confirmation. Nothing changes before the
// link is opened. If another user has that email, it is told so, and the response is the same.
func (s *Service) RequestEmail(ctx context.Context, me team.SignedIn, proof team.Proof, email string) error {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return err
	}
	if email == me.User.Email {
		return RefusalSameEmail.With()
	}
	if !s.team.MailDelivered() {
		return RefusalEmailNotVerifiable.With()
	}
	if err := s.confirm(ctx, me, proof); err != nil {
		return err
	}
	limits := append(s.mailLimits.Reset.Limits("new email", canonical), s.mailLimits.Reset.Limits("new email of", me.User.ID)...)
	if err := s.spend(ctx, limits); err != nil {
		return err
	}
	err = s.store.Update(ctx, me.Session.AccountID, team.Shared, func(tx Tx) error {
		if _, err := s.team.ReadSession(ctx, tx.Team(), me.Hash); err != nil {
			return err
		}
		now := s.team.Now()
		other, err := tx.UserByEmail(ctx, canonical)
		if err == nil && other.ID != me.User.ID {
			return s.queueNotice(ctx, tx, team.Notice{What: team.NoticeEmailTaken, To: other.Email, At: now})
		}
		if err != nil && !team.IsNotFound(err) {
			return err
		}
		details, err := json.Marshal(newEmail{me.User.ID, email, me.User.Language})
		if err != nil {
			return fmt.Errorf("encode the message: %w", err)
		}
		return tx.InsertMessage(ctx, team.Message{
			ID: s.team.NewID(), Kind: team.MessageNewEmail, Address: email, Details: string(details), NextAt: now, CreatedAt: now,
		})
	})
	if err == nil {
		s.mailQueued()
	}
	return err
}

// prepareNewEmail creates the link of an email that confirms a new email.
func (s *Service) prepareNewEmail(ctx context.Context, msg team.Message) (mail *team.Mail, err error) {
	var want newEmail
	if json.Unmarshal([]byte(msg.Details), &want) != nil || s.team.Now().After(msg.CreatedAt.Add(emailLinkTTL)) {
		return nil, s.store.Update(ctx, "", team.Shared, func(tx Tx) error { return tx.DeleteMessage(ctx, msg) })
	}
	err = s.store.Update(ctx, "", team.Shared, func(tx Tx) error {
		token, err := team.NewToken(s.rand)
		if err != nil {
			return err
		}
		t := team.LinkToken{Hash: team.HashOf(token), UserID: want.UserID, Purpose: team.LinkEmail, Email: want.Email, ExpiresAt: s.team.Now().Add(emailLinkTTL)}
		mail = &team.Mail{ID: msg.ID, Kind: team.MessageNewEmail, To: want.Email, Language: want.Language, Link: s.team.PublicURL() + "/email/" + token, ExpiresAt: t.ExpiresAt}
		return tx.InsertLinkToken(ctx, t)
	})
	return mail, err
}

// InspectEmailLink returns the email that a link confirms. The link only works for the user who requested it: otherwise the owner
// of a mistyped mailbox could take over the user.
func (s *Service) InspectEmailLink(ctx context.Context, me team.SignedIn, token string) (email string, err error) {
	t, err := s.emailLink(ctx, s.store, me, token)
	return t.Email, err
}

func (s *Service) emailLink(ctx context.Context, r Reader, me team.SignedIn, token string) (team.LinkToken, error) {
	t, err := r.LinkToken(ctx, team.HashOf(token))
	switch {
	case err != nil:
		return t, team.NotFoundIs(err, RefusalPasswordLinkUnknown.With())
	case t.Purpose != team.LinkEmail:
		return t, RefusalPasswordLinkUnknown.With()
	case t.UserID != me.User.ID:
		return t, RefusalEmailLinkOfOther.With(me.User.Email)
	case !t.UsedAt.IsZero() || team.Expired(t.ExpiresAt, s.team.Now()):
		return t, RefusalEmailLinkGone.With()
	}
	return t, nil
}

// ConfirmEmail changes the email of the signed-in user to the one that a link confirms, in all their accounts. The email that they
// had before is told. Other links of the user stop working.
func (s *Service) ConfirmEmail(ctx context.Context, me team.SignedIn, token string) (u team.User, err error) {
	t, err := s.emailLink(ctx, s.store, me, token)
	if err != nil {
		return u, err
	}
	canonical, err := team.CanonicalEmail(t.Email)
	if err != nil {
		return u, err
	}
	err = s.AboutPerson(ctx, team.Exclusive, me.User.ID, "", func(tx Tx, logs []string) error {
		if u, err = s.heldUser(ctx, tx, me.User.ID); err != nil {
			return err
		}
		if _, err := s.team.ReadSession(ctx, tx.Team(), me.Hash); err != nil {
			return err
		}
		if _, err := s.emailLink(ctx, tx, me, token); err != nil {
			return err
		}
		if err := s.emailFree(ctx, tx, u, canonical, logs); err != nil {
			return err
		}
		if err := tx.UseLinkTokensOf(ctx, u.ID, s.team.Now()); err != nil {
			return err
		}
		told := event.EmailChanged{Email: event.Change[string]{From: u.Email, To: t.Email}}
		u.Email, u.CanonicalEmail, u.UpdatedAt, u.Proven, u.VouchedBy = t.Email, canonical, s.team.Now(), true, ""
		if err := tx.UpdateUser(ctx, u); err != nil {
			return err
		}
		return s.recordPerson(ctx, tx, logs, u.As, u, told)
	})
	return u, err
}

// emailFree refuses an email that another user has, or that is invited in one of the accounts.
func (s *Service) emailFree(ctx context.Context, tx Tx, u team.User, canonical string, logs []string) error {
	if canonical == u.CanonicalEmail {
		return nil // only the spelling changes
	}
	if _, err := tx.UserByEmail(ctx, canonical); err == nil {
		return RefusalEmailTaken.With()
	} else if !team.IsNotFound(err) {
		return err
	}
	for _, account := range logs {
		invited, err := tx.Team().MembershipsOf(ctx, account, canonical)
		if err != nil {
			return err
		}
		if len(invited) > 0 {
			return RefusalEmailInvited.With()
		}
	}
	return nil
}
