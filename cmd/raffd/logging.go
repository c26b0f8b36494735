package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/pflag"

	"raff/internal/redaction"
)

// logging holds the logging flags of a server.
type logging struct{ level, format string }

func (l *logging) flags(f *pflag.FlagSet) {
	setting(f, &l.level, "log-level", "RAFF_LOG_LEVEL", "info", "debug (one line per request), info, warn or error (RAFF_LOG_LEVEL)")
	setting(f, &l.format, "log-format", "RAFF_LOG_FORMAT", "text", "text or json (RAFF_LOG_FORMAT)")
}

func (l *logging) logger(w io.Writer) (*slog.Logger, error) {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[l.level]
	if !ok {
		return nil, fmt.Errorf("--log-level %q: must be debug, info, warn or error", l.level)
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: redaction.Attr}
	switch l.format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, fmt.Errorf("--log-format %q: must be text or json", l.format)
}

// warnings is the logger of commands with other output: it only logs warnings and errors, to standard error.
func warnings(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: redaction.Attr}))
}
