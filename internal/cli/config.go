package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

const (
	defaultURL     = "http://127.0.0.1:8080"
	defaultProfile = "default"
)

// profile has the settings for one server.
type profile struct {
	APIURL    string `yaml:"api_url,omitempty"`
	APIKey    string `yaml:"api_key,omitempty"`
	ProjectID string `yaml:"project_id,omitempty"`
}

// config is the content of the configuration file.
type config struct {
	// Current is the profile that is used if none is named; empty means "default".
	Current  string             `yaml:"current_profile,omitempty"`
	Profiles map[string]profile `yaml:"profiles"`
}

// current is the profile that is used if neither a flag nor the environment names one.
func (c config) current() string { return cmp.Or(c.Current, defaultProfile) }

// settings are the effective settings, and where the API key comes from.
type settings struct {
	profile
	keyFrom string
}

// settings returns the effective settings: flags take precedence over the environment, which takes precedence over the
// file.
func (a *app) settings() (settings, error) {
	name := a.chosenProfile()
	path, err := configPath()
	if err != nil && name != "" {
		return settings{}, err
	}
	// Without a home directory, as in many containers, flags and environment are enough.
	var cfg config
	if err == nil {
		if cfg, err = readConfig(path); err != nil {
			return settings{}, err
		}
	}
	said := name != "" || cfg.Current != ""
	name = cmp.Or(name, cfg.current())
	fromFile, found := cfg.Profiles[name]
	if said && !found {
		return settings{}, usageError{fmt.Sprintf("There is no profile %q in %s. Create it with raff configure --profile %[1]s.", name, path)}
	}
	if found && fromFile.APIKey != "" {
		a.warnIfReadable(path)
	}
	s := settings{profile: profile{
		APIURL:    cmp.Or(a.apiURL, os.Getenv("RAFF_API_URL"), fromFile.APIURL, defaultURL),
		APIKey:    strings.TrimSpace(cmp.Or(a.apiKey, os.Getenv("RAFF_API_KEY"), fromFile.APIKey)),
		ProjectID: cmp.Or(a.projectID, os.Getenv("RAFF_PROJECT_ID"), fromFile.ProjectID),
	}}
	stored := fmt.Sprintf("profile %q in %s", name, path)
	switch {
	case a.apiKey != "":
		s.keyFrom = "--api-key"
	case os.Getenv("RAFF_API_KEY") != "":
		s.keyFrom = "the environment variable RAFF_API_KEY"
	default:
		s.keyFrom = stored
	}
	if s.keyFrom != stored && fromFile.APIKey != "" {
		s.keyFrom += ", which takes precedence over " + stored
	}
	return s, nil
}

// chosenProfile is the profile that --profile or RAFF_PROFILE names, or "".
func (a *app) chosenProfile() string { return cmp.Or(a.profile, os.Getenv("RAFF_PROFILE")) }

func (a *app) warnIfReadable(path string) {
	if i, err := os.Stat(path); err == nil && i.Mode().Perm()&0o077 != 0 {
		a.note("Warning: other users of this machine can read the API key in %s. Run: chmod 600 %[1]s", path)
	}
}

// configPath is RAFF_CONFIG or ~/.raff/config.yaml.
func configPath() (string, error) {
	if p := os.Getenv("RAFF_CONFIG"); p != "" {
		return p, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("the home directory is unknown; set RAFF_CONFIG to the path of the configuration file")
	}
	return filepath.Join(home, ".raff", "config.yaml"), nil
}

// change changes the configuration file: do gets its path, its content, and the name of the chosen profile.
func (a *app) change(do func(path string, c *config, name string) error) error {
	path, err := configPath()
	if err != nil {
		return err
	}
	c, err := readConfig(path)
	if err != nil {
		return err
	}
	if c.Profiles == nil {
		c.Profiles = map[string]profile{}
	}
	if err := do(path, &c, cmp.Or(a.chosenProfile(), c.current())); err != nil {
		return err
	}
	return writeConfig(path, c)
}

// readConfig reads the file; a missing one is empty.
func readConfig(path string) (config, error) {
	var c config
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("reading the configuration: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil && len(bytes.TrimSpace(b)) > 0 {
		// The decoder's error may quote a part of the file, which contains keys.
		return c, fmt.Errorf("the configuration %s is not in the format of raff configure (current_profile, and profiles with api_url, api_key and project_id): correct it, or remove it and run raff configure", path)
	}
	return c, nil
}

// writeConfig replaces the file atomically, readable only by its owner.
func writeConfig(path string, c config) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	b, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("creating the configuration directory: %w", err)
	}
	if filepath.Base(dir) == ".raff" { // our own directory, which may have been created with wider permissions
		if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder without x cannot be entered
			return fmt.Errorf("restricting access to the configuration: %w", err)
		}
	}
	tmp, err := os.CreateTemp(dir, ".config-*") // mode 0600
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // it is gone when all went well
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}

func completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	path, err := configPath()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	cfg, err := readConfig(path)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(cfg.Profiles)), cobra.ShellCompDirectiveNoFileComp
}
