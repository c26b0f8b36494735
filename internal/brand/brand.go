// Package brand is how the operator's product presents itself on pages and in emails: its name, logo, accent color, support contact
// and the footer of emails.
package brand

import (
	"bytes"
	"fmt"
	"net/mail"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"

	"raff/internal/naming"
)

// maxLogo is the maximum size of a logo, in bytes, because every page loads it; the others are in characters.
const (
	maxLogo    = 64 << 10
	maxName    = 40
	maxSupport = 200
	maxFooter  = 500
)

// Settings are the operator's settings. Empty ones mean the default.
type Settings struct {
	// Name is the name of the product.
	Name string
	// LogoFile is the path of a square picture, SVG, PNG or WebP.
	LogoFile string
	// Accent is the color of buttons and links, as #rrggbb.
	Accent string
	// Support is an email or an https URL where people get help.
	Support string
	// Sender is the name of the sender of emails. The operator's is part of the address that emails are from.
	Sender string
	// Footer is a text at the end of emails, such as the name and postal address of the operator.
	Footer string
	// ownLogo is Own.Logo.
	ownLogo string
}

// Brand is a checked brand. The zero value is not valid; use Default or New.
type Brand struct {
	Name string
	// Accents are nil for the default colors.
	Accents *Accents
	// Logo is nil for the default logo; LogoType is its media type.
	Logo     []byte
	LogoType string
	// LogoHash is Own.Logo of an account with a logo of its own; Logo is then nil.
	LogoHash string
	// Support is what people see; SupportURL is where its link leads. Both are empty if there is none.
	Support, SupportURL string
	// Sender is the name of the sender of emails; empty for that of the address.
	Sender string
	Footer string
}

// Default is the brand without settings.
func Default() Brand { return Brand{Name: "raff"} }

// New checks the settings, and reads the logo.
func New(s Settings) (Brand, error) {
	b := Default()
	if s.Name != "" {
		if wrong := naming.Check(s.Name, maxName); wrong != "" {
			return b, fmt.Errorf("the product name %s", sentence(wrong))
		}
		b.Name = s.Name
	}
	if s.Accent != "" {
		a, err := NewAccents(s.Accent)
		if err != nil {
			return b, err
		}
		b.Accents = &a
	}
	if s.Support != "" {
		if err := b.support(s.Support); err != nil {
			return b, err
		}
	}
	if wrong := naming.Check(s.Sender, maxName); s.Sender != "" && wrong != "" {
		return b, fmt.Errorf("the name of the sender of emails %s", sentence(wrong))
	}
	b.Sender = s.Sender
	b.Footer = strings.TrimSpace(s.Footer)
	if utf8.RuneCountInString(b.Footer) > maxFooter {
		return b, fmt.Errorf("the footer of emails is longer than %d characters", maxFooter)
	}
	for line := range strings.SplitSeq(b.Footer, "\n") {
		if wrong := naming.CheckText(strings.TrimSuffix(line, "\r"), maxFooter); wrong != "" {
			return b, fmt.Errorf("the footer of emails %s", sentence(wrong))
		}
	}
	if b.LogoHash = s.ownLogo; b.LogoHash != "" && !IsLogoHash(b.LogoHash) {
		return b, fmt.Errorf("%q is not the hash of a logo", b.LogoHash)
	}
	if s.LogoFile == "" {
		return b, nil
	}
	return b, b.readLogo(s.LogoFile)
}

// sentence removes the full stop from what package naming says, because messages continue after it.
func sentence(wrong string) string { return strings.TrimSuffix(wrong, ".") }

func (b *Brand) support(to string) error {
	if wrong := naming.CheckText(to, maxSupport); wrong != "" {
		return fmt.Errorf("the support contact %s", sentence(wrong))
	}
	if a, err := mail.ParseAddress(to); err == nil && a.Address == to && a.Name == "" {
		// Escaped, because a question mark in the link would begin headers of the email.
		b.Support, b.SupportURL = to, "mailto:"+url.PathEscape(to)
		return nil
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("the support contact %q must be an email or an https URL", to)
	}
	b.Support, b.SupportURL = strings.TrimSuffix(u.Host+u.Path, "/"), u.String()
	if wrong := naming.CheckText(b.Support, maxSupport); wrong != "" { // an escaped path may hide characters
		return fmt.Errorf("the support contact %s", sentence(wrong))
	}
	return nil
}

// pictures are the accepted kinds of logos: their media type, and what their files begin with.
var pictures = []struct{ mediaType, begin string }{
	{"image/png", "\x89PNG\r\n\x1a\n"}, {"image/webp", "RIFF"}, {"image/svg+xml", "<svg"}, {"image/svg+xml", "<?xml"},
}

func (b *Brand) readLogo(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the logo: %w", err)
	}
	if len(data) > maxLogo {
		return fmt.Errorf("the logo %s has %d bytes; use a file of at most %d", path, len(data), maxLogo)
	}
	for _, p := range pictures {
		if bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n\xef\xbb\xbf"), []byte(p.begin)) {
			b.Logo, b.LogoType = data, p.mediaType
			return nil
		}
	}
	return fmt.Errorf("the logo %s is not an SVG, PNG or WebP file", path)
}
