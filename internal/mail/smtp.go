package mail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"raff/internal/brand"
	"raff/internal/redaction"
	"raff/internal/team"
)

// patience is the maximum time for connecting, and for sending one email.
const patience = 30 * time.Second

// lastWord is how long raffd waits at shutdown for the response to an email that was just transmitted.
const lastWord = 5 * time.Second

// SMTP sends emails through one mail server. It is safe for concurrent use and opens a connection for each email.
type SMTP struct {
	config Config
	brand  brand.Brand
}

// NewSMTP returns a sender of emails of a product with this brand. It does not connect until there is an email to send. A sender without
// a name gets the name of the product, if the operator has set one.
func NewSMTP(c Config, b brand.Brand) *SMTP {
	if c.From.Name == "" && b.Name != brand.Default().Name {
		c.From.Name = b.Name
	}
	return &SMTP{c, b}
}

// Send sends one email. Its error is a PermanentError if the server will never accept this email; any other error can be
// retried. When ctx ends, the connection is closed and the error is that of ctx: the email was certainly not sent. But
// once transmission of the text has begun, the server has a few seconds to respond, because closing the connection
// between the end of the text and the response would cause the email to be sent twice. Errors never contain the password.
func (s *SMTP) Send(ctx context.Context, m team.Mail) error {
	line := &line{}
	msg, err := s.compose(m, line)
	if err != nil {
		return PermanentError{fmt.Errorf("compose the email: %w", err)}
	}
	client, err := s.client(line, asciiOnly(msg))
	if err != nil {
		return fmt.Errorf("set up the mail client: %w", err)
	}
	stop := context.AfterFunc(ctx, line.end)
	defer stop()
	err = explain(redaction.Error(client.DialAndSendWithContext(ctx, msg)))
	switch {
	case err == nil, msg.IsDelivered(): // the server accepted it, even if closing the session failed
		return nil
	case refused(err):
		return PermanentError{fmt.Errorf("%s rejected the email: %w", s.config.Host, err)}
	case ctx.Err() != nil && !line.begun():
		return fmt.Errorf("send through %s: %w", s.config.Host, ctx.Err())
	case ctx.Err() != nil:
		return fmt.Errorf("send through %s: no response in time: %v", s.config.Host, err) //nolint:errorlint // it may have been sent
	}
	return fmt.Errorf("send through %s: %w", s.config.Host, err)
}

// failure is an error of one attempt, with a reason that the account may see: what the mail server said about the email, but
// nothing about the mail server itself.
type failure struct {
	error
	reason string
}

func (f failure) Unwrap() error { return f.error }

// Reason tells the outbox what the account may see.
func (f failure) Reason() string { return f.reason }

// explain adds the reason to an error.
func explain(err error) error {
	if err == nil {
		return nil
	}
	reason := "The mail server cannot be reached, or refuses the connection."
	var e *gomail.SendError
	if errors.As(err, &e) && e.ErrorCode() > 0 {
		code := strconv.Itoa(e.ErrorCode())
		_, text, _ := strings.Cut(e.Error(), code+" ")
		text, _, _ = strings.Cut(text, ", affected recipient")
		reason = plain("The mail server responded: " + code + " " + strings.Trim(text, `"`))
	}
	return failure{err, reason}
}

// line is the connection for sending one email.
type line struct {
	mu      sync.Mutex
	conn    net.Conn
	writing bool // transmission of the text has begun
	over    bool
}

var errOver = errors.New("the server is stopping")

func (l *line) dial(config *tls.Config) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var conn net.Conn
		var err error
		if config != nil {
			conn, err = (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
		} else {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.over {
			_ = conn.Close() // nothing was sent yet
			return nil, errOver
		}
		l.conn = conn
		return conn, nil
	}
}

// begin is called before the first byte of the text.
func (l *line) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return errOver
	}
	l.writing = true
	return nil
}

func (l *line) begun() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writing
}

func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	switch {
	case l.conn == nil:
	case l.writing:
		_ = l.conn.SetDeadline(time.Now().Add(lastWord)) // fails only if the connection is already closed
	default:
		_ = l.conn.Close() // the error appears where the connection is used
	}
}

