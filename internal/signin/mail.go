package signin

import (
	"context"
	"time"

	"raff/internal/team"
)

// Mail prepares the emails about how a user signs in: password links, links that confirm a new email, and the notice that codes are
// no longer accepted.
type Mail struct{ s *Service }

// Mail returns the part of the service that those emails need.
func (s *Service) Mail() Mail { return Mail{s} }

// Wait returns how long an email has to wait before it can be sent, which is 0: someone is waiting for it.
func (Mail) Wait(context.Context, team.Message) (time.Duration, error) { return 0, nil }

// Prepare returns the email of a message, with a new link. It returns nil, and removes the message, if the email is no
// longer wanted.
func (m Mail) Prepare(ctx context.Context, msg team.Message) (*team.Mail, error) {
	switch msg.Kind {
	case team.MessageCodesStopped:
		return m.s.prepareCodesStopped(ctx, msg)
	case team.MessageNewEmail:
		return m.s.prepareNewEmail(ctx, msg)
	}
	return m.s.preparePassword(ctx, msg)
}

// Overdue reports that the link would come too late, so that the email is not tried again.
func (m Mail) Overdue(msg team.Message) bool {
	return msg.Kind != team.MessageCodesStopped && m.s.team.Now().After(msg.CreatedAt.Add(resetLinkTTL))
}

// Note does nothing, because the outcome of these emails is not stored.
func (Mail) Note(context.Context, team.Tx, team.Message, bool) error { return nil }

// preparePassword creates the link of an email that resets a password. There is no email if no user has the address, or
// if the request is older than the lifetime of a link.
func (s *Service) preparePassword(ctx context.Context, msg team.Message) (*team.Mail, error) {
	u, err := s.store.UserByEmail(ctx, msg.Address)
	if team.IsNotFound(err) || err == nil && s.team.Now().After(msg.CreatedAt.Add(resetLinkTTL)) {
		return nil, s.store.Update(ctx, "", team.Shared, func(tx Tx) error { return tx.DeleteMessage(ctx, msg) })
	}
	if err != nil {
		return nil, err
	}
	link, err := s.resetLink(ctx, u, team.Anonymous, nil) // the request came from someone who was not signed in
	if err != nil {
		return nil, err
	}
	return &team.Mail{ID: msg.ID, Kind: team.MessagePassword, To: u.Email, Language: u.Language, Link: link.URL, ExpiresAt: link.ExpiresAt}, nil
}
