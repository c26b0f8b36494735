package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"raff/api"
	"raff/api/client"
)

// usageError is a usage error.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

// notFoundError says that no object has the given name.
type notFoundError struct{ msg string }

func (e notFoundError) Error() string { return e.msg }

// deniedError says that the server does not accept a credential.
type deniedError struct{ msg string }

func (e deniedError) Error() string { return e.msg }

// interruptedError describes what was not done because of Ctrl-C.
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
	case isA[deniedError](err), client.IsDenied(err), client.IsUnauthenticated(err):
		return exitDenied
	}
	return exitFailure
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// report writes an error and its hints to standard error.
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
		return a.withFlags(inOurWords(&e.Refusal)), a.hintsFor(e)
	}
	if errors.Is(err, context.Canceled) {
		return "Interrupted. Requests that were already sent may have taken effect; check before you retry.", nil
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		at := e.URL
		if u, err := url.Parse(e.URL); err == nil {
			at = u.Scheme + "://" + u.Host
		}
		return "The server at " + at + " cannot be reached: " + e.Err.Error() + ".",
			[]string{"Check that it is running and that the URL is right. Set the URL with " + a.urlSources() + "."}
	}
	return sentence(err.Error()), nil
}

// inOurWords is the message of a refusal, with the flags of this program in place of API terms.
func inOurWords(e *client.Refusal) string {
	switch e.Code {
	case "already_member":
		return "Already a member."
	case "invitation_pending":
		return "This email is already invited."
	case "role_in_use":
		return "This role is in use. Assign its holders another role with --reassign-to <role>."
	}
	return e.Message
}

// flagsOf are the flags that set fields of the API with another name.
var flagsOf = map[string]string{
	"default_region": "region", "rate_limit_tier": "tier", "expires_at": "expires", "grace_seconds": "grace", "api_key_id": "api-key-id",
	"target_user_id": "target-user-id", "role_id": "role", "external_ids": "external-id", "permissions": "permission",
	"add_permissions": "add", "remove_permissions": "remove", "owner_email": "owner-email",
}

// fieldName matches the words of a message that may be fields of the API.
var fieldName = regexp.MustCompile(`\b[a-z]+(_[a-z]+)*\b`)

// withFlags replaces the fields of the API in a message of the server with the flags of the command that set them. A
// field that is a plain word, such as name, is only recognized at the beginning, where messages have the invalid field.
func (a *app) withFlags(message string) string {
	if a.cmd == nil {
		return message
	}
	at := 0
	out := fieldName.ReplaceAllStringFunc(message, func(word string) string {
		begins := at == 0 && strings.HasPrefix(message, word)
		at++
		name, renamed := flagsOf[word]
		if !renamed {
			name = word
		}
		if a.cmd.Flags().Lookup(name) == nil || !begins && !strings.Contains(word, "_") {
			return word
		}
		return "--" + name
	})
	return out
}

// hintsFor returns hints about a refusal in terms of this program, which the server does not know.
func (a *app) hintsFor(e *client.Error) (hints []string) {
	switch e.Code {
	case "already_member", "invitation_pending":
		if e.MemberID != "" {
			hints = append(hints, "The member is "+e.MemberID+".", "To change its role: "+a.updateCommand(e.MemberID)+" --role <role>")
		}
	case "system_role_immutable":
		hints = append(hints, "To create a custom role from it: raff role create --from <role> --name <name> --slug <slug>")
	case "unknown_path":
		hints = append(hints, "Check the server URL: "+a.urlSources()+".")
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
			hints = append(hints, "To list the roles: raff role list --scope "+a.scope())
		}
	}
	switch e.StatusCode {
	case http.StatusUnauthorized:
		if a.operates {
			return append(hints, "Check --operator-key and RAFF_OPERATOR_KEY. To create a key: raffd operator key create")
		}
		if a.keyFrom != "" {
			hints = append(hints, "The API key is from "+a.keyFrom+".")
		}
		hints = append(hints, "It may be incomplete, expired, disabled or revoked, or belong to another server. To store another key: raff configure")
	case http.StatusForbidden:
		if a.operates || e.Code == "account_suspended" || e.Code == "account_deleting" {
			return hints // no other key of the account works, and the message says who can help
		}
		if len(e.Missing) > 0 && !strings.Contains(e.Message, e.Missing[0]) {
			hints = append(hints, "Missing: "+strings.Join(e.Missing, ", "))
		}
		hints = append(hints, "To see the permissions of this API key: raff whoami")
	}
	if e.StatusCode >= 500 && e.RequestID != "" {
		hints = append(hints, "The server log has details for request "+e.RequestID+".")
	}
	return hints
}

// urlSources says where the URL of the server comes from.
func (a *app) urlSources() string {
	if a.operates {
		return "--operator-url or RAFF_OPERATOR_URL"
	}
	return "--api-url, RAFF_API_URL or raff configure"
}

// updateCommand is the command line that updates a member in the command's account or project.
func (a *app) updateCommand(memberID string) string {
	if a.where != "" {
		return "raff project member update " + a.where + " " + memberID
	}
	return "raff member update " + memberID
}

// scope is the scope of the roles that the command can assign.
func (a *app) scope() string {
	if a.where != "" {
		return api.ScopeProject
	}
	return api.ScopeAccount
}

// sentence capitalizes a message and ends it with a period. The program's name stays in lower case.
func sentence(s string) string {
	if first, n := utf8.DecodeRuneInString(s); !strings.HasPrefix(s, "raff ") {
		s = string(unicode.ToUpper(first)) + s[n:]
	}
	// No period after a command at the end, so that it can be copied.
	command := strings.HasPrefix(s[strings.LastIndex(s, ": ")+1:], " raff ")
	if !command && !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
