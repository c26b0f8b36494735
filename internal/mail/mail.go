// Package mail sends invitations, password links and notifications by email. It has an SMTP sender, a console sender for
// development, and the worker that processes the outbox. internal/team decides what is sent and to whom.
package mail

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode"

	"raff/internal/brand"
	"raff/internal/lang"
	"raff/internal/team"
)

// Sender sends one email. An error with Permanent() true means that there is no point in retrying.
type Sender interface {
	Send(ctx context.Context, m team.Mail) error
}

// Logged returns s.Send with logging of failures. The outbox also stores them, but does not log.
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

// PermanentError is the permanent refusal of one email: the recipient does not exist, or the server rejects the content.
type PermanentError struct{ Err error }

func (e PermanentError) Error() string { return e.Err.Error() }

func (e PermanentError) Unwrap() error { return e.Err }

// Permanent tells the outbox not to retry.
func (e PermanentError) Permanent() bool { return true }

// content is what an email says, with all user input made safe to display.
type content struct {
	lang    *lang.Language
	Kind    team.MessageKind
	Inviter string // "Bob (bob@example.com)", or one of the two; empty if unknown
	Account string
	Project string
	Role    string
	Also    []string // the other places of an invitation
	To      string
	Until   string
	Link    string
	Notice  notice
	// Product is the name of the product if one is set, Accent the color of buttons.
	Product, Accent     string
	Support, SupportURL string
	Footer              []string // lines
}

// contentOf writes an email in the brand b, which is already that of its account.
func contentOf(m team.Mail, b brand.Brand) content {
	l := cmp.Or(lang.Known(m.Language), lang.English)
	c := content{
		lang: l, Kind: m.Kind, Inviter: plain(m.InviterName), Account: plain(m.AccountName), Project: plain(m.ProjectName),
		Role: plain(m.RoleName), To: plain(m.To), Link: m.Link,
		Until: l.Moment(m.ExpiresAt.UTC()), Notice: noticeOf(l, m.Notice),
		Accent: "#1f4fbf", Support: b.Support, SupportURL: b.SupportURL,
	}
	if b.Name != brand.Default().Name {
		c.Product = b.Name
	}
	if b.Accents != nil {
		c.Accent = b.Accents.Light.Accent
	}
	for _, a := range m.Also {
		c.Also = append(c.Also, also(l, a))
	}
	for line := range strings.Lines(b.Footer) {
		c.Footer = append(c.Footer, harmless(line))
	}
	switch email := plain(m.InviterEmail); {
	case c.Inviter == "":
		c.Inviter = email
	case email != "":
		c.Inviter += " (" + email + ")"
	}
	return c
}

// Subject returns the subject on one line.
func (c content) Subject() string {
	l := c.lang
	switch {
	case c.Kind == team.MessagePassword:
		return l.Say("Set a new password")
	case c.Kind == team.MessageCodesStopped:
		return l.Say("Your authenticator app codes are no longer accepted")
	case c.Kind == team.MessageNewEmail:
		return l.Say("Confirm your new email")
	case c.Kind == team.MessageNotice:
		return c.Notice.Title
	case c.Project != "" && c.Inviter != "":
		return l.Say("{inviter} invites you to the project {project} of {account}", c.Inviter, c.Project, c.Account)
	case c.Project != "":
		return l.Say("You are invited to the project {project} of {account}", c.Project, c.Account)
	case c.Inviter != "":
		return l.Say("{inviter} invites you to {account}", c.Inviter, c.Account)
	}
	return l.Say("You are invited to {account}", c.Account)
}

// longest is the maximum length of a name or email shown in a message, in runes.
const longest = 120

// plain turns a name into one harmless line that is not too long.
func plain(s string) string {
	s = harmless(s)
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest-1]) + "…"
	}
	return s
}

// harmless turns a text into one line: it removes control characters, which could end the line or control a terminal, and
// format characters, which could change the reading direction of the text around it.
func harmless(s string) string {
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
	// A header encodes only non-ASCII text, and readers decode anything that looks encoded.
	return strings.ReplaceAll(s, "=?", "= ?")
}
