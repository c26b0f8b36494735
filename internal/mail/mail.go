// Package mail carries invitations, password links and warnings to people: an SMTP sender, a console sender for development, and the worker that
// empties the outbox. What is in a mail and who gets it is decided by internal/team.
package mail

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode"

	"raff/internal/team"
)

// Sender delivers one mail. An error with Permanent() true means that trying again is of no use.
type Sender interface {
	Send(ctx context.Context, m team.Mail) error
}

// Logged is s.Send that also tells the operator's log why a mail did not go out; the outbox keeps that for itself.
func Logged(s Sender, logger *slog.Logger) func(context.Context, team.Mail) error {
	return func(ctx context.Context, m team.Mail) error {
		err := s.Send(ctx, m)
		if err != nil && ctx.Err() == nil {
			var final PermanentError
			logger.WarnContext(ctx, "sending an email failed", "message", m.ID, "error", err, "final", errors.As(err, &final))
		}
		return err
	}
}

var (
	_ Sender = (*SMTP)(nil)
	_ Sender = Console{}
)

// PermanentError is the refusal of one mail for good: the address does not exist, or the server does not take such a mail.
type PermanentError struct{ Err error }

func (e PermanentError) Error() string { return e.Err.Error() }

func (e PermanentError) Unwrap() error { return e.Err }

// Permanent tells the outbox not to try again.
func (e PermanentError) Permanent() bool { return true }

// content is what a mail says, with every word made safe to show to a person.
type content struct {
	Kind    team.MessageKind
	Inviter string // "Bob (bob@example.com)", or one of the two; empty when nobody is known
	Account string
	Project string
	Role    string
	To      string
	Until   string
	Link    string
}

func contentOf(m team.Mail) content {
	c := content{
		Kind: m.Kind, Inviter: plain(m.InviterName), Account: plain(m.AccountName), Project: plain(m.ProjectName),
		Role: plain(m.RoleName), To: plain(m.To), Link: m.Link,
		Until: m.ExpiresAt.UTC().Format("Monday, 2 January 2006, 15:04 UTC"),
	}
	switch email := plain(m.InviterEmail); {
	case c.Inviter == "":
		c.Inviter = email
	case email != "":
		c.Inviter += " (" + email + ")"
	}
	return c
}

// Subject is one line.
func (c content) Subject() string {
	switch {
	case c.Kind == team.MessagePassword:
		return "Set a new password"
	case c.Kind == team.MessageCodesStopped:
		return "Your authenticator app codes are no longer accepted"
	case c.Project != "" && c.Inviter != "":
		return c.Inviter + " invites you to the project " + c.Project + " of " + c.Account
	case c.Project != "":
		return "You are invited to the project " + c.Project + " of " + c.Account
	case c.Inviter != "":
		return c.Inviter + " invites you to " + c.Account
	}
	return "You are invited to " + c.Account
}

// longest bounds what a mail repeats of a name or an address, in runes.
const longest = 120

// plain makes one harmless line of a name: no control characters, which could end a line or steer a terminal, and no
// format characters, which could turn the reading direction of the words around it.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	// A header encodes only what is not ASCII, and a reader decodes whatever looks encoded.
	s = strings.ReplaceAll(s, "=?", "= ?")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest-1]) + "…"
	}
	return s
}
