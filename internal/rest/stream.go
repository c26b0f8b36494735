package rest

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"raff/internal/front"
	"raff/internal/team"
)

// Long is a streamed response of any length. Check is called between two chunks to verify that the caller may still read the rest.
// An error of either aborts the connection, so that the caller does not take a partial response for a complete one.
type Long struct {
	ContentType string
	Check       func(context.Context) error
	Write       func(context.Context, io.Writer) error
}

// Stream writes a long response in chunks. ctx must not be one that reads the state at the start of the request, so that a
// revocation in the meantime takes effect.
func (c *Call) Stream(ctx context.Context, w http.ResponseWriter, out Long, log *slog.Logger) {
	w.Header()["Content-Type"] = []string{out.ContentType}
	w.WriteHeader(http.StatusOK)
	if c.Method == http.MethodHead {
		return
	}
	to := front.NewStream(ctx, w, func() error { return out.Check(ctx) })
	err := out.Write(ctx, to)
	if err == nil || to.HungUp() {
		return
	}
	level := slog.LevelError
	if status, _ := Explain(err, (*team.Error).Text); status < http.StatusInternalServerError {
		level = slog.LevelInfo // the credential is no longer valid
	}
	log.LogAttrs(ctx, level, "response aborted", slog.String("request_id", c.Front.ID), slog.String("error", err.Error()))
	panic(http.ErrAbortHandler)
}
