package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"raff/internal/lang"
	"strings"

	"raff/internal/front"
	"raff/internal/permission"
	"raff/internal/team"
)

// problemInside is the error page for a signed-in user.
func (p *pages) problemInside(v *visit, err error) (reply, error) {
	var e *team.Error
	if !errors.As(err, &e) {
		return reply{}, err
	}
	told, known := problems[e.Kind]
	if !known || told.status >= http.StatusInternalServerError {
		return reply{}, err
	}
	n := notice{Title: v.say(told.title), Text: []string{plainWords(v.Context(), e)}, Link: "/", LinkText: v.say("Go to the start page")}
	if e.Refusal == team.RefusalPermissionMissing {
		n.Text = append(n.Text, v.whoManages()...)
	}
	if from := pageOf(v.Referer()); from != "" && from != v.URL.RequestURI() {
		n.Link, n.LinkText = local(from), v.say("Back")
	}
	return reply{status: statusOf(e), page: problemPage(v, n), retryAfter: e.RetryAfter}, nil
}

// statusOf is the status of the page for an error of a kind in problems.
func statusOf(e *team.Error) int {
	if e.Refusal == refusedFormLarge || e.Refusal == refusedFileLarge {
		return http.StatusRequestEntityTooLarge
	}
	return problems[e.Kind].status
}

// problem is the page for an error. An unexpected error is written to the log only, with the request id that the page
// shows.
func (p *pages) problem(ctx context.Context, r *http.Request, id string, err error) reply {
	if front.Interrupted(err) {
		err = team.Unavailable(err)
	}
	var e *team.Error
	known := errors.As(err, &e)
	if known {
		_, known = problems[e.Kind]
	}
	if !known {
		e = refusedUnexpected.With()
	}
	status, title, reference := http.StatusInternalServerError, lang.Text("Something went wrong"), id
	if known {
		status, title, reference = statusOf(e), problems[e.Kind].title, ""
	}
	if status >= http.StatusInternalServerError && ctx.Err() == nil && !errors.Is(err, front.ErrPanic) {
		// The pattern, never the path: a path can contain a token.
		p.front.Logger.ErrorContext(ctx, "page failed", slog.String("page", r.Pattern), slog.String("request_id", id), slog.Any("error", err))
	}
	return reply{status: status, page: noticePage(notice{Title: say(ctx, title), Text: []string{plainWords(ctx, e)}, Reference: reference}), retryAfter: e.RetryAfter}
}

// fieldError is the message of an error that belongs to one field of the form; ok is false for errors that other input
// would not fix.
func fieldError(ctx context.Context, err error, fields ...string) (field, message string, status int, ok bool) {
	var e *team.Error
	if !errors.As(err, &e) || e.Kind != team.KindInvalid && e.Kind != team.KindUnauthenticated {
		return "", "", 0, false
	}
	for _, f := range fields {
		if f == e.Field {
			return f, plainWords(ctx, e), problems[e.Kind].status, true
		}
	}
	return "", "", 0, false
}

// whoManages names people who can change the user's role, if the user may see them.
func (v *visit) whoManages() []string {
	var names []string
	for _, f := range []team.PersonFilter{
		{Access: team.AccessOwner}, {RoleID: team.SystemRoleID(permission.ScopeAccount, "admin"), Status: team.StatusActive},
	} {
		f.Page = team.Page{Limit: 3, SkipTotal: true}
		people, _, err := v.p.svc.ListPeople(v.Context(), v.who, f)
		if err != nil {
			return nil // the page says without names what to do
		}
		for _, one := range people {
			if one.UserID != v.who.ID {
				names = append(names, named(one))
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{v.say("You can ask {names}.", strings.Join(names, ", "))}
}

// named is a person with their email.
func named(p team.Person) string {
	if p.Name == "" {
		return p.Email
	}
	return p.Name + " (" + p.Email + ")"
}
