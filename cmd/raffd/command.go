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

	"github.com/spf13/cobra"

	"raff/internal/server"
	"raff/internal/version"
)

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "raffd",
		Short:         "The team and access server: members, invitations, roles, API keys, projects, audit",
		Version:       version.Get().String(),
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			_, err := resolve(cmd)
			return err
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(devCommand(), serveCommand(), accountCommand(), userCommand(), apiKeyCommand(), operatorCommand(), auditCommand(), migrateCommand(), catalogCommand(), nodeCommand(), jobCommand(), outboxCommand(), configCommand(), doctorCommand(), healthCommand(), sealKeyCommand(), secretsCommand(), backupCommand(), vacuumCommand(), versionCommand())
	strict(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	return root
}

func devCommand() *cobra.Command {
	var listen, operatorListen, data string
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
				Logger: warnings(cmd.ErrOrStderr()), Traces: true, OperatorListen: operatorListen,
			}
			return serve(cmd.Context(), listen, config, func(ctx context.Context, s *server.Server, url string) error {
				a, created, err := s.DevAccount(ctx, data)
				if err == nil {
					s.Greet(cmd.OutOrStdout(), os.Args[0], url, data, a, created)
				}
				return err
			})
		},
	}
	setting(c.Flags(), &listen, "listen", "RAFF_LISTEN", "127.0.0.1:8080", "address to listen on (RAFF_LISTEN)")
	setting(c.Flags(), &operatorListen, "operator-listen", "RAFF_OPERATOR_LISTEN", "127.0.0.1:0", "address to listen on for the operator's API; 0 chooses a free port (RAFF_OPERATOR_LISTEN)")
	setting(c.Flags(), &data, "data", "RAFF_DATA", "./raff-data", "directory of the database (RAFF_DATA)")
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
	if c.TLSCert != "" {
		url = "https://" + reachable(l.Addr())
	}
	if c.PublicURL == "" {
		// Browsers support passkeys for a host name, not for an IP address.
		url = strings.Replace(url, "//127.0.0.1:", "//localhost:", 1)
		c.PublicURL = url
	}
	return server.Run(ctx, l, c, func(ctx context.Context, s *server.Server) error { return ready(ctx, s, url) })
}
