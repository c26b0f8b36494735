package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// serveMetrics serves GET /metrics on a separate listener until ctx ends, because metrics must not be public like the API
// and the pages.
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
