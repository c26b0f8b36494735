package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"raff/internal/team"
)

// patience bounds the connection and the delivery of one mail, each.
const patience = 30 * time.Second

// SMTP sends through one mail server. It is safe for concurrent use and keeps no connection open between mails.
type SMTP struct{ config Config }

// NewSMTP makes a sender. It connects when there is something to send.
func NewSMTP(c Config) *SMTP { return &SMTP{config: c} }

// Send delivers one mail, or says why not: a PermanentError when this mail will never be taken, any other when it
// may be later. ctx ends the attempt to connect, and nothing after it: a connection cut between the end of a mail and
// the server's answer would send that mail twice. An error never holds the password.
func (s *SMTP) Send(ctx context.Context, m team.Mail) error {
	msg, err := s.compose(m)
	if err != nil {
		return PermanentError{fmt.Errorf("write the mail: %w", err)}
	}
	client, err := s.client()
	if err != nil {
		return fmt.Errorf("set up the mail client: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	switch {
	case err == nil, msg.IsDelivered(): // the server has it, even if it then failed to say good-bye
		return nil
	case refused(err):
		return PermanentError{fmt.Errorf("%s refused the mail: %w", s.config.Host, err)}
	}
	return fmt.Errorf("send through %s: %w", s.config.Host, err)
}

func (s *SMTP) client() (*gomail.Client, error) {
	c := s.config
	opts := []gomail.Option{
		gomail.WithPort(c.Port),
		gomail.WithTimeout(patience),
		gomail.WithTLSConfig(&tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}),
	}
	login := gomail.SMTPAuthAutoDiscover
	switch c.TLS {
	case StartTLS:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		opts = append(opts, gomail.WithSSL())
	case None:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
		login = gomail.SMTPAuthPlainNoEnc // Parse allows a login here only to this very machine
	}
	if c.username != "" {
		opts = append(opts, gomail.WithSMTPAuth(login), gomail.WithUsername(c.username), gomail.WithPassword(c.password))
	}
	return gomail.NewClient(c.Host, opts...)
}

// refused reports whether the server said no to this recipient or this text for good. A 5xx to the connection, the
// login or the sender is about the set-up instead: somebody will mend it, and then the mail shall go out.
func refused(err error) bool {
	const loginRequired = 530
	var e *gomail.SendError
	if !errors.As(err, &e) || e.ErrorCode()/100 != 5 || e.ErrorCode() == loginRequired {
		return false
	}
	return e.Reason == gomail.ErrSMTPRcptTo || e.Reason == gomail.ErrSMTPData || e.Reason == gomail.ErrSMTPDataClose
}

// compose writes the mail. Headers are set through the library, which encodes whatever could end a line.
func (s *SMTP) compose(m team.Mail) (*gomail.Msg, error) {
	to, err := mailbox(m.To)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&s.config.From)
	msg.ToMailAddress(to)
	c := contentOf(m)
	msg.Subject(c.Subject())
	msg.SetDate()
	// One message has one id, however often it is tried, so that a mailbox can tell that it has it already.
	_, domain, _ := strings.Cut(s.config.From.Address, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	body := bodies[c.Kind]
	if err := msg.SetBodyTextTemplate(body.text, c); err != nil {
		return nil, err
	}
	return msg, msg.AddAlternativeHTMLTemplate(body.html, c)
}

// mailbox is one bare address, its domain in the ASCII form that every mail server takes.
func mailbox(s string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return nil, fmt.Errorf("%q is not one mail address", s)
	}
	at := strings.LastIndexByte(s, '@')
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	if err != nil {
		return nil, fmt.Errorf("the domain of %q is not valid: %w", s, err)
	}
	return &netmail.Address{Address: s[:at+1] + domain}, nil
}
