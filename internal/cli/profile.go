package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// profileRow is a profile as it is listed: without its secret.
type profileRow struct {
	Name      string `json:"name"`
	Current   bool   `json:"current"`
	APIURL    string `json:"api_url"`
	KeyPrefix string `json:"key_prefix"`
	ProjectID string `json:"project_id"`
}

var profileColumns = []column[profileRow]{
	{"", "current", func(p profileRow) string { return strconv.FormatBool(p.Current) }},
	{"NAME", "name", func(p profileRow) string { return p.Name }},
	{"URL", "api_url", func(p profileRow) string { return p.APIURL }},
	{"API KEY", "key_prefix", func(p profileRow) string { return p.KeyPrefix }},
	{"PROJECT", "project_id", func(p profileRow) string { return p.ProjectID }},
	{"CURRENT", "", func(p profileRow) string {
		if p.Current {
			return "current"
		}
		return ""
	}},
}

// secretPrefix is the part of an API key that is not secret, which the server shows as its prefix. It is empty for a
// text that is too short to be a key.
func secretPrefix(key string) string {
	const shown = len("raff_00000000")
	if len(key) < 2*shown {
		return ""
	}
	return key[:shown]
}

func (a *app) profiles() *cobra.Command {
	return a.group("profile", "profiles", "List, choose and remove the profiles in the configuration file",
		a.profileList(), a.profileUse(), a.profileRemove())
}

func (a *app) profileList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the profiles, without their secrets",
		Example: `raff profile list`,
		Args:    args(),
		RunE: a.local(func(context.Context, []string) error {
			path, err := configPath()
			if err != nil {
				return err
			}
			c, err := readConfig(path)
			if err != nil {
				return err
			}
			var rows []profileRow
			for _, name := range slices.Sorted(maps.Keys(c.Profiles)) {
				p := c.Profiles[name]
				prefix := secretPrefix(p.APIKey)
				if prefix == "" && p.APIKey != "" {
					prefix = "stored"
				}
				rows = append(rows, profileRow{name, name == c.current(), p.APIURL, prefix, p.ProjectID})
			}
			if err := writeList(a, rows, profileColumns); err != nil {
				return err
			}
			if chosen := a.chosenProfile(); chosen != "" && a.profile == "" {
				a.note("Note: RAFF_PROFILE selects %q.", chosen)
			}
			return nil
		}),
	}
}

const profileArg = "a profile's name"

func (a *app) profileUse() *cobra.Command {
	return &cobra.Command{
		Use:   "use <name>",
		Short: "Make a profile the current one, which raff uses unless --profile or RAFF_PROFILE selects another",
		Example: `raff profile use staging
raff profile use default`,
		Args:              args(profileArg),
		ValidArgsFunction: upTo(1, completeProfiles),
		RunE: a.local(func(_ context.Context, args []string) error {
			var p profile
			err := a.change(func(path string, c *config, _ string) (err error) {
				if p, err = c.named(args[0], path); err == nil {
					c.Current = args[0]
				}
				return err
			})
			if err != nil {
				return err
			}
			a.note("The current profile is now %q (%s).", args[0], p.APIURL)
			a.warnOverridden()
			return nil
		}),
	}
}

func (a *app) profileRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove <name>",
		Aliases: []string{"rm", "delete"},
		Short:   "Remove a profile with its API key from the configuration file",
		Long: `Remove a profile with its API key from the configuration file. The key stays valid on the server; to revoke it, run
raff api-key revoke first.`,
		Example:           `raff profile remove staging`,
		Args:              args(profileArg),
		ValidArgsFunction: upTo(1, completeProfiles),
		RunE: a.local(func(_ context.Context, args []string) error {
			was := false
			err := a.change(func(path string, c *config, _ string) error {
				_, err := c.named(args[0], path)
				if was = c.current() == args[0]; was {
					c.Current = ""
				}
				delete(c.Profiles, args[0])
				return err
			})
			if err != nil {
				return err
			}
			a.note("Removed the profile %q. Its API key stays valid on the server.", args[0])
			if was {
				a.note("It was the current profile. To select another one: raff profile use <name>")
			}
			return nil
		}),
	}
}

// named returns a profile of the file at path.
func (c config) named(name, path string) (profile, error) {
	p, ok := c.Profiles[name]
	if !ok {
		known := slices.Sorted(maps.Keys(c.Profiles))
		return p, notFoundError{fmt.Sprintf("There is no profile %q in %s. %s", name, path, whatThereIs(known, "raff profile list"))}
	}
	return p, nil
}

func (a *app) logout() *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Remove the API key of a profile from this machine",
		Long: `Remove the API key of the current profile, or of the one that --profile names, from the configuration file. The
server's URL stays in the profile. The key stays valid on the server; to revoke it, run raff api-key revoke first.`,
		Example: `raff logout
raff logout --profile staging`,
		Args: args(),
		RunE: a.local(func(context.Context, []string) error {
			var name, prefix string
			had := false
			err := a.change(func(path string, c *config, chosen string) error {
				name = chosen
				p, err := c.named(name, path)
				if err != nil {
					return err
				}
				prefix, had = secretPrefix(p.APIKey), p.APIKey != ""
				p.APIKey = ""
				c.Profiles[name] = p
				return nil
			})
			switch {
			case err != nil:
				return err
			case !had:
				a.note("The profile %q has no API key.", name)
			default:
				a.note("Removed the API key %s from the profile %q. It stays valid on the server.", strings.TrimSpace(prefix+"…"), name)
			}
			a.warnOverridden()
			return nil
		}),
	}
}
