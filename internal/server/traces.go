package server

import (
	"context"
	"strings"

	"raff/internal/trace"
	"raff/internal/version"
)

// startTraces follows requests and transactions, if the environment asks for it. If it asks for what is not possible, that is
// logged: nothing that only watches a server keeps it from serving.
func (s *Server) startTraces(ctx context.Context) {
	if !s.config.Traces {
		return
	}
	t, err := trace.FromEnvironment(ctx, trace.Options{
		Version: version.Get().Version, HTTPS: strings.HasPrefix(s.config.PublicURL, "https://"), Logger: s.config.Logger,
	})
	if err != nil {
		s.config.Logger.Warn("no traces are sent", "error", err)
	}
	if t != nil {
		s.traces, s.config.Logger = t, trace.Logged(s.config.Logger)
	}
}

// closeTraces sends what was not sent yet.
func (s *Server) closeTraces() {
	if s.traces != nil {
		s.traces.Close(context.Background())
	}
}
