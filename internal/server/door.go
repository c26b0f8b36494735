package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raff/api"
	"raff/internal/authzen"
	"raff/internal/front"
	"raff/internal/httpapi"
	"raff/internal/store"
)

const (
	// startingRetry is the Retry-After of responses while the server starts, in seconds.
	startingRetry = "5"
	// startingPatience is how long a request waits for a server that starts. Without a migration, it starts faster.
	startingPatience = 2 * time.Second
)

// door serves a listener before the server is open: /health responds with 200, so that the process is not killed while it
// migrates the database, and everything else with 503; /ready at once, other requests after waiting a moment.
type door struct {
	http *http.Server
	// address is where it listens.
	address string
	cert    *certificate // nil: plain HTTP
	failed  chan error
	giveUp  context.CancelFunc // ends the requests in progress
	opened  chan struct{}
	server  http.Handler // set before opened is closed
	step    atomic.Pointer[string]
	log     progressLog
}

// listen begins to serve the listener, with HTTPS if there is a certificate.
func listen(ctx context.Context, l net.Listener, logger *slog.Logger, cert *certificate) *door {
	d := &door{address: l.Addr().String(), cert: cert, failed: make(chan error, 1), opened: make(chan struct{}), log: progressLog{logger: logger}}
	requests, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	d.giveUp = giveUp
	d.http = &http.Server{
		Handler: d, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	starting := "connecting to the database"
	d.step.Store(&starting)
	if cert != nil {
		d.http.TLSConfig = cert.config()
		go func() { d.failed <- d.http.ServeTLS(l, "", "") }()
		return d
	}
	go func() { d.failed <- d.http.Serve(l) }()
	return d
}

// open sends all further requests to the server.
func (d *door) open(h http.Handler) {
	d.server = h
	close(d.opened)
}

// await returns the handler of the server; ok is false if it is not open yet.
func (d *door) await(r *http.Request) (h http.Handler, ok bool) {
	select {
	case <-d.opened:
		return d.server, true
	default:
	}
	if r.URL.Path == "/health" || r.URL.Path == "/ready" {
		return nil, false
	}
	late := time.NewTimer(startingPatience)
	defer late.Stop()
	select {
	case <-d.opened:
		return d.server, true
	case <-late.C:
	case <-r.Context().Done():
	}
	return nil, false
}

// close stops without waiting for requests in progress.
func (d *door) close() error {
	d.giveUp()
	return d.http.Close()
}

// shut stops accepting requests, and finishes those in progress. It aborts the ones that take too long.
func (d *door) shut(ctx context.Context, logger *slog.Logger) error {
	defer d.giveUp()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	err := d.http.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		logger.Warn("shutdown aborted responses that took too long", "grace", shutdownGrace)
		err = d.close()
	}
	return err
}

// report shows and logs what the server does before it is ready.
func (d *door) report(p store.Progress) {
	text := p.String()
	d.step.Store(&text)
	d.log.report(p)
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, ok := d.await(r); ok {
		h.ServeHTTP(w, r)
		return
	}
	header, id := w.Header(), front.RequestID(r.Header)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Request-Id", id)
	header.Set("Content-Type", "application/json")
	if r.URL.Path == "/health" {
		writeJSON(w, http.StatusOK, api.Health{Status: "ok"})
		return
	}
	header.Set("Retry-After", startingRetry)
	message := fmt.Sprintf("The server is starting and not ready yet (%s). Try again in a moment.", *d.step.Load())
	if !httpapi.Answers(r.URL.Path) && !authzen.Answers(r.URL.Path) {
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", "default-src 'none'")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><title>Starting</title><h1>Starting</h1><p>%s</p></html>\n", html.EscapeString(message))
		return
	}
	writeJSON(w, http.StatusServiceUnavailable, api.Error{
		Error: http.StatusText(http.StatusServiceUnavailable), Code: "unavailable", Message: message, RequestID: id,
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	_, _ = w.Write(b) // an error means that the client is gone
}

// logProgressEvery is how often a step that has not changed is logged again.
const logProgressEvery = 10 * time.Second

// progressLog logs the beginning and the end of each step, and in between from time to time how far it got.
type progressLog struct {
	logger *slog.Logger
	mu     sync.Mutex
	state  string
	at     time.Time
}

func (l *progressLog) report(p store.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := fmt.Sprint(p.Step, p.Waiting, p.Blocked, p.Finished)
	if state == l.state && time.Since(l.at) < logProgressEvery {
		return
	}
	l.state, l.at = state, time.Now()
	text := p.String()
	if before, _, ok := strings.Cut(text, " (step"); ok {
		text = before
	}
	l.logger.Info(text, "step", p.Number, "of", p.Of, "rows", p.Done, "rows_total", p.Total)
}

// Run opens a server and serves the listener until ctx ends, like Serve. It responds to requests from the beginning, as
// door describes. ready is called before the first request is served.
func Run(ctx context.Context, l net.Listener, c Config, ready func(context.Context, *Server) error) (err error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	cert, err := newCertificate(c)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	d := listen(ctx, l, c.Logger, cert)
	c.Progress = d.report
	s, err := Open(ctx, c)
	if err != nil {
		err = errors.Join(err, d.close())
		if ctx.Err() != nil {
			c.Logger.Warn("stopped before the server was ready; the next start continues", "error", err)
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := ready(ctx, s); err != nil {
		return errors.Join(err, d.close())
	}
	return s.serve(ctx, d)
}
