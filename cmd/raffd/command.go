package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"raff/internal/front"
	"raff/internal/server"
	"raff/internal/version"
)

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "raffd",
		Short:         "The team and access server: members, invitations, roles, API keys, projects, audit",
		Version:       version.Get().String(),
		SilenceErrors: true, SilenceUsage: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(devCommand(), serveCommand(), accountCommand(), userCommand(), apiKeyCommand(), auditCommand(), migrateCommand(), catalogCommand(), sealKeyCommand(), backupCommand(), versionCommand())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	return root
}

// setting adds a flag that defaults to an environment variable. The help shows only the built-in default, because the
// environment may contain a password.
func setting(f *pflag.FlagSet, p *string, name, env, otherwise, usage string) {
	f.StringVar(p, name, otherwise, usage)
	if v := os.Getenv(env); v != "" {
		*p = v
	}
}

func devCommand() *cobra.Command {
	var listen, data string
	c := &cobra.Command{
		Use:   "dev",
		Short: "Run a development server: embedded database, an account ready to use",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := os.MkdirAll(data, 0o700); err != nil {
				return fmt.Errorf("create the data directory: %w", err)
			}
			config := server.Config{
				Database: "sqlite:" + filepath.Join(data, "raff.db"), Links: cmd.OutOrStdout(),
				Logger: warnings(cmd.ErrOrStderr()), Traces: true,
			}
			return serve(cmd.Context(), listen, config, func(ctx context.Context, s *server.Server, url string) error {
				a, created, err := s.DevAccount(ctx, data)
				if err == nil {
					server.Greet(cmd.OutOrStdout(), url, data, a, created)
				}
				return err
			})
		},
	}
	setting(c.Flags(), &listen, "listen", "RAFF_LISTEN", "127.0.0.1:8080", "address to listen on (RAFF_LISTEN)")
	setting(c.Flags(), &data, "data", "RAFF_DATA", "./raff-data", "directory of the database (RAFF_DATA)")
	return c
}

func serveCommand() *cobra.Command {
	var listen, timeout, limits, quotas, mails, proxies string
	var logs logging
	var config server.Config
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run a server",
		Long: "Run a server on a database. The schema is created or migrated first; any number of nodes can\n" +
			"serve one PostgreSQL database. RAFF_SMTP_URL (smtp://user:pass@host:port?tls=starttls|tls|none) and\n" +
			"RAFF_MAIL_FROM enable email; they are read from the environment only, because they contain a password.\n" +
			"Traces are sent to the OpenTelemetry collector in OTEL_EXPORTER_OTLP_ENDPOINT, such as http://127.0.0.1:4318,\n" +
			"configured by the other OTEL_* variables (docs/operations.md).",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if config.Database == "" || config.PublicURL == "" {
				return fmt.Errorf("--database (RAFF_DATABASE_URL) and --public-url (RAFF_PUBLIC_URL) are required")
			}
			config.Traces = true
			config.SMTPURL, config.MailFrom = os.Getenv("RAFF_SMTP_URL"), os.Getenv("RAFF_MAIL_FROM")
			var err error
			if config.Logger, err = logs.logger(cmd.ErrOrStderr()); err != nil {
				return err
			}
			if config.RequestTimeout, err = time.ParseDuration(timeout); err != nil || config.RequestTimeout < time.Second || config.RequestTimeout > time.Hour {
				return fmt.Errorf("--request-timeout %q: must be between 1s and 1h, for example 10s", timeout)
			}
			if err := config.SetLimits(limits); err != nil {
				return err
			}
			if err := config.SetQuotas(quotas); err != nil {
				return err
			}
			if err := config.SetMailLimits(mails); err != nil {
				return err
			}
			if err := config.SetTrustedProxies(proxies); err != nil {
				return err
			}
			return serve(cmd.Context(), listen, config, func(_ context.Context, s *server.Server, url string) error {
				build := version.Get()
				config.Logger.Info("serving", "version", build.Version, "commit", build.Commit, "schema", server.Schema(), "listen", url, "public_url", s.PublicURL(), "mail", config.SMTPURL != "")
				return nil
			})
		},
	}
	f := c.Flags()
	setting(f, &listen, "listen", "RAFF_LISTEN", "127.0.0.1:8080", "address to listen on (RAFF_LISTEN)")
	setting(f, &config.Database, "database", "RAFF_DATABASE_URL", "", "sqlite:PATH or postgres://… (RAFF_DATABASE_URL)")
	setting(f, &config.PublicURL, "public-url", "RAFF_PUBLIC_URL", "", "public URL of the server, the base of links in emails (RAFF_PUBLIC_URL)")
	setting(f, &config.Catalog, "catalog", "RAFF_CATALOG", "", "YAML file with your own permissions and system roles (RAFF_CATALOG)")
	setting(f, &config.SealKeyFile, "seal-key-file", "RAFF_SEAL_KEY_FILE", "", "file with the keys that sign the audit log (RAFF_SEAL_KEY_FILE)")
	logs.flags(f)
	setting(f, &config.MetricsListen, "metrics-listen", "RAFF_METRICS_LISTEN", "", "address of a separate listener for Prometheus, GET /metrics, such as 127.0.0.1:9090 (RAFF_METRICS_LISTEN)")
	setting(f, &timeout, "request-timeout", "RAFF_REQUEST_TIMEOUT", front.DefaultTimeout.String(), "maximum duration of a request, after which it fails with 503 (RAFF_REQUEST_TIMEOUT)")
	setting(f, &limits, "rate-limits", "RAFF_RATE_LIMITS", "", "requests per second and burst per tier, per account, per session and per network address, or off (RAFF_RATE_LIMITS; default standard=30:60,high=100:200,account=500:1000,session=20:200,source=50:500)")
	setting(f, &quotas, "quotas", "RAFF_QUOTAS", "", "maximum number of roles, projects, api_keys, invitations and external_ids per account, and of sessions per person (RAFF_QUOTAS; default roles=1000,projects=5000,api_keys=5000,invitations=10000,external_ids=100000,sessions=100)")
	setting(f, &mails, "mail-limits", "RAFF_MAIL_LIMITS", "", "emails per recipient, per sender, …, as name=EMAILS/TIME, or off (RAFF_MAIL_LIMITS; see docs/operations.md)")
	setting(f, &proxies, "trusted-proxies", "RAFF_TRUSTED_PROXIES", "", "networks of the proxies in front of the server, such as 10.0.0.0/8,fd00::/8, whose X-Forwarded-For is trusted (RAFF_TRUSTED_PROXIES)")
	f.BoolVar(&config.Proxies.Nearest, "trust-proxy", false, "trust X-Forwarded-For from any client that connects, as if it were a single proxy (RAFF_TRUST_PROXY=true)")
	config.Proxies.Nearest = os.Getenv("RAFF_TRUST_PROXY") == "true"
	return c
}

// reachable is a URL of the listener that works on this machine: the loopback address for a server that listens on all
// addresses.
func reachable(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
}

// serve listens first, so that a port in use is reported before anything is created, and probes are answered while the
// database is migrated.
func serve(ctx context.Context, listen string, c server.Config, ready func(context.Context, *server.Server, string) error) error {
	c.AccessLog = slog.LevelDebug
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", listen, err)
	}
	url := "http://" + reachable(l.Addr())
	if c.PublicURL == "" {
		// Browsers support passkeys for a host name, not for an IP address.
		url = strings.Replace(url, "//127.0.0.1:", "//localhost:", 1)
		c.PublicURL = url
	}
	return server.Run(ctx, l, c, func(ctx context.Context, s *server.Server) error { return ready(ctx, s, url) })
}
