package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"
)

// serveMetrics serves GET /metrics, and profiles in the format of pprof, on a separate listener until ctx ends, because they must
// not be public like the API and the pages.
func (s *Server) serveMetrics(ctx context.Context, wg *sync.WaitGroup) error {
	if s.metrics == nil {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.config.MetricsListen)
	if err != nil {
		return fmt.Errorf("listen for metrics on %s: %w", s.config.MetricsListen, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // without the command line, which may contain a password
	mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	h := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout}
	s.config.Logger.Info("serving metrics", "listen", l.Addr().String())
	wg.Go(func() {
		if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.config.Logger.Error("serving metrics failed", "error", err)
		}
	})
	wg.Go(func() {
		<-ctx.Done()
		_ = h.Close() // an interrupted scrape is repeated
	})
	return nil
}

// counted counts a run of a background job.
func (s *Server) counted(job string, began time.Time, err error) {
	if s.metrics != nil {
		s.metrics.Job(job, began, err)
	}
}
