package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"raff/internal/team"
)

// problems maps each kind of error to the status and title of its page.
var problems = map[team.Kind]struct {
	status int
	title  string
}{
	team.KindInvalid:  {http.StatusBadRequest, "Invalid request"},
	team.KindDenied:   {http.StatusForbidden, "Not allowed"},
	team.KindNotFound: {http.StatusNotFound, "Page not found"},
	team.KindConflict: {http.StatusConflict, "This cannot be done now"},
	team.KindChanged:  {http.StatusConflict, "This was changed in the meantime"},
	team.KindGone:     {http.StatusGone, "This link no longer works"},
	team.KindMismatch: {http.StatusUnprocessableEntity, "Invalid request"},
	team.KindLimited:  {http.StatusTooManyRequests, "Too many attempts"},
	// Not 401, which would make a browser show its own login prompt.
	team.KindUnauthenticated: {http.StatusForbidden, "Verification failed"},
	team.KindUnavailable:     {http.StatusServiceUnavailable, "Temporarily unavailable"},
}

// retryAfter is how long clients should wait before they retry, by status.
var retryAfter = map[int]time.Duration{http.StatusTooManyRequests: time.Minute, http.StatusServiceUnavailable: 5 * time.Second}

// words has the messages of a page that differ from the text of their refusal.
var words = map[*team.Refusal]func(*team.Error) string{
	team.RefusalNotFound:         always("This page does not exist, or you do not have access to it."),
	team.RefusalVersionChanged:   always("Someone else changed this after you opened the page. Review the current state below, then make your change again."),
	team.RefusalUnknownReference: always("What you chose no longer exists. Reload the page and choose again."),
	team.RefusalPermissionMissing: func(e *team.Error) string {
		return "Your role does not include the permission " + permissionWords(e.Words, " or ") + ". Ask someone who manages roles."
	},
	team.RefusalBeyondHeld:        notHolding("You can only assign permissions that you hold yourself."),
	team.RefusalTargetHoldsMore:   notHolding("The target holds permissions that you do not hold."),
	team.RefusalRoleBeyondHeld:    notHolding("You can only add permissions to a role that you hold yourself."),
	team.RefusalOwnRoleBeyondHeld: notHolding("This role is assigned to you or to an API key whose secret you were shown, so you can only add permissions that you hold yourself."),
	team.RefusalAlreadyInvited:    alreadyInvited,
	team.RefusalSupportBeyondHeld: notHolding("You can only let support change what you can change yourself."),
	team.RefusalSupportTime:       always("Choose for how long."),
	team.RefusalInvalidSlug:       always("Use 1 to 64 of the letters a to z, digits and hyphens."),
	team.RefusalPermissionScope:   always("Some of the chosen permissions do not exist in this scope. Choose from the list."),
	team.RefusalRoleInUse:         always("Choose a replacement role for the members who have this one."),
}

