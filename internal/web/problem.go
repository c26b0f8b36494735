package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"raff/internal/front"
	"raff/internal/team"
)

// problems says how each kind of error is told to a person: the status, and what the page is called.
var problems = map[team.Kind]struct {
	status int
	title  string
}{
	team.KindInvalid:  {http.StatusBadRequest, "That did not work"},
	team.KindDenied:   {http.StatusForbidden, "That is not allowed"},
	team.KindNotFound: {http.StatusNotFound, "Nothing is here"},
	team.KindConflict: {http.StatusConflict, "That cannot be done now"},
	team.KindChanged:  {http.StatusConflict, "That was changed meanwhile"},
	team.KindGone:     {http.StatusGone, "This link no longer works"},
	team.KindMismatch: {http.StatusUnprocessableEntity, "That did not work"},
	team.KindLimited:  {http.StatusTooManyRequests, "Too many attempts"},
	// 401 would make a browser ask for a login of its own.
	team.KindUnauthenticated: {http.StatusForbidden, "That did not work"},
	team.KindUnavailable:     {http.StatusServiceUnavailable, "Back in a moment"},
}

// retryAfter says of a status when it is worth trying again.
var retryAfter = map[int]time.Duration{http.StatusTooManyRequests: time.Minute, http.StatusServiceUnavailable: 5 * time.Second}

// problemInside is the page for an error within the frame of who is signed in.
func (p *pages) problemInside(v *visit, err error) (reply, error) {
	var e *team.Error
	if !errors.As(err, &e) {
		return reply{}, err
	}
	told, known := problems[e.Kind]
	if !known || told.status >= http.StatusInternalServerError {
		return reply{}, err
	}
	n := notice{Title: told.title, Text: []string{plainWords(e)}, Link: "/", LinkText: "Go to the first page"}
	if from := pageOf(v.Referer()); from != "" && from != v.URL.RequestURI() {
		n.Link, n.LinkText = local(from), "Back"
	}
	return reply{status: told.status, page: problemPage(v, n), retryAfter: e.RetryAfter}, nil
}

// problem is the page for an error. One that nobody classified is told to the log only, with the id that the page shows.
func (p *pages) problem(ctx context.Context, r *http.Request, id string, err error) reply {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = team.Unavailable(err)
	}
	var e *team.Error
	known := errors.As(err, &e)
	if known {
		_, known = problems[e.Kind]
	}
	if !known {
		e = &team.Error{Message: "Something went wrong on our side. Try again; if the problem persists, give the operator of this server the reference below."}
	}
	status, title, reference := http.StatusInternalServerError, "Something went wrong", id
	if known {
		status, title, reference = problems[e.Kind].status, problems[e.Kind].title, ""
	}
	if status >= http.StatusInternalServerError && ctx.Err() == nil && !errors.Is(err, front.ErrPanic) {
		// The pattern, never the path: a path holds a token.
		p.front.Logger.ErrorContext(ctx, "page failed", slog.String("page", r.Pattern), slog.String("request_id", id), slog.Any("error", err))
	}
	return reply{status: status, page: noticePage(notice{Title: title, Text: []string{e.Message}, Reference: reference}), retryAfter: e.RetryAfter}
}

// fieldError is the message of an error that belongs to one field of the form the person sees; ok is false for errors
// that no other input would change.
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
