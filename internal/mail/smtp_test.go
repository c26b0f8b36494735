package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"raff/internal/brand"
	"raff/internal/mail"
	"raff/internal/rafftest"
	"raff/internal/team"
)

const password = "correct:horse/battery@staple"

var invitation = team.Mail{
	ID: "0195a5c8-0000-7000-8000-000000000001", To: "alice@example.com",
	AccountName: "Acme", RoleName: "Admin", InviterName: "Bob", InviterEmail: "bob@example.com",
	Link:      "https://team.example.com/invite/fake-token_for-a-test",
	ExpiresAt: time.Date(2031, 5, 9, 12, 30, 0, 0, time.UTC),
}

// sender returns a sender for the server's URL that trusts its certificate.
func sender(t *testing.T, server *rafftest.SMTP) *mail.SMTP {
	t.Helper()
	c, err := mail.Parse(server.URL(), `"Raff at Acme" <team@example.com>`)
	if err != nil {
		t.Fatal(err)
	}
	c.RootCAs = server.Roots()
	return mail.NewSMTP(c, brand.Default())
}

func isPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

func TestSendOverEachTLSMode(t *testing.T) {
	for _, way := range []string{"none", "starttls", "tls"} {
		for _, login := range []string{"", "raff"} {
			t.Run(way+"/login="+login, func(t *testing.T) {
				options := rafftest.SMTPOptions{TLS: way, Username: login}
				if login != "" {
					options.Password = password
				}
				server := rafftest.StartSMTP(t, options)
				if err := sender(t, server).Send(t.Context(), invitation); err != nil {
					t.Fatal(err)
				}
				if got := server.Wait(t, "alice@example.com").Link(t); got != invitation.Link {
					t.Errorf("link %q, want %q", got, invitation.Link)
				}
			})
		}
	}
}

func TestMessage(t *testing.T) {
	server := rafftest.StartSMTP(t)
	if err := sender(t, server).Send(t.Context(), invitation); err != nil {
		t.Fatal(err)
	}
	m := server.Wait(t, "alice@example.com")

	want := map[string]string{
		"From":           `"Raff at Acme" <team@example.com>`,
		"To":             "<alice@example.com>",
		"Reply-To":       "<bob@example.com>",
		"Subject":        "Bob (bob@example.com) invites you to Acme",
		"Message-Id":     "<0195a5c8-0000-7000-8000-000000000001@example.com>",
		"Auto-Submitted": "auto-generated",
		"Mime-Version":   "1.0",
	}
	for name, value := range want {
		if got := m.Header[name]; len(got) != 1 || got[0] != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if sent, err := m.Header.Date(); err != nil || time.Since(sent) > time.Minute {
		t.Errorf("Date: %v, %v", sent, err)
	}
	if m.From != "team@example.com" {
		t.Errorf("envelope from %q", m.From)
	}
	for _, part := range []string{m.Text, strings.Join(strings.Fields(m.HTML), " ")} {
		for _, say := range []string{"Bob (bob@example.com)", "Acme", "Admin", "alice@example.com", "Friday, 9 May 2031, 12:30 UTC", invitation.Link} {
			if !strings.Contains(part, say) {
				t.Errorf("missing %q in\n%s", say, part)
			}
		}
	}
	if strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "url(") {
		t.Errorf("the email loads remote content:\n%s", m.HTML)
	}
	if n := strings.Count(m.HTML, "href="); n != 2 {
		t.Errorf("%d links in the HTML, want the button and the plain link", n)
	}
}

// A footer of one long line, such as a legal notice, is sent whole, and the name of the sender is never decoded.
func TestBrandOfAnAccount(t *testing.T) {
	server := rafftest.StartSMTP(t)
	footer := "Lamps Ltd., " + strings.Repeat("Long Street 1, ", 20) + "the end"
	m := invitation
	m.Branding = brand.Own{Sender: "=?UTF-8?Q?Bank?=", Footer: footer}.Encode()
	if err := sender(t, server).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := server.Wait(t, "alice@example.com")
	if !strings.Contains(strings.Join(strings.Fields(got.Text), " "), footer) {
		t.Errorf("the footer is not whole:\n%s", got.Text)
	}
	if from := got.Header.Get("From"); !strings.Contains(from, "= ?UTF-8?Q?Bank?=") {
		t.Errorf("From: %s", from)
	}
}

