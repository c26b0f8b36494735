package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"raff/api"
	"raff/api/client"
)

func (a *app) configure() *cobra.Command {
	return &cobra.Command{
		Use:   "configure",
		Short: "Store the server's URL and an API key in a profile",
		Long: `Store the server's URL and an API key in ~/.raff/config.yaml (or the file set by RAFF_CONFIG),
which only you can read.

On a terminal, it prompts for them unless --api-key is given. Otherwise all values come from flags, and --api-key -
reads the key from standard input.

The key is checked first: nothing is stored if the server does not accept it. If the server cannot be reached, the
profile is stored anyway, with a warning.`,
		Example: `# prompts, and hides the key
raff configure

# a second server
raff configure --profile staging --api-url https://raff.example.com

# in a script
raff configure --api-url https://raff.example.com --api-key - < key.txt`,
		Args: args(),
		RunE: a.local(func(ctx context.Context, _ []string) error {
			var path, name string
			var whose *api.Whoami
			err := a.change(func(file string, c *config, chosen string) error {
				path, name = file, chosen
				p, err := a.askProfile(c.Profiles[name])
				if err != nil {
					return err
				}
				if whose, err = a.checkKey(ctx, p); err != nil {
					return err
				}
				c.Profiles[name] = p
				return nil
			})
			if err != nil {
				return err
			}
			if whose != nil {
				a.note("The API key %s belongs to the account %s. %s", quoted(whose.Principal.Name), quoted(whose.Account.Name), rightsOf(whose))
			}
			a.note("Saved profile %q in %s. Try it: raff whoami", name, path)
			a.warnOverridden()
			return nil
		}),
	}
}

// keyCheckTimeout is how long configure waits for the server.
const keyCheckTimeout = 10 * time.Second

// checkKey asks the server whose key it is. If the server cannot say, it warns and returns nil. The error means that
// the key must not be stored.
func (a *app) checkKey(ctx context.Context, p profile) (*api.Whoami, error) {
	c, err := a.clientFor(profile{APIURL: p.APIURL, APIKey: p.APIKey}, client.WithMaxRetries(0))
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, keyCheckTimeout)
	defer cancel()
	w, err := c.Whoami(limited)
	switch {
	case err == nil:
		return w, nil
	case ctx.Err() != nil:
		return nil, interruptedError{"Interrupted. Nothing was stored."}
	case client.IsUnauthenticated(err):
		return nil, deniedError{fmt.Sprintf("The server at %s does not accept this API key. Nothing was stored. Check the URL and the key: it may be incomplete, expired, disabled or revoked.", p.APIURL)}
	}
	why, _ := a.explain(err)
	a.note("Warning: the key was not checked. %s", clean(why))
	return nil, nil //nolint:nilnil // unknown is a valid result
}

// rightsOf says in a sentence what a key may do.
func rightsOf(w *api.Whoami) string {
	switch n := len(w.Projects); {
	case w.Role != nil:
		return "Its role is " + w.Role.Name + "."
	case n > 0:
		return "It has a role in " + count(n, "project") + "."
	}
	return "It has no role yet."
}

// quoted is a name in a sentence, in quotes if it has spaces.
func quoted(name string) string {
	if name = clean(name); strings.ContainsAny(name, " \t") {
		return strconv.Quote(name)
	}
	return name
}

// warnOverridden says which variables of the environment take precedence over a stored profile.
func (a *app) warnOverridden() {
	var set []string
	for _, name := range []string{"RAFF_API_URL", "RAFF_API_KEY", "RAFF_PROJECT_ID", "RAFF_PROFILE"} {
		if os.Getenv(name) != "" && (name != "RAFF_PROFILE" || a.profile != "") {
			set = append(set, name)
		}
	}
	if len(set) > 0 {
		a.note("Note: %s is set in the environment and takes precedence over the profile.", strings.Join(set, " and "))
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
		p.APIURL = cmp.Or(a.apiURL, p.APIURL, os.Getenv("RAFF_API_URL"), defaultURL)
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
	p.APIURL = ask("Server URL", a.apiURL, cmp.Or(p.APIURL, os.Getenv("RAFF_API_URL"), defaultURL))
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
