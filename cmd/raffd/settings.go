package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"raff/internal/nearest"
)

// A setting has a value from one of four places; each takes precedence over those before it: the built-in default, the file
// of --config, the environment, and the flag. Secrets can also be in files of their own, which environment variables with
// the suffix _FILE name.

// The annotations of a flag that is a setting.
const (
	inEnvironment = "raffd_env"    // its environment variable
	isSecret      = "raffd_secret" // its value may contain a password
)

// secrets are the settings that have no flag, because other users of the machine can see flags, with their environment
// variables.
var secrets = map[string]string{"smtp-url": "RAFF_SMTP_URL", "mail-from": "RAFF_MAIL_FROM"}

// setting adds a flag that can also be set by the environment and the configuration file. The help shows only the built-in
// default, because the others may contain a password.
func setting(f *pflag.FlagSet, p *string, name, env, otherwise, usage string) {
	f.StringVar(p, name, otherwise, usage)
	annotate(f, name, env)
}

func annotate(f *pflag.FlagSet, name, env string) {
	a := map[string][]string{inEnvironment: {env}}
	if env == "RAFF_DATABASE_URL" {
		a[isSecret] = []string{"true"}
	}
	f.Lookup(name).Annotations = a
}

// origins says where the values of the settings come from, for raffd config check.
type origins map[string]string

// resolve sets the settings of a command that have no flag on the command line.
func resolve(cmd *cobra.Command) (origins, error) {
	file, err := readConfig(cmd)
	if err != nil {
		return nil, usage{err}
	}
	from := origins{}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		env := f.Annotations[inEnvironment]
		switch {
		case len(env) == 0 || failed != nil:
		case f.Changed:
			from[f.Name] = "flag --" + f.Name
		default:
			value, origin, err := file.find(f.Name, env[0], f.Annotations[isSecret] != nil)
			if err == nil && origin != "" {
				if err = f.Value.Set(value); err != nil {
					err = fmt.Errorf("%s: %s is %q, but must be true or false", origin, f.Name, value) // the others are text
				}
			}
			if err != nil {
				failed = usage{err}
			}
			from[f.Name] = origin
		}
	})
	return from, failed
}

// configFile is the content of the file of --config.
type configFile struct {
	path   string
	values map[string]string
}

// find returns the value of a setting that has no flag, and where it comes from; both are empty if it has none.
func (c configFile) find(name, env string, secret bool) (value, origin string, err error) {
	value, file := os.Getenv(env), ""
	if secret {
		file = os.Getenv(env + "_FILE")
	}
	switch {
	case value != "" && file != "":
		return "", "", fmt.Errorf("both %s and %s_FILE are set: remove one of them", env, env)
	case value != "":
		return value, "environment " + env, nil
	case file != "":
		b, err := os.ReadFile(file) //nolint:gosec // the operator names the file
		if err != nil {
			return "", "", fmt.Errorf("%s_FILE: %w", env, err)
		}
		if value = strings.TrimSpace(string(b)); value == "" || !isText(value) {
			return "", "", fmt.Errorf("%s_FILE: %s must contain one line of text", env, file)
		}
		return value, "file " + file, nil
	case c.values[name] != "":
		return c.values[name], "file " + c.path, nil
	}
	return "", "", nil
}

// readConfig reads the file of --config or RAFF_CONFIG, if there is one.
func readConfig(cmd *cobra.Command) (c configFile, err error) {
	f := cmd.Flags().Lookup("config")
	if f == nil {
		return c, nil
	}
	if c.path = f.Value.String(); c.path == "" {
		c.path = os.Getenv("RAFF_CONFIG")
	}
	if c.path == "" {
		return c, nil
	}
	text, err := os.ReadFile(c.path) //nolint:gosec // the operator names the file
	if err != nil {
		return c, fmt.Errorf("read the configuration: %w", err)
	}
	if !isText(string(text)) {
		return c, fmt.Errorf("%s contains a NUL character or bytes that are not UTF-8", c.path)
	}
	if c.values, err = parseConfig(text, settingNames()); err != nil {
		return c, fmt.Errorf("%s: %w", c.path, err)
	}
	return c, nil
}

// parseConfig parses a YAML mapping from the names of settings to their values. A list is joined with commas.
func parseConfig(text []byte, names []string) (map[string]string, error) {
	var nodes map[string]yaml.Node
	if err := yaml.Unmarshal(text, &nodes); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: ") + ": the file must have one setting per line, such as public-url: https://team.example.com")
	}
	values := map[string]string{}
	for name, node := range nodes {
		if !slices.Contains(names, name) {
			hint := "the settings are " + strings.Join(names, ", ")
			if like := nearest.Name(name, names); like != "" {
				hint = "did you mean " + like + "?"
			}
			return nil, fmt.Errorf("line %d: there is no setting %q: %s", node.Line, name, hint)
		}
		var list []string
		switch {
		case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		case node.Kind == yaml.ScalarNode:
			list = []string{node.Value}
		case node.Kind == yaml.SequenceNode && node.Decode(&list) == nil:
		default:
			return nil, fmt.Errorf("line %d: %s must be one value, or a list of values", node.Line, name)
		}
		values[name] = strings.Join(list, ",")
	}
	return values, nil
}

// settingNames are the settings of raffd serve, which a configuration file can contain.
func settingNames() (names []string) {
	for name := range secrets {
		names = append(names, name)
	}
	serveCommand().Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[inEnvironment] != nil {
			names = append(names, f.Name)
		}
	})
	slices.Sort(names)
	return names
}
