package mail

import (
	"context"
	"fmt"

	"raff/internal/redaction"
)

// Check connects and signs in to the mail server as for an email, and asks whether it accepts the sender. It sends nothing.
// Errors never contain the password.
func (s *SMTP) Check(ctx context.Context) error {
	l := &line{}
	client, err := s.client(l, true)
	if err != nil {
		return fmt.Errorf("set up the mail client: %w", err)
	}
	stop := context.AfterFunc(ctx, l.end)
	defer stop()
	defer l.end()
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", s.config, redaction.Error(err))
	}
	if err := session.Mail(s.config.From.Address); err != nil {
		return fmt.Errorf("%s refuses the sender %s: %w", s.config, s.config.From.Address, redaction.Error(err))
	}
	_ = session.Reset() // the sender was accepted, which is all that was asked
	_ = session.Quit()
	return nil
}
