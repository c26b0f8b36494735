package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"raff/internal/front"
	"raff/internal/redaction"
	"raff/internal/server"
	"raff/internal/version"
)

// serving holds the settings of a server.
type serving struct {
	server.Config

	listen, timeout, drain, limits, quotas, mails, proxies string
	logs                                                   logging
}

func (s *serving) flags(f *pflag.FlagSet) {
	f.String("config", "", "YAML file with settings, named as these flags, and smtp-url and mail-from (RAFF_CONFIG); the environment and flags take precedence")
	setting(f, &s.listen, "listen", "RAFF_LISTEN", "127.0.0.1:8080", "address to listen on (RAFF_LISTEN)")
	setting(f, &s.Database, "database", "RAFF_DATABASE_URL", "", "sqlite:PATH or postgres://… (RAFF_DATABASE_URL, or RAFF_DATABASE_URL_FILE with the path of a file that contains it)")
	setting(f, &s.PublicURL, "public-url", "RAFF_PUBLIC_URL", "", "public URL of the server, the base of links in emails (RAFF_PUBLIC_URL)")
	setting(f, &s.Catalog, "catalog", "RAFF_CATALOG", "", "YAML file with your own permissions and system roles (RAFF_CATALOG)")
	setting(f, &s.SealKeyFile, "seal-key-file", "RAFF_SEAL_KEY_FILE", "", "file with the keys that sign the audit log (RAFF_SEAL_KEY_FILE)")
	setting(f, &s.SecretsKeyFile, "secrets-key-file", "RAFF_SECRETS_KEY_FILE", "", "file with the keys that encrypt the secrets of authenticator apps (RAFF_SECRETS_KEY_FILE)")
	s.logs.flags(f)
	setting(f, &s.MetricsListen, "metrics-listen", "RAFF_METRICS_LISTEN", "", "address of a separate listener for Prometheus, GET /metrics, such as 127.0.0.1:9090 (RAFF_METRICS_LISTEN)")
	setting(f, &s.OperatorListen, "operator-listen", "RAFF_OPERATOR_LISTEN", "", "address of a separate listener for the operator's API; a port alone is on the loopback address (RAFF_OPERATOR_LISTEN; default: not served)")
	setting(f, &s.OperatorTLSCert, "operator-tls-cert", "RAFF_OPERATOR_TLS_CERT", "", "file with the certificate and its chain (PEM) for the operator's API; reloaded on SIGHUP (RAFF_OPERATOR_TLS_CERT; default: plain HTTP)")
	setting(f, &s.OperatorTLSKey, "operator-tls-key", "RAFF_OPERATOR_TLS_KEY", "", "file with the private key of that certificate (RAFF_OPERATOR_TLS_KEY)")
	setting(f, &s.OperatorClientCA, "operator-client-ca", "RAFF_OPERATOR_CLIENT_CA", "", "file with the authorities (PEM) whose client certificates the operator's API requires, in addition to an operator key; reloaded on SIGHUP (RAFF_OPERATOR_CLIENT_CA)")
	setting(f, &s.TLSCert, "tls-cert", "RAFF_TLS_CERT", "", "file with the certificate and its chain (PEM), to serve HTTPS without a proxy; reloaded on SIGHUP (RAFF_TLS_CERT)")
	setting(f, &s.TLSKey, "tls-key", "RAFF_TLS_KEY", "", "file with the private key of the certificate (RAFF_TLS_KEY)")
	setting(f, &s.drain, "drain-delay", "RAFF_DRAIN_DELAY", "0s", "how long to keep serving after SIGTERM while GET /ready responds with 503, so that load balancers stop sending requests first (RAFF_DRAIN_DELAY)")
	setting(f, &s.timeout, "request-timeout", "RAFF_REQUEST_TIMEOUT", front.DefaultTimeout.String(), "maximum duration of a request, after which it fails with 503 (RAFF_REQUEST_TIMEOUT)")
	setting(f, &s.limits, "rate-limits", "RAFF_RATE_LIMITS", "", "requests per second and burst per tier, per account, per session and per network address, or off (RAFF_RATE_LIMITS; default standard=30:60,high=100:200,account=500:1000,session=20:200,source=50:500)")
	setting(f, &s.quotas, "quotas", "RAFF_QUOTAS", "", "maximum number of roles, projects, api_keys, invitations and external_ids per account, and of sessions per person (RAFF_QUOTAS; default roles=1000,projects=5000,api_keys=5000,invitations=10000,external_ids=100000,sessions=100)")
	setting(f, &s.mails, "mail-limits", "RAFF_MAIL_LIMITS", "", "emails per recipient, per sender, …, as name=EMAILS/TIME, or off (RAFF_MAIL_LIMITS; see docs/operations.md)")
	setting(f, &s.Brand.Name, "product-name", "RAFF_PRODUCT_NAME", "", "name of your product on pages, in emails and in authenticator apps (RAFF_PRODUCT_NAME; default: raff)")
	setting(f, &s.Brand.LogoFile, "logo", "RAFF_LOGO", "", "file with a square logo: SVG, PNG or WebP, at most 64 KiB (RAFF_LOGO)")
	setting(f, &s.Brand.Accent, "accent-color", "RAFF_ACCENT_COLOR", "", "color of buttons and links, such as #1f4fbf; it must be readable on white (RAFF_ACCENT_COLOR)")
	setting(f, &s.Brand.Support, "support", "RAFF_SUPPORT", "", "email or https URL where people get help (RAFF_SUPPORT)")
	setting(f, &s.Brand.Footer, "mail-footer", "RAFF_MAIL_FOOTER", "", "text at the end of emails, such as your name and postal address (RAFF_MAIL_FOOTER)")
	setting(f, &s.proxies, "trusted-proxies", "RAFF_TRUSTED_PROXIES", "", "networks of the proxies in front of the server, such as 10.0.0.0/8,fd00::/8, whose X-Forwarded-For is trusted (RAFF_TRUSTED_PROXIES)")
	f.BoolVar(&s.Proxies.Nearest, "trust-proxy", false, "trust X-Forwarded-For from any client that connects, as if it were a single proxy (RAFF_TRUST_PROXY=true)")
	annotate(f, "trust-proxy", "RAFF_TRUST_PROXY")
}

