package mail

import (
	"context"
	"fmt"
	"io"
	"strings"

	"raff/internal/brand"
	"raff/internal/team"
)

// Console prints emails to a terminal instead of sending them, for raffd dev.
type Console struct {
	W     io.Writer
	Brand brand.Brand
}

// Send prints the recipient and the subject of an email, and the link on its own line.
func (c Console) Send(_ context.Context, m team.Mail) error {
	rule := strings.Repeat("─", 72)
	t := contentOf(m, c.Brand.With(brand.OwnOf(m.Branding)))
	subject := t.Subject()
	if t.Role != "" {
		subject = t.lang.Say("{subject}, as {role}", subject, t.Role)
	}
	once := ""
	if !m.ExpiresAt.IsZero() {
		once = "\n  " + t.lang.Say("Works once, expires on {moment}.", t.Until) + "\n"
	}
	_, err := fmt.Fprintf(c.W, "\n%s\n  %s\n  %s\n\n  %s\n%s%s\n\n", rule, t.lang.Say("Mail to {email}", t.To), subject, m.Link, once, rule)
	if err != nil {
		return fmt.Errorf("print the email: %w", err)
	}
	return nil
}
