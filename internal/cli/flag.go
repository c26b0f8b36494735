package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// choice is a flag with a few allowed values.
type choice struct {
	value   string
	allowed []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return "word" }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("choose %s", c.list())
	}
	c.value = s
	return nil
}

func (c *choice) list() string {
	last := len(c.allowed) - 1
	return strings.Join(c.allowed[:last], ", ") + " or " + c.allowed[last]
}

func (c *choice) complete(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return c.allowed, cobra.ShellCompDirectiveNoFileComp
}

// addChoice adds such a flag to a command.
func addChoice(cmd *cobra.Command, c *choice, name, what string) {
	cmd.Flags().Var(c, name, what+": "+c.list())
	complete(cmd, name, c.complete)
}

func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // the flag does not exist: a mistake in this program
	}
}

// args is for commands with these arguments, each described in words.
func args(what ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > 0 && len(what) == 0:
			return fmt.Errorf("%s takes no arguments, but there is %q. See %[1]s --help", cmd.CommandPath(), args[0])
		case len(args) < len(what):
			return fmt.Errorf("%s needs %s. See %[1]s --help", cmd.CommandPath(), strings.Join(what[len(args):], " and "))
		case len(args) > len(what):
			return fmt.Errorf("%s takes %s, but there is also %q", cmd.CommandPath(), strings.Join(what, " and "), args[len(what)])
		}
		for i, arg := range args {
			if arg == "" {
				return fmt.Errorf("%s needs %s, but what was given is empty; maybe a variable of the script is not set", cmd.CommandPath(), what[i])
			}
		}
		return nil
	}
}

// require adds rules about which flags go together; they are checked before the command runs.
func require(cmd *cobra.Command, rules ...func(*cobra.Command) error) {
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		for _, rule := range rules {
			if err := rule(cmd); err != nil {
				return err
			}
		}
		return nil
	}
}

// exactlyOne of these flags must be there, and not be empty.
func exactlyOne(names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if given(cmd, names) == 0 {
			return errors.New(cmd.CommandPath() + " needs " + flags(names, "or"))
		}
		return atMostOne(names...)(cmd)
	}
}

// atMostOne of these flags may be there.
func atMostOne(names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if given(cmd, names) > 1 {
			return errors.New("give only one of " + flags(names, "and"))
		}
		for _, n := range names {
			if f := cmd.Flags().Lookup(n); f.Changed && f.Value.String() == "" {
				return fmt.Errorf("--%s is empty; maybe a variable of the script is not set", n)
			}
		}
		return nil
	}
}

// atLeastOne of these flags must be there.
func atLeastOne(names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if given(cmd, names) == 0 {
			return errors.New("there is nothing to change: give " + flags(names, "or"))
		}
		return nil
	}
}

func given(cmd *cobra.Command, names []string) (n int) {
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			n++
		}
	}
	return n
}

func flags(names []string, and string) string {
	last := len(names) - 1
	if last == 0 {
		return "--" + names[0]
	}
	return "--" + strings.Join(names[:last], ", --") + " " + and + " --" + names[last]
}

// each of these flags must be there, and not be empty.
func each(names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		for _, n := range names {
			if err := exactlyOne(n)(cmd); err != nil {
				return err
			}
		}
		return nil
	}
}

// onlyWith another flag do these make sense.
func onlyWith(other string, names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if given(cmd, names) > 0 && !cmd.Flags().Changed(other) {
			return errors.New(flags(names, "and") + " need --" + other)
		}
		return nil
	}
}

// ifGiven is the value of a flag that is there, even if it is empty; nil leaves things as they are.
func ifGiven(cmd *cobra.Command, name, value string) *string {
	if !cmd.Flags().Changed(name) {
		return nil
	}
	return &value
}

// noFiles says that the values of these flags are nothing the shell could know.
func noFiles(cmd *cobra.Command, names ...string) {
	for _, n := range names {
		complete(cmd, n, cobra.NoFileCompletions)
	}
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprint(n, " ", noun)
}