// Refusals that only pages have.
var (
	refusedUnexpected    = &team.Refusal{Text: "Something went wrong on our side. Try again. If the problem persists, give the reference below to the operator of this server."}
	refusedTooFast       = &team.Refusal{Kind: team.KindLimited, Code: "rate_limited", Text: "Too many requests from your network. Try again in %d seconds. Nothing was changed."}
	refusedAddress       = &team.Refusal{Kind: team.KindInvalid, Text: "The URL of this page contains invalid characters. Check that you copied the whole URL."}
	refusedSupportPerson = &team.Refusal{Kind: team.KindDenied, Text: "A support session has no profile and only one account. End the session to sign in as yourself."}
	refusedNoPage        = &team.Refusal{Kind: team.KindNotFound, Text: "There is no page at this URL. Check that you copied the whole link."}
	refusedOtherSite     = &team.Refusal{Kind: team.KindDenied, Text: "This form was sent from another site. Open the page on this site and try again."}
	refusedFormUnread    = &team.Refusal{Kind: team.KindInvalid, Text: "The form could not be read. Open the page again and fill in the form once more."}
	refusedFormText      = &team.Refusal{Kind: team.KindInvalid, Text: "The form contains invalid characters. Open the page again and fill in the form once more."}
	refusedDays          = &team.Refusal{Kind: team.KindInvalid, Text: "One of the days could not be read. %s"}
	refusedChooseAnswer  = &team.Refusal{Kind: team.KindInvalid, Text: "Open the link again and choose Accept or Decline."}
	refusedNotTheName    = &team.Refusal{Kind: team.KindInvalid, Text: "The name does not match. Type it exactly as shown above."}
	refusedNoKey         = &team.Refusal{Kind: team.KindInvalid, Field: "api_key_id", Text: "Choose a key."}
	refusedFileText      = &team.Refusal{Kind: team.KindInvalid, Text: "The file contains a NUL character or bytes that are not UTF-8. Save it as CSV in UTF-8 and try again."}
	refusedRow           = &team.Refusal{Kind: team.KindInvalid, Text: "%s"}
	refusedNotSure       = &team.Refusal{Kind: team.KindInvalid, Text: "Confirm that you want to leave."}
	refusedOtherAccount  = &team.Refusal{Kind: team.KindConflict, Text: "You switched accounts in another window. Open your profile again. Nothing was changed."}
	refusedNoPeople      = &team.Refusal{Kind: team.KindInvalid, Text: "Select 1 to %d people, then choose an action."}
	refusedProjectOnly   = &team.Refusal{Kind: team.KindInvalid, Text: "Only in projects, without a role in the account. Open the person to change the role in a project."}
	refusedNotInvited    = &team.Refusal{Kind: team.KindInvalid, Text: "Not invited: there is no open invitation."}
	refusedSameRole      = &team.Refusal{Kind: team.KindInvalid, Text: "This is the role you are deleting."}
)

// plainWords is the message of an error for a page.
func plainWords(e *team.Error) string {
	if f, ok := words[e.Refusal]; ok {
		return f(e)
	}
	return e.Text()
}

func always(text string) func(*team.Error) string {
	return func(*team.Error) string { return text }
}

// notHolding adds the missing permissions to the reason why they matter.
func notHolding(why string) func(*team.Error) string {
	return func(e *team.Error) string { return why + " " + missing(e) }
}

// missing names the permissions that the user does not hold; it is empty for other errors.
func missing(e *team.Error) string {
	if len(e.Missing) == 0 {
		return ""
	}
	return "You do not hold " + permissionWords(e.Words, " and ") + "."
}

func alreadyInvited(e *team.Error) string {
	switch e.State {
	case team.InvitationDeclined:
		return "This person declined an earlier invitation. Resend it: it is listed under Declined on the Invitations page."
	case team.InvitationExpired:
		return "An earlier invitation has expired. Resend it: it is listed under Expired on the Invitations page."
	}
	return e.Text()
}

// permissionWords lists permissions by their descriptions, only the first few of many; and joins the last two.
func permissionWords(words []string, and string) string {
	const most = 3
	var named []string
	for _, w := range words[:min(len(words), most)] {
		named = append(named, "“"+w+"”")
	}
	if more := len(words) - most; more > 0 {
		named = append(named, number(more)+" more")
		and = " and "
	}
	last := len(named) - 1
	if last < 1 {
		return strings.Join(named, "")
	}
	return strings.Join(named[:last], ", ") + and + named[last]
}

// refusal is the message of an error for a page: at a field of its form, or above the form. ok is false for errors that
// need an error page.
func refusal(err error, fields ...string) (field, message string, status int, ok bool) {
	var e *team.Error
	if !errors.As(err, &e) {
		return "", "", 0, false
	}
	status = problems[e.Kind].status
	switch e.Kind {
	case team.KindInvalid, team.KindDenied, team.KindConflict, team.KindChanged, team.KindUnauthenticated, team.KindLimited:
	default:
		return "", "", 0, false
	}
	message = plainWords(e)
	for _, f := range fields {
		if f == e.Field {
			return f, message, status, true
		}
	}
	return "", message, status, true
}