func TestProjectInvitation(t *testing.T) {
	server := rafftest.StartSMTP(t)
	in := invitation
	in.ProjectName, in.InviterName, in.InviterEmail = "Apollo", "", ""
	if err := sender(t, server).Send(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	m := server.Wait(t, in.To)
	if m.Header.Get("Reply-To") != "" {
		t.Error("a reply would go to someone unknown")
	}
	if m.Subject != "You are invited to the project Apollo of Acme" {
		t.Errorf("subject %q", m.Subject)
	}
	if first, _, _ := strings.Cut(m.Text, "\n"); first != `You are invited to the project "Apollo" of "Acme" as Admin.` {
		t.Errorf("first line %q", first)
	}
}

func TestHostileNames(t *testing.T) {
	server := rafftest.StartSMTP(t)
	for name, hostile := range map[string]string{
		"new line":    "Bob\r\nBcc: eve@example.com\r\n\r\nSend money",
		"bare CR":     "Bob\rX-Evil: 1",
		"bare LF":     "Bob\nX-Evil: 1",
		"quotes":      `Bob" <eve@example.com>, "x`,
		"encoded":     "=?utf-8?q?Bob=0D=0ABcc:_eve@example.com?=",
		"HTML":        `<script>alert(1)</script><a href="https://evil.example.com">x</a>`,
		"attribute":   `" onmouseover="alert(1)`,
		"template":    "{{.Link}}",
		"unicode":     "Zoë Łukasz 東京 🙂",
		"right first": "\u202egnp.exe\u2066x\u2069",
		"zero width":  "A\u200bc\u2060m\ufeffe",
		"NUL":         "Bob\x00\x1b[2J",
		"not UTF-8":   "Bob\xff\xfe",
		"long":        strings.Repeat("é", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			in := invitation
			in.To = strings.ReplaceAll(strings.ToLower(name), " ", "-") + "@example.com"
			in.AccountName, in.InviterName, in.RoleName, in.ProjectName = hostile, hostile, hostile, hostile
			if err := sender(t, server).Send(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			m := server.Wait(t, in.To)
			for _, header := range []string{"Bcc", "X-Evil", "Cc"} {
				if m.Header.Get(header) != "" {
					t.Errorf("a name added a header: %s: %s", header, m.Header.Get(header))
				}
			}
			if to, err := m.Header.AddressList("To"); err != nil || len(to) != 1 || *to[0] != (netmail.Address{Address: in.To}) {
				t.Errorf("To: %v, %v", to, err)
			}
			if got := m.Link(t); got != in.Link {
				t.Errorf("link %q", got)
			}
			for _, bad := range []string{"<script", "<a href=\"https://evil", `" onmouseover=`} {
				if strings.Contains(m.HTML, bad) {
					t.Errorf("a name added HTML: %s", bad)
				}
			}
			for _, part := range []string{m.Subject, m.Text, m.HTML} {
				if strings.ContainsAny(part, "\x00\x1b\r\u202e\u2066\u200b\u2060\ufeff\ufffd") {
					t.Errorf("a control character was not removed: %q", part)
				}
			}
			if len(m.Subject) > 2000 {
				t.Errorf("the subject has %d bytes", len(m.Subject))
			}
		})
	}
}

func TestHostileAddress(t *testing.T) {
	server := rafftest.StartSMTP(t)
	for _, to := range []string{
		"", "alice", "alice@example.com, eve@example.com", "Alice <alice@example.com>", "<alice@example.com>",
		"alice@example.com\r\nBcc: eve@example.com", "alice@example.com> NOTIFY=NEVER", "alice@exa mple.com",
	} {
		in := invitation
		in.To = to
		if err := sender(t, server).Send(t.Context(), in); !isPermanent(err) {
			t.Errorf("%q: %v, want a permanent refusal", to, err)
		}
	}
	if n := len(server.Messages("alice@example.com")) + len(server.Messages("eve@example.com")); n != 0 {
		t.Errorf("%d emails were sent", n)
	}
}

func TestInternationalAddresses(t *testing.T) {
	server := rafftest.StartSMTP(t)
	// A relay bounces an email that declares SMTPUTF8 if the next server does not support it.
	for to, want := range map[string]struct {
		arrives string
		utf8    bool
	}{
		"alice@example.com":    {"alice@example.com", false},
		"alice@bücher.example": {"alice@xn--bcher-kva.example", false},
		"Zoë@BÜCHER.example":   {"Zoë@xn--bcher-kva.example", true},
	} {
		in := invitation
		in.To, in.AccountName = to, "Bücher & Töchter"
		if err := sender(t, server).Send(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if m := server.Wait(t, want.arrives); m.UTF8 != want.utf8 || !want.utf8 && strings.ContainsFunc(m.Raw, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("%s: SMTPUTF8 declared: %v, want %v\n%s", to, m.UTF8, want.utf8, m.Raw)
		}
	}
}

// A mail server that accepts the connection and never responds must not delay a shutdown.
func TestStopWithSilentServer(t *testing.T) {
	for _, scheme := range []string{"none", "starttls", "tls"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			cancel()
			_, _ = io.Copy(io.Discard, conn) // until the client disconnects
			_ = conn.Close()
		}()
		c, err := mail.Parse("smtp://"+listener.Addr().String()+"?tls="+scheme, "team@example.com")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := mail.NewSMTP(c, brand.Default()).Send(ctx, invitation); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want the error of the context", scheme, err)
		}
		<-gone
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: took %s", scheme, d)
		}
	}
}

