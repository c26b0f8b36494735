package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout is how long raffd health waits for a response.
const healthTimeout = 5 * time.Second

func healthCommand() *cobra.Command {
	var listen, cert string
	var ready bool
	c := &cobra.Command{
		Use:   "health",
		Short: "Check whether the server on this machine responds",
		Long: "Send GET /health to the server on this machine, and exit with status 1 if it does not respond with 200. Use it for health\n" +
			"checks in containers without a shell or curl. With --ready, send GET /ready, which also checks the database.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scheme, path := "http", "/health"
			if cert != "" {
				scheme = "https"
			}
			if ready {
				path = "/ready"
			}
			return probe(cmd.Context(), scheme, listen, path)
		},
	}
	c.Flags().String("config", "", "YAML file with the settings of the server (RAFF_CONFIG)")
	setting(c.Flags(), &listen, "listen", "RAFF_LISTEN", "127.0.0.1:8080", "address on which the server listens (RAFF_LISTEN)")
	setting(c.Flags(), &cert, "tls-cert", "RAFF_TLS_CERT", "", "certificate of the server; if it is set, the check uses HTTPS (RAFF_TLS_CERT)")
	c.Flags().BoolVar(&ready, "ready", false, "check /ready instead of /health")
	return c
}

// probe sends one request to the server that listens on this address.
func probe(ctx context.Context, scheme, listen, path string) error {
	address, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return fmt.Errorf("the address %s cannot be used: %w", listen, err)
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+reachable(address)+path, nil)
	if err != nil {
		return err
	}
	// The certificate is for the public name, not for this address, and nothing secret is sent.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // see above
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s responded with %s", path, res.Status)
	}
	return nil
}
