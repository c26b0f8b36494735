package mail

import (
	"context"
	"fmt"
	"io"
	"strings"

	"raff/internal/team"
)

// Console writes invitations to a terminal instead of sending them, for raffd dev.
type Console struct{ W io.Writer }

// Send prints who is invited to what, and the link on a line of its own, ready to be clicked or copied.
func (c Console) Send(_ context.Context, m team.Mail) error {
	rule := strings.Repeat("─", 72)
	t := contentOf(m)
	_, err := fmt.Fprintf(c.W, "\n%s\n  Mail to %s\n  %s, as %s\n\n  %s\n\n  It works once, until %s.\n%s\n\n",
		rule, t.To, t.Subject(), t.Role, m.Link, t.Until, rule)
	if err != nil {
		return fmt.Errorf("print the invitation: %w", err)
	}
	return nil
}
