package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"raff/internal/front"
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
	n := notice{Title: told.title, Text: []string{plainWords(e)}, Link: "/", LinkText: "Go to the start page"}
	if from := pageOf(v.Referer()); from != "" && from != v.URL.RequestURI() {
		n.Link, n.LinkText = local(from), "Back"
	}
	return reply{status: told.status, page: problemPage(v, n), retryAfter: e.RetryAfter}, nil
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
	status, title, reference := http.StatusInternalServerError, "Something went wrong", id
	if known {
		status, title, reference = problems[e.Kind].status, problems[e.Kind].title, ""
	}
	if status >= http.StatusInternalServerError && ctx.Err() == nil && !errors.Is(err, front.ErrPanic) {
		// The pattern, never the path: a path can contain a token.
		p.front.Logger.ErrorContext(ctx, "page failed", slog.String("page", r.Pattern), slog.String("request_id", id), slog.Any("error", err))
	}
	return reply{status: status, page: noticePage(notice{Title: title, Text: []string{plainWords(e)}, Reference: reference}), retryAfter: e.RetryAfter}
}

// fieldError is the message of an error that belongs to one field of the form; ok is false for errors that other input
// would not fix.
func fieldError(err error, fields ...string) (field, message string, status int, ok bool) {
	var e *team.Error
	if !errors.As(err, &e) || e.Kind != team.KindInvalid && e.Kind != team.KindUnauthenticated {
		return "", "", 0, false
	}
	for _, f := range fields {
		if f == e.Field {
			return f, plainWords(e), problems[e.Kind].status, true
		}
	}
	return "", "", 0, false
}
