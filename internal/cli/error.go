package cli

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/lipgloss/v2"

	"raff/client"
)

// usageError is a mistake in how the program was called.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

// notFoundError is something that a name was to stand for.
type notFoundError struct{ msg string }

func (e notFoundError) Error() string { return e.msg }

func exitCode(err error) int {
	switch {
	case err == nil:
		return exitOK
	case isA[usageError](err):
		return exitUsage
	case isA[notFoundError](err), client.IsNotFound(err):
		return exitNotFound
	case client.IsConflict(err):
		return exitConflict
	case client.IsDenied(err), client.IsUnauthenticated(err):
		return exitDenied
	}
	return exitFailure
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// report tells a person what went wrong and what to do.
func (a *app) report(err error) {
	label := lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Red).Render("Error:")
	what, hints := explain(err)
	a.note("%s %s", label, clean(what))
	for _, h := range hints {
		a.note("%s", clean(h))
	}
}

func explain(err error) (what string, hints []string) {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return e.Message, hintsFor(e)
	}
	if errors.Is(err, context.Canceled) {
		return "Interrupted. What was already sent may have been done; look before sending it again.", nil
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		at := e.URL
		if u, err := url.Parse(e.URL); err == nil {
			at = u.Scheme + "://" + u.Host
		}
		return "The server at " + at + " cannot be reached: " + e.Err.Error() + ".",
			[]string{"Is it running, and is this its address? Change it with --api-url, RAFF_API_URL or raff configure."}
	}
	return sentence(err.Error()), nil
}

// hintsFor says what to do about a refusal where the server, which does not know this program, cannot.
func hintsFor(e *client.Error) (hints []string) {
	switch e.Code {
	case "already_member", "invitation_pending":
		if e.MemberID != "" {
			hints = append(hints, "It is member "+e.MemberID+".", "To change its role: raff member update "+e.MemberID+" --role <role>")
		}
	case "unknown_path":
		hints = append(hints, "Check the address: --api-url, RAFF_API_URL or raff configure.")
	case "role_in_use":
		for _, h := range e.Holders {
			hints = append(hints, "  "+h.MemberID+"  "+h.Email)
		}
	case "owner_role_not_assignable", "invalid_reference", "role_scope_mismatch":
		if e.Field == "role_id" {
			hints = append(hints, "The roles that can be given: raff role list --scope account")
		}
	}
	switch e.StatusCode {
	case http.StatusUnauthorized:
		hints = append(hints, "Check --api-key and RAFF_API_KEY, or run raff configure.")
	case http.StatusForbidden:
		if len(e.Missing) > 0 && !strings.Contains(e.Message, e.Missing[0]) {
			hints = append(hints, "Missing: "+strings.Join(e.Missing, ", "))
		}
		hints = append(hints, "What this API key may do: raff whoami")
	}
	if e.StatusCode >= 500 && e.RequestID != "" {
		hints = append(hints, "The server's log has more under request "+e.RequestID+".")
	}
	return hints
}

// sentence starts with a capital and ends with a full stop, whoever wrote it; the program's name stays small.
func sentence(s string) string {
	if first, n := utf8.DecodeRuneInString(s); !strings.HasPrefix(s, "raff ") {
		s = string(unicode.ToUpper(first)) + s[n:]
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