// asciiOnly reports whether the envelope addresses are ASCII; the library encodes everything else.
func asciiOnly(m *gomail.Msg) bool {
	sender, err := m.GetSender(false)
	recipients, err2 := m.GetRecipients()
	return err == nil && err2 == nil && isASCII(sender+strings.Join(recipients, ""))
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 }

// client enables SMTPUTF8 only for addresses that need it: a relay bounces an email that declares it if the next server
// does not support it, even though the email does not need it.
func (s *SMTP) client(l *line, plainAddresses bool) (*gomail.Client, error) {
	c := s.config
	config := &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
	dial := l.dial(nil)
	if c.TLS == Implicit {
		dial = l.dial(config)
	}
	opts := []gomail.Option{
		gomail.WithPort(c.Port),
		gomail.WithTimeout(patience),
		gomail.WithTLSConfig(config),
		gomail.WithDialContextFunc(dial),
	}
	if plainAddresses {
		opts = append(opts, gomail.WithoutSMTPUTF8())
	}
	login := gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover)
	switch c.TLS {
	case StartTLS:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS)) // dial has already set up TLS, which the library cannot see
		login = gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlainNoEnc,
			gomail.SMTPAuthLoginNoEnc, gomail.SMTPAuthCramMD5)
	case None:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
		login = gomail.WithSMTPAuth(gomail.SMTPAuthPlainNoEnc) // Parse allows this only for the local machine
	}
	if c.username != "" {
		opts = append(opts, login, gomail.WithUsername(c.username), gomail.WithPassword(c.password))
	}
	return gomail.NewClient(c.Host, opts...)
}

// refused reports whether the server permanently refused this recipient or text. A 5xx response to the connection, the
// login or the sender is a problem with the setup instead: once it is fixed, the email can be sent.
func refused(err error) bool {
	const loginRequired = 530
	var e *gomail.SendError
	if !errors.As(err, &e) || e.ErrorCode()/100 != 5 || e.ErrorCode() == loginRequired {
		return false
	}
	return e.Reason == gomail.ErrSMTPRcptTo || e.Reason == gomail.ErrSMTPData || e.Reason == gomail.ErrSMTPDataClose
}

// compose creates the message. Headers are set through the library, which encodes line breaks.
func (s *SMTP) compose(m team.Mail, l *line) (*gomail.Msg, error) {
	to, err := mailbox(m.To)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	look, from := s.brand.With(brand.OwnOf(m.Branding)), s.config.From
	from.Name = cmp.Or(plain(look.Sender), from.Name)
	msg.FromMailAddress(&from)
	msg.ToMailAddress(to)
	// A reply goes to the person who invites, unless their address needs SMTPUTF8, which this email may not.
	if reply, err := mailbox(m.InviterEmail); err == nil && isASCII(reply.Address) {
		if err := msg.ReplyTo(reply.Address); err != nil {
			return nil, err
		}
	}
	c := contentOf(m, look)
	msg.Subject(c.Subject())
	msg.SetDate()
	// All attempts to send an email have the same Message-ID, so that mailboxes can detect duplicates.
	_, domain, _ := strings.Cut(s.config.From.Address, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	body := bodies[c.Kind]
	var text bytes.Buffer
	if err := body.text.Execute(&text, c); err != nil {
		return nil, err
	}
	msg.SetBodyWriter(gomail.TypeTextPlain, func(w io.Writer) (int64, error) {
		if err := l.begin(); err != nil {
			return 0, err
		}
		n, err := w.Write(text.Bytes())
		return int64(n), err
	})
	return msg, msg.AddAlternativeHTMLTemplate(body.html, c)
}

// mailbox parses one bare address and converts its domain to the ASCII form that every mail server accepts.
func mailbox(s string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return nil, fmt.Errorf("%q is not a single email address", s)
	}
	at := strings.LastIndexByte(s, '@')
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	if err != nil {
		return nil, fmt.Errorf("the domain of %q is not valid: %w", s, err)
	}
	return &netmail.Address{Address: s[:at+1] + domain}, nil
}
