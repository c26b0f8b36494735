package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"raff/api"
	"raff/api/client"
)

// usageError is a mistake in how the program was called.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

// notFoundError is something that a name was to stand for.
type notFoundError struct{ msg string }

func (e notFoundError) Error() string { return e.msg }

// interruptedError is what Ctrl-C left undone.
type interruptedError struct{ msg string }

func (e interruptedError) Error() string { return e.msg }

func exitCode(err error) int {
	switch {
	case err == nil:
		return exitOK
	case isA[interruptedError](err), errors.Is(err, context.Canceled):
		return exitInterrupted
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
	if isA[interruptedError](err) {
		a.note("%s", clean(err.Error()))
		return
	}
	what, hints := a.explain(err)
	a.note("%s %s", (bold + ";" + red).render("Error:"), clean(what))
	for _, h := range hints {
		a.note("%s", clean(h))
	}
}

func (a *app) explain(err error) (what string, hints []string) {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return inOurWords(&e.Refusal), a.hintsFor(e)
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

// inOurWords is the message of a refusal. Where the server speaks of requests, this program speaks of its flags.
func inOurWords(e *client.Refusal) string {
	switch e.Code {
	case "already_member", "invitation_pending":
		first, _, _ := strings.Cut(e.Message, ". ")
		return sentence(first)
	case "role_in_use":
		return "Somebody has this role. Give them another one with --reassign-to <role>."
	}
	return e.Message
}

// hintsFor says what to do about a refusal where the server, which does not know this program, cannot.
func (a *app) hintsFor(e *client.Error) (hints []string) {
	switch e.Code {
	case "already_member", "invitation_pending":
		if e.MemberID != "" {
			hints = append(hints, "It is member "+e.MemberID+".", "To change its role: "+a.updateCommand(e.MemberID)+" --role <role>")
		}
	case "system_role_immutable":
		hints = append(hints, "To start from it: raff role create --from <role> --name <name> --slug <slug>")
	case "unknown_path":
		hints = append(hints, "Check the address: --api-url, RAFF_API_URL or raff configure.")
	case "role_in_use":
		for _, h := range e.Holders {
			who := h.Email
			if h.PrincipalType == api.PrincipalAPIKey {
				who = "API key " + h.Name
			}
			hints = append(hints, "  "+h.MemberID+"  "+who)
		}
		if n := e.HolderCount - len(e.Holders); n > 0 {
			hints = append(hints, fmt.Sprintf("  and %d more", n))
		}
	case "owner_role_not_assignable", "invalid_reference", "role_scope_mismatch":
		if e.Field == "role_id" {
			hints = append(hints, "The roles that can be given: raff role list --scope "+a.scope())
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

// updateCommand is the command line that changes a member where this command works.
func (a *app) updateCommand(memberID string) string {
	if a.where != "" {
		return "raff project member update " + a.where + " " + memberID
	}
	return "raff member update " + memberID
}

// scope is that of the roles which fit where the command works.
func (a *app) scope() string {
	if a.where != "" {
		return api.ScopeProject
	}
	return api.ScopeAccount
}

// sentence starts with a capital and ends with a full stop, whoever wrote it; the program's name stays small.
func sentence(s string) string {
	if first, n := utf8.DecodeRuneInString(s); !strings.HasPrefix(s, "raff ") {
		s = string(unicode.ToUpper(first)) + s[n:]
	}
	// A command at the end is there to be copied.
	command := strings.HasPrefix(s[strings.LastIndex(s, ": ")+1:], " raff ")
	if !command && !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