// read reads all settings, and checks the form of their values. It returns where they come from.
func (s *serving) read(cmd *cobra.Command) (origins, error) {
	from, err := resolve(cmd)
	if err != nil {
		return nil, err
	}
	file, err := readConfig(cmd)
	if err != nil {
		return nil, err
	}
	for name, into := range map[string]*string{"smtp-url": &s.SMTPURL, "mail-from": &s.MailFrom} {
		if *into, from[name], err = file.find(name, secrets[name], true); err != nil {
			return nil, usage{err}
		}
	}
	switch {
	case s.Database == "" && s.PublicURL == "":
		return nil, errors.New("--database (RAFF_DATABASE_URL) and --public-url (RAFF_PUBLIC_URL) are required")
	case s.Database == "":
		return nil, errNoDatabase
	case s.PublicURL == "":
		return nil, errors.New("--public-url (RAFF_PUBLIC_URL) is required")
	}
	if s.Logger, err = s.logs.logger(cmd.ErrOrStderr()); err != nil {
		return nil, err
	}
	if s.RequestTimeout, err = time.ParseDuration(s.timeout); err != nil || s.RequestTimeout < time.Second || s.RequestTimeout > time.Hour {
		return nil, fmt.Errorf("--request-timeout %q: must be between 1s and 1h, for example 10s", s.timeout)
	}
	if s.DrainDelay, err = time.ParseDuration(s.drain); err != nil || s.DrainDelay < 0 || s.DrainDelay > 10*time.Minute {
		return nil, fmt.Errorf("--drain-delay %q: must be between 0s and 10m, for example 10s", s.drain)
	}
	if err := errors.Join(s.SetLimits(s.limits), s.SetQuotas(s.quotas), s.SetMailLimits(s.mails), s.SetTrustedProxies(s.proxies)); err != nil {
		return nil, err
	}
	file.warn(from, s.Logger.Warn)
	return from, nil
}

// warn reports a file with secrets that other users of the machine can read.
func (c configFile) warn(from origins, warn func(string, ...any)) {
	if mode, open := c.exposed(from); open {
		warn("the configuration file contains secrets and is readable by every user on this machine", "file", c.path, "mode", mode.String())
	}
}