// Once transmission of the text has begun, the error must not claim that nothing was sent.
func TestStopDuringTransmission(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
		say("220 mail.example.com")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if lines.Text() != "DATA" {
				say("250 ok")
				continue
			}
			say("354 go on")
			for lines.Text() != "." && lines.Scan() {
				continue
			}
			cancel() // the server does not respond
		}
	}()
	c, err := mail.Parse("smtp://"+listener.Addr().String()+"?tls=none", "team@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := mail.NewSMTP(c, brand.Default()).Send(ctx, invitation); err == nil || errors.Is(err, context.Canceled) || isPermanent(err) {
		t.Errorf("got %v, want an error that does not say whether the email was sent", err)
	}
}

func TestGreylisting(t *testing.T) {
	server := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(_ string, attempt int) *smtp.SMTPError {
		if attempt == 1 {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Greylisted, come back later"}
		}
		return nil
	}})
	err := sender(t, server).Send(t.Context(), invitation)
	if err == nil || isPermanent(err) || !strings.Contains(err.Error(), "Greylisted") {
		t.Fatalf("first attempt: %v, want a temporary error with the server's message", err)
	}
	if err := sender(t, server).Send(t.Context(), invitation); err != nil {
		t.Fatalf("second attempt: %v", err)
	}
	server.Wait(t, invitation.To)
}

func TestFailuresAreLogged(t *testing.T) {
	server := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(string, int) *smtp.SMTPError {
		return &smtp.SMTPError{Code: 550, Message: "No such user here"}
	}})
	var log bytes.Buffer
	send := mail.Logged(sender(t, server), slog.New(slog.NewTextHandler(&log, nil)))
	if err := send(t.Context(), invitation); !isPermanent(err) {
		t.Errorf("got %v, want the sender's error", err)
	}
	for _, want := range []string{invitation.ID, "No such user here", "final=true"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not contain %q: %s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "fake-token") {
		t.Errorf("the log contains the token: %s", log.String())
	}
}

func TestPermanentErrors(t *testing.T) {
	for _, c := range []struct {
		code  int
		final bool
	}{{550, true}, {552, true}, {553, true}, {530, false}, {421, false}, {450, false}} {
		server := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(string, int) *smtp.SMTPError {
			return &smtp.SMTPError{Code: c.code, Message: "No"}
		}})
		if err := sender(t, server).Send(t.Context(), invitation); err == nil || isPermanent(err) != c.final {
			t.Errorf("%d: permanent %v, want %v (%v)", c.code, isPermanent(err), c.final, err)
		}
	}
}

func TestUntrustedConnection(t *testing.T) {
	login := func(tls, password string) rafftest.SMTPOptions {
		return rafftest.SMTPOptions{TLS: tls, Username: "raff", Password: password}
	}
	for name, c := range map[string]struct {
		server   rafftest.SMTPOptions
		from, to string // replacement in the server's URL
		trust    bool
	}{
		"unknown certificate, starttls": {server: login("starttls", password)},
		"unknown certificate, tls":      {server: login("tls", password)},
		"no STARTTLS on offer":          {trust: true, from: "tls=none", to: "tls=starttls"},
		"no TLS on offer":               {trust: true, from: "tls=none", to: "tls=tls"},
		"wrong password":                {trust: true, server: login("tls", "other"), from: "other", to: url.QueryEscape(password)},
	} {
		t.Run(name, func(t *testing.T) {
			server := rafftest.StartSMTP(t, c.server)
			config, err := mail.Parse(strings.Replace(server.URL(), c.from, c.to, 1), "team@example.com")
			if err != nil {
				t.Fatal(err)
			}
			if c.trust {
				config.RootCAs = server.Roots()
			}
			err = mail.NewSMTP(config, brand.Default()).Send(t.Context(), invitation)
			if err == nil || isPermanent(err) {
				t.Fatalf("got %v, want a temporary error", err)
			}
			if strings.Contains(err.Error(), password) {
				t.Errorf("the error shows the password: %v", err)
			}
			if len(server.Messages(invitation.To)) != 0 {
				t.Error("the email was sent")
			}
		})
	}
}

func TestUnreachableServer(t *testing.T) {
	c, err := mail.Parse("smtp://127.0.0.1:1?tls=none", "team@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := mail.NewSMTP(c, brand.Default()).Send(t.Context(), invitation); err == nil || isPermanent(err) {
		t.Fatalf("got %v, want a temporary error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := mail.NewSMTP(c, brand.Default()).Send(ctx, invitation); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the error of the context", err)
	}
}

// If a server accepts an email and then disconnects, an error would send it twice.
func TestDisconnectAfterDelivery(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
		say("220 mail.example.com")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if lines.Text() != "DATA" {
				say("250 ok")
				continue
			}
			say("354 go on")
			for lines.Text() != "." && lines.Scan() {
				continue
			}
			say("250 taken")
			return
		}
	}()
	c, err := mail.Parse("smtp://"+listener.Addr().String()+"?tls=none", "team@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := mail.NewSMTP(c, brand.Default()).Send(t.Context(), invitation); err != nil {
		t.Errorf("the email was accepted, but Send returned %v", err)
	}
}
