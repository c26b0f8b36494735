package rafftest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// SMTP is a mail server in this process that keeps the messages it receives.
type SMTP struct {
	options SMTPOptions
	address string
	roots   *x509.CertPool

	mu       sync.Mutex
	messages []Message
	waited   map[string]int // number of messages that Wait has returned, by recipient
	attempts map[string]int
	arrived  chan struct{} // closed and replaced for each message
}

// SMTPOptions make the server stricter. The zero value accepts every message, in plain text and without authentication.
type SMTPOptions struct {
	TLS                string // "none" (the default), "starttls" or "tls"
	Username, Password string // required credentials
	// Refuse returns the error for a recipient; attempt counts from 1 for each address. If it returns nil, the message is accepted.
	Refuse func(to string, attempt int) *smtp.SMTPError
}

// Message is a received message, decoded.
type Message struct {
	From, To string // envelope addresses
	Header   mail.Header
	Subject  string
	Text     string
	HTML     string
	Raw      string
	UTF8     bool // declared with SMTPUTF8
}

var inviteLink = regexp.MustCompile(`https?://\S+/(?:invite|password|email)/[^\s"<]+`)

// Link returns the only link in the text of the message.
func (m Message) Link(t testing.TB) string {
	t.Helper()
	links := inviteLink.FindAllString(m.Text, -1)
	if len(links) != 1 {
		t.Fatalf("the message has %d links, want 1:\n%s", len(links), m.Text)
	}
	return links[0]
}

// StartSMTP starts a mail server that stops when the test ends.
func StartSMTP(t testing.TB, options ...SMTPOptions) *SMTP {
	t.Helper()
	s := &SMTP{waited: map[string]int{}, attempts: map[string]int{}, arrived: make(chan struct{}), roots: x509.NewCertPool()}
	if len(options) > 0 {
		s.options = options[0]
	}
	if s.options.TLS == "" {
		s.options.TLS = "none"
	}
	// httptest provides a self-signed certificate for 127.0.0.1.
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	s.roots.AddCert(web.Certificate())
	certificate := &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for mail: %v", err)
	}
	s.address = listener.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	server.Domain = "mail.example.com"
	server.EnableSMTPUTF8 = true
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.ErrorLog = quiet{}
	switch s.options.TLS {
	case "starttls":
		server.TLSConfig = certificate
	case "tls":
		listener = tls.NewListener(listener, certificate)
	default:
		server.AllowInsecureAuth = true
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close() // Serve may not have begun yet; then Close did not know the listener
		if err := <-done; err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("mail server: %v", err)
		}
	})
	return s
}

// URL returns the SMTP URL for raffd.
func (s *SMTP) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.address, RawQuery: "tls=" + s.options.TLS}
	if s.options.Username != "" {
		u.User = url.UserPassword(s.options.Username, s.options.Password)
	}
	return u.String()
}

// Roots returns a pool with the server's certificate.
func (s *SMTP) Roots() *x509.CertPool { return s.roots }

// Messages returns all messages to an address so far, except notices.
func (s *SMTP) Messages(to string) []Message { return s.those(to, false) }

// Notices returns all messages to an address so far that only tell what happened, without a link that works once.
func (s *SMTP) Notices(to string) []Message { return s.those(to, true) }

func (s *SMTP) those(to string, notices bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.messages {
		if m.To == to && (len(inviteLink.FindAllString(m.Text, 1)) == 0) == notices {
			out = append(out, m)
		}
	}
	return out
}

// WaitNotice waits for a notice to an address with this subject.
func (s *SMTP) WaitNotice(t testing.TB, to, subject string) Message {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, m := range s.Notices(to) {
			if m.Subject == subject {
				return m
			}
		}
	}
	var got []string
	for _, m := range s.Notices(to) {
		got = append(got, m.Subject)
	}
	t.Fatalf("no notice %q to %s; there are %q", subject, to, got)
	return Message{}
}

// Attempts returns how often a message to the address was offered, including refusals.
func (s *SMTP) Attempts(to string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts[to]
}

// Wait returns the next message to an address: the first call the first one, the second call the second.
func (s *SMTP) Wait(t testing.TB, to string) Message {
	t.Helper()
	return s.WaitFor(t, to, 2*time.Minute)
}

// WaitFor is Wait with a time limit that is part of the test.
func (s *SMTP) WaitFor(t testing.TB, to string, patience time.Duration) Message {
	t.Helper()
	deadline := time.After(patience)
	for {
		m, ok, arrived := s.take(to)
		if ok {
			return m
		}
		select {
		case <-arrived:
		case <-deadline:
			t.Fatalf("no mail to %s within %s", to, patience)
		}
	}
}

// take returns the first message to an address that Wait has not returned. arrived is closed when a message arrives.
func (s *SMTP) take(to string) (m Message, ok bool, arrived <-chan struct{}) {
	all := s.Messages(to)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.waited[to]; n < len(all) {
		s.waited[to]++
		return all[n], true, nil
	}
	return Message{}, false, s.arrived
}

// session is one SMTP session.
type session struct {
	server *SMTP
	authed bool
	utf8   bool
	from   string
	to     []string
}

func (c *session) AuthMechanisms() []string {
	if c.server.options.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		o := c.server.options
		if username != o.Username || password != o.Password {
			return smtp.ErrAuthFailed
		}
		c.authed = true
		return nil
	}), nil
}

func (c *session) Mail(from string, o *smtp.MailOptions) error {
	if c.server.options.Username != "" && !c.authed {
		return smtp.ErrAuthRequired
	}
	c.from, c.utf8 = from, o != nil && o.UTF8
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s := c.server
	s.mu.Lock()
	s.attempts[to]++
	attempt := s.attempts[to]
	s.mu.Unlock()
	if s.options.Refuse != nil {
		if err := s.options.Refuse(to, attempt); err != nil {
			return err
		}
	}
	c.to = append(c.to, to)
	return nil
}

func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := parseMessage(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: "unreadable mail: " + err.Error()}
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range c.to {
		m.From, m.To, m.UTF8 = c.from, to, c.utf8
		s.messages = append(s.messages, m)
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
	return nil
}

func (c *session) Reset() { c.from, c.to = "", nil }

func (c *session) Logout() error { return nil }

func parseMessage(raw []byte) (Message, error) {
	in, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, err
	}
	m := Message{Header: in.Header, Raw: string(raw)}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(in.Header.Get("Subject")); err != nil {
		return Message{}, fmt.Errorf("subject: %w", err)
	}
	kind, params, err := mime.ParseMediaType(in.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return Message{}, fmt.Errorf("content type %q, %w", kind, err)
	}
	for parts := multipart.NewReader(in.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return Message{}, err
		}
		if encoding := part.Header.Get("Content-Transfer-Encoding"); encoding != "quoted-printable" {
			return Message{}, fmt.Errorf("transfer encoding %q", encoding)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return Message{}, err
		}
		switch text := strings.ReplaceAll(string(body), "\r\n", "\n"); {
		case strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain"):
			m.Text = text
		case strings.HasPrefix(part.Header.Get("Content-Type"), "text/html"):
			m.HTML = text
		}
	}
}

// quiet discards go-smtp's messages about clients that disconnect, which tests do on purpose.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
