package mail

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
)

// TLS says how a connection to the mail server is protected.
type TLS string

// The values of TLS. StartTLS is the default; like Implicit, it requires a valid certificate of the server.
const (
	StartTLS TLS = "starttls"
	Implicit TLS = "tls"
	None     TLS = "none"
)

var defaultPorts = map[TLS]int{StartTLS: 587, Implicit: 465, None: 25}

// Config is the mail server and the sender. Printing it never shows the password.
type Config struct {
	Host string
	Port int
	TLS  TLS
	From netmail.Address
	// RootCAs are trusted instead of the system's CAs, for a server with a private CA; nil means the system's.
	RootCAs *x509.CertPool

	username, password string
}

const urlShape = "smtp://user:password@host:port?tls=starttls|tls|none, with special characters in the password percent-encoded"

// Parse parses the URL of a mail server, smtp://user:password@host:port?tls=starttls|tls|none, and the sender, such as
// "Raff <team@example.com>". Errors never repeat the URL, because it may contain a password.
func Parse(smtpURL, from string) (Config, error) {
	u, err := url.Parse(smtpURL)
	if err != nil || u.Scheme != "smtp" || u.Hostname() == "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return Config{}, errors.New("invalid SMTP URL: use " + urlShape)
	}
	c := Config{Host: u.Hostname(), TLS: StartTLS, username: u.User.Username()}
	c.password, _ = u.User.Password()
	if (c.username == "") != (c.password == "") {
		return Config{}, errors.New("incomplete login in the SMTP URL: set both user and password, or neither")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Config{}, errors.New("invalid SMTP URL: use " + urlShape)
	}
	for key, values := range query {
		if key != "tls" || len(values) != 1 {
			return Config{}, errors.New("the only option of the SMTP URL is tls: use " + urlShape)
		}
		c.TLS = TLS(values[0])
	}
	port, ok := defaultPorts[c.TLS]
	if !ok {
		return Config{}, errors.New("the tls option of the SMTP URL must be starttls, tls or none")
	}
	c.Port = port
	if u.Port() != "" {
		if c.Port, err = strconv.Atoi(u.Port()); err != nil || c.Port < 1 || c.Port > 65535 {
			return Config{}, errors.New("the port of the SMTP URL must be a number from 1 to 65535")
		}
	}
	if c.TLS == None && c.username != "" && !loopback(c.Host) {
		return Config{}, errors.New("the SMTP password would be sent in plain text: use tls=starttls or tls=tls, or remove the login")
	}
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return Config{}, errors.New("the sender (RAFF_MAIL_FROM) is not an email address: use for example \"Raff <team@example.com>\"")
	}
	c.From = *sender
	return c, nil
}

// String returns the address of the server without credentials.
func (c Config) String() string {
	return fmt.Sprintf("smtp://%s?tls=%s", net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), c.TLS)
}

// GoString keeps the password out of %#v.
func (c Config) GoString() string { return c.String() }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
