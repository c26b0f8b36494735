package server

import (
	"context"
	"strings"

	"raff/internal/trace"
	"raff/internal/version"
)

// startTraces starts tracing if the environment asks for it. A wrong setting is only logged, because a problem with
// observability must not keep a server from starting.
func (s *Server) startTraces(ctx context.Context) {
	if !s.config.Traces {
		return
	}
	t, err := trace.FromEnvironment(ctx, trace.Options{
		Version: version.Get().Version, HTTPS: strings.HasPrefix(s.config.PublicURL, "https://"), Logger: s.config.Logger,
	})
	if err != nil {
		s.config.Logger.Warn("tracing is disabled", "error", err)
	}
	if t != nil {
		s.traces, s.config.Logger = t, trace.Logged(s.config.Logger)
	}
}

// closeTraces sends the remaining traces.
func (s *Server) closeTraces() {
	if s.traces != nil {
		s.traces.Close(context.Background())
	}
}