// exposed reports whether secrets are in the file, and every user of the machine can read it.
func (c configFile) exposed(from origins) (mode fs.FileMode, yes bool) {
	if c.path == "" || from["smtp-url"] != "file "+c.path && from["database"] != "file "+c.path {
		return 0, false
	}
	info, err := os.Stat(c.path)
	if err != nil {
		return 0, false
	}
	return info.Mode().Perm(), info.Mode().Perm()&0o007 != 0
}

func serveCommand() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run a server",
		Long: "Run a server on a database. The schema is created or migrated first; any number of nodes can\n" +
			"serve one PostgreSQL database. RAFF_SMTP_URL (smtp://user:pass@host:port?tls=starttls|tls|none) and\n" +
			"RAFF_MAIL_FROM enable email; because they contain a password, they have no flags: use the environment, files\n" +
			"(RAFF_SMTP_URL_FILE) or smtp-url and mail-from in the configuration file.\n" +
			"With --tls-cert and --tls-key the server serves HTTPS; without them, put a TLS proxy in front of it.\n" +
			"Traces are sent to the OpenTelemetry collector in OTEL_EXPORTER_OTLP_ENDPOINT, such as http://127.0.0.1:4318,\n" +
			"configured by the other OTEL_* variables (docs/operations.md).",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := s.read(cmd); err != nil {
				return err
			}
			// Before the server listens, so that an invalid setting is reported even if the address is in use.
			if err := s.Check(); err != nil {
				return err
			}
			s.Traces = true
			reload := make(chan os.Signal, 1)
			signal.Notify(reload, syscall.SIGHUP)
			defer signal.Stop(reload)
			s.Reload = reload
			return serve(cmd.Context(), s.listen, s.Config, func(ctx context.Context, node *server.Server, url string) error {
				build := version.Get()
				s.Logger.Info("serving", "version", build.Version, "commit", build.Commit, "database", node.Database(), "schema", server.Schema(), "listen", url, "public_url", node.PublicURL(), "mail", s.SMTPURL != "")
				return s.warnIfEmpty(ctx, node)
			})
		},
	}
	s.flags(c.Flags())
	return c
}

// warnIfEmpty says how to begin on a database without accounts. It is often one that should not be empty, because its path
// is wrong or its volume is not mounted.
func (s *serving) warnIfEmpty(ctx context.Context, node *server.Server) error {
	some, err := node.HasAccounts(ctx)
	if err != nil || some {
		return err
	}
	check := "Check the address and the name of the database"
	if file, ok := strings.CutPrefix(s.Database, "sqlite:"); ok {
		check = "Check the path of the database, " + file + ", and that its volume is mounted"
	}
	s.Logger.Warn("The database is empty: nobody can sign in yet. To create the first account, run raffd account create --name NAME --owner-email EMAIL with the same database. " +
		"If you expected existing accounts, stop the server. " + check + ".")
	return nil
}

func configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check the configuration"}
	var s serving
	check := &cobra.Command{
		Use:   "check",
		Short: "Check the settings of raffd serve, without the database, and print where each comes from",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := s.read(cmd)
			if err != nil {
				return err
			}
			if err := s.Check(); err != nil {
				return err
			}
			return s.print(cmd, from)
		},
	}
	s.flags(check.Flags())
	c.AddCommand(check)
	return c
}

// print lists the settings, without passwords.
func (s *serving) print(cmd *cobra.Command, from origins) error {
	for _, name := range settingNames() {
		origin, shown := from[name], map[string]string{"smtp-url": withoutPassword(s.SMTPURL), "mail-from": s.MailFrom}[name]
		if f := cmd.Flags().Lookup(name); f != nil {
			shown = f.Value.String()
			if f.Annotations[isSecret] != nil {
				shown = withoutPassword(shown)
			}
		}
		switch {
		case origin == "" && cmd.Flags().Lookup(name) == nil:
			continue
		case origin == "":
			origin = "default"
		}
		if shown == "" {
			continue
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-16s %s  [%s]\n", name, shown, origin); err != nil {
			return err
		}
	}
	_, err := io.WriteString(cmd.OutOrStdout(), "The configuration is valid.\n")
	return err
}

// withoutPassword hides the user and the password in a URL or in the settings of a connection. The path of a file has none.
func withoutPassword(value string) string {
	if strings.HasPrefix(value, "sqlite:") {
		return value
	}
	return redaction.Text(value)
}
