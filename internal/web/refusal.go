package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"raff/internal/lang"
	"raff/internal/team"
)

// problems maps each kind of error to the status and title of its page.
var problems = map[team.Kind]struct {
	status int
	title  lang.Text
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
var words = map[*team.Refusal]func(context.Context, *team.Error) string{
	team.RefusalNotFound:         always("This page does not exist, or you do not have access to it."),
	team.RefusalVersionChanged:   always("Someone else changed this after you opened the page. Review the current state below, then make your change again."),
	team.RefusalUnknownReference: always("What you chose no longer exists. Reload the page and choose again."),
	team.RefusalPermissionMissing: func(ctx context.Context, e *team.Error) string {
		return say(ctx, "Your role does not include the permission {permissions}. Ask someone who manages roles.", permissionWords(ctx, e.Words, (*lang.Language).Or))
	},
	team.RefusalBeyondHeld:        notHolding("You can only assign permissions that you hold yourself."),
	team.RefusalTargetHoldsMore:   notHolding("The target holds permissions that you do not hold."),
	team.RefusalRoleBeyondHeld:    notHolding("You can only add permissions to a role that you hold yourself."),
	team.RefusalOwnRoleBeyondHeld: notHolding("This role is assigned to you or to an API key whose secret you were shown, so you can only add permissions that you hold yourself."),
	team.RefusalAlreadyInvited:    alreadyInvited,
	team.RefusalSupportBeyondHeld: notHolding("You can only let support change what you can change yourself."),
	team.RefusalSupportHandsOut: func(ctx context.Context, e *team.Error) string {
		return say(ctx, "Support cannot assign {permissions}, because that would outlast the support access or exceed it. Ask someone who manages the account's members.", permissionWords(ctx, e.Words, (*lang.Language).And))
	},
	team.RefusalSupportTime:     always("Choose for how long."),
	team.RefusalInvalidSlug:     always("Use 1 to 64 of the letters a to z, digits and hyphens."),
	team.RefusalPermissionScope: always("Some of the chosen permissions do not exist in this scope. Choose from the list."),
	team.RefusalRoleInUse:       always("Choose a replacement role for the members who have this one."),
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
	refusedFormLarge     = &team.Refusal{Kind: team.KindInvalid, Text: "The form is larger than %d KB. Enter less text and send it again. Nothing was changed."}
	refusedFileLarge     = &team.Refusal{Kind: team.KindInvalid, Text: "The file is larger than %d MB. Split it into smaller files, or import it with the command line: raff member import. Nothing was changed."}
	refusedDays          = &team.Refusal{Kind: team.KindInvalid, Text: "One of the days could not be read. %s"}
	refusedChooseAnswer  = &team.Refusal{Kind: team.KindInvalid, Text: "Open the link again and choose Accept or Decline."}
	refusedNotTheName    = &team.Refusal{Kind: team.KindInvalid, Text: "The name does not match. Type it exactly as shown above."}
	refusedNoKey         = &team.Refusal{Kind: team.KindInvalid, Field: "api_key_id", Text: "Choose a key."}
	refusedFileText      = &team.Refusal{Kind: team.KindInvalid, Text: "The file contains a NUL character or bytes that are not UTF-8. Save it as CSV in UTF-8 and try again."}
	refusedRow           = &team.Refusal{Kind: team.KindInvalid, Text: "%s"}
	refusedRowKey        = &team.Refusal{Kind: team.KindInvalid, Text: "API keys are not imported."}
	refusedRowOwner      = &team.Refusal{Kind: team.KindInvalid, Text: "The Owner is not imported: ownership is only transferred."}
	refusedRowSuspended  = &team.Refusal{Kind: team.KindInvalid, Text: "Left out: suspended in the file."}
	refusedRowDeclined   = &team.Refusal{Kind: team.KindInvalid, Text: "Left out: declined the invitation, according to the file."}
	refusedRowExpired    = &team.Refusal{Kind: team.KindInvalid, Text: "Left out: the invitation expired, according to the file."}
	refusedNotSure       = &team.Refusal{Kind: team.KindInvalid, Text: "Confirm that you want to leave."}
	refusedOtherAccount  = &team.Refusal{Kind: team.KindConflict, Text: "You switched accounts in another window. Open your profile again. Nothing was changed."}
	refusedNoPeople      = &team.Refusal{Kind: team.KindInvalid, Text: "Select 1 to %d people, then choose an action."}
	refusedProjectOnly   = &team.Refusal{Kind: team.KindInvalid, Text: "Only in projects, without a role in the account. Open the person to change the role in a project."}
	refusedNotInvited    = &team.Refusal{Kind: team.KindInvalid, Text: "Not invited: there is no open invitation."}
	refusedSameRole      = &team.Refusal{Kind: team.KindInvalid, Text: "This is the role you are deleting."}
)

// plainWords is the message of an error for a page.
func plainWords(ctx context.Context, e *team.Error) string {
	if f, ok := words[e.Refusal]; ok {
		return f(ctx, e)
	}
	return ownText(ctx, e)
}

// ownText is the text of the refusal itself, in the reader's language.
func ownText(ctx context.Context, e *team.Error) string {
	if e.Refusal == nil {
		return e.Text()
	}
	l := languageOf(ctx)
	if l == lang.English {
		return e.Text()
	}
	return l.Sprintf(e.Refusal.Text, factsIn(l, e.Facts)...)
}

// factsIn translates the facts of an error that are words.
func factsIn(l *lang.Language, facts []any) []any {
	all := make([]any, len(facts))
	for i, f := range facts {
		switch f := f.(type) {
		case team.Phrase:
			all[i] = l.Sprintf(f.Text, f.Facts...)
		case team.Phrases:
			var some []string
			for _, p := range f {
				some = append(some, l.Sprintf(p.Text, p.Facts...))
			}
			all[i] = l.Or(some)
		case time.Time:
			all[i] = l.Moment(f.UTC())
		default:
			all[i] = f
		}
	}
	return all
}

func always(text lang.Text) func(context.Context, *team.Error) string {
	return func(ctx context.Context, _ *team.Error) string { return say(ctx, text) }
}

// notHolding adds the missing permissions to the reason why they matter.
func notHolding(why lang.Text) func(context.Context, *team.Error) string {
	return func(ctx context.Context, e *team.Error) string { return say(ctx, why) + " " + missing(ctx, e) }
}

// missing names the permissions that the user does not hold; it is empty for other errors.
func missing(ctx context.Context, e *team.Error) string {
	if len(e.Missing) == 0 {
		return ""
	}
	return say(ctx, "You do not hold {permissions}.", permissionWords(ctx, e.Words, (*lang.Language).And))
}

func alreadyInvited(ctx context.Context, e *team.Error) string {
	switch e.State {
	case team.InvitationDeclined:
		return say(ctx, "This person declined an earlier invitation. Resend it: it is listed under Declined on the Invitations page.")
	case team.InvitationExpired:
		return say(ctx, "An earlier invitation has expired. Resend it: it is listed under Expired on the Invitations page.")
	}
	return ownText(ctx, e)
}

// permissionWords lists permissions by their descriptions, only the first few of many, and joins them.
func permissionWords(ctx context.Context, words []string, join func(*lang.Language, []string) string) string {
	const most = 3
	l := languageOf(ctx)
	var named []string
	for _, w := range words[:min(len(words), most)] {
		named = append(named, l.Quote(l.Own(w)))
	}
	if more := len(words) - most; more > 0 {
		named, join = append(named, l.Say("{some} more", more)), (*lang.Language).And
	}
	return join(l, named)
}

// refusal is the message of an error for a page: at a field of its form, or above the form. ok is false for errors that
// need an error page.
func refusal(ctx context.Context, err error, fields ...string) (field, message string, status int, ok bool) {
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
	message = plainWords(ctx, e)
	for _, f := range fields {
		if f == e.Field {
			return f, message, status, true
		}
	}
	return "", message, status, true
}
