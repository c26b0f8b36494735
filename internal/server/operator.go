package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"

	"raff/internal/front"
	"raff/internal/operatorapi"
)

// listenForOperator opens the listener of the operator's API, if one is configured. Without a host, it is the loopback address.
func (s *Server) listenForOperator(ctx context.Context) (err error) {
	at := operatorAddress(s.config.OperatorListen)
	if at == "" || s.config.Mode != Serving {
		return nil
	}
	if s.operatorCert, err = newOperatorCertificate(s.config); err != nil {
		return err
	}
	var lc net.ListenConfig
	if s.operatorListener, err = lc.Listen(ctx, "tcp", at); err != nil {
		return fmt.Errorf("listen for the operator's API on %s: %w", at, err)
	}
	return nil
}

// operatorAddress returns the address to listen on for the operator's API: without a host, the loopback address.
func operatorAddress(at string) string {
	if at != "" && !strings.Contains(at, ":") {
		at = ":" + at
	}
	if strings.HasPrefix(at, ":") {
		at = "127.0.0.1" + at
	}
	return at
}

// OperatorURL returns the URL of the operator's API on this machine; empty if it is not served.
func (s *Server) OperatorURL() string {
	if s.operatorListener == nil {
		return ""
	}
	if s.operatorCert != nil {
		return "https://" + s.operatorListener.Addr().String()
	}
	return "http://" + s.operatorListener.Addr().String()
}

// serveOperator serves the operator's API until ctx ends. Requests in progress are finished.
func (s *Server) serveOperator(ctx context.Context, f *front.Front, wg *sync.WaitGroup) {
	if s.operatorListener == nil {
		return
	}
	h := &http.Server{
		Handler: f.Handler(operatorapi.New(s.operator, s.audit, f)), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes,
	}
	serve := func() error { return h.Serve(s.operatorListener) }
	if s.operatorCert != nil {
		h.TLSConfig = s.operatorCert.config()
		h.ErrorLog = slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelDebug) // clients without a certificate
		serve = func() error { return h.ServeTLS(s.operatorListener, "", "") }
	}
	s.config.Logger.Info("serving the operator's API", "listen", s.operatorListener.Addr().String(), "tls", s.operatorCert != nil)
	wg.Go(func() {
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			s.config.Logger.Error("serving the operator's API failed", "error", err)
		}
	})
	wg.Go(func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		if err := h.Shutdown(grace); err != nil {
			_ = h.Close()
		}
	})
}
