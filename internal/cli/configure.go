package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"raff/api/client"
)

func (a *app) configure() *cobra.Command {
	return &cobra.Command{
		Use:   "configure",
		Short: "Store the server's URL and an API key in a profile",
		Long: `Store the server's URL and an API key in ~/.raff/config.yaml (or the file set by RAFF_CONFIG),
which only you can read.

On a terminal, it prompts for them unless --api-key is given. Otherwise all values come from flags, and --api-key -
reads the key from standard input.`,
		Example: `# prompts, and hides the key
raff configure

# a second server
raff configure --profile staging --api-url https://raff.example.com

# in a script
raff configure --api-url https://raff.example.com --api-key - < key.txt`,
		Args: args(),
		RunE: a.local(func(context.Context, []string) error {
			path, err := configPath()
			if err != nil {
				return err
			}
			cfg, err := readConfig(path)
			if err != nil {
				return err
			}
			name := cmp.Or(a.profile, os.Getenv("RAFF_PROFILE"), defaultProfile)
			p, err := a.askProfile(cfg.Profiles[name])
			if err != nil {
				return err
			}
			if _, err := client.New(p.APIURL, p.APIKey); err != nil {
				return usageError{err.Error()}
			}
			if cfg.Profiles == nil {
				cfg.Profiles = map[string]profile{}
			}
			cfg.Profiles[name] = p
			if err := writeConfig(path, cfg); err != nil {
				return err
			}
			a.note("Saved profile %q in %s. Try it: raff whoami", name, path)
			return nil
		}),
	}
}

// askProfile takes the values from flags and, on a terminal, prompts for the others.
func (a *app) askProfile(p profile) (profile, error) {
	tty, interactive := terminal(a.in)
	switch {
	case a.apiKey == "-":
		b, err := io.ReadAll(io.LimitReader(a.in, 4096))
		if err != nil {
			return p, fmt.Errorf("reading the API key from standard input: %w", err)
		}
		a.apiKey, interactive = strings.TrimSpace(string(b)), false
		if a.apiKey == "" {
			return p, usageError{"No API key on standard input."}
		}
	case a.apiKey == "" && !interactive:
		return p, usageError{"Standard input is not a terminal: pass --api-key (or --api-key - to read it from standard input)."}
	}
	if !isText(a.apiKey) {
		return p, usageError{"The API key contains a NUL character or bytes that are not UTF-8. Copy it again."}
	}
	if !interactive || a.apiKey != "" {
		p.APIURL = cmp.Or(a.apiURL, p.APIURL, defaultURL)
		p.APIKey = a.apiKey
		p.ProjectID = cmp.Or(a.projectID, p.ProjectID)
		return p, nil
	}

	lines := bufio.NewScanner(a.in)
	ask := func(what, given, old string) string {
		if given != "" {
			return given
		}
		fmt.Fprintf(a.err, "%s [%s]: ", what, old)
		lines.Scan()
		return cmp.Or(strings.TrimSpace(lines.Text()), old)
	}
	p.APIURL = ask("Server URL", a.apiURL, cmp.Or(p.APIURL, defaultURL))
	kept := ""
	if p.APIKey != "" {
		kept = "Enter keeps the current one; "
	}
	fmt.Fprintf(a.err, "API key (%snot shown): ", kept)
	secret, err := term.ReadPassword(int(tty.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return p, fmt.Errorf("reading the API key: %w", err)
	}
	if p.APIKey = cmp.Or(strings.TrimSpace(string(secret)), p.APIKey); p.APIKey == "" {
		return p, usageError{"An API key is required. The secret is shown once, when the key is created."}
	}
	p.ProjectID = ask("Project id (optional)", a.projectID, p.ProjectID)
	return p, nil
}
