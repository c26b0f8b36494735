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

// none is for commands without arguments.
func none(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, but there is %q. See %[1]s --help", cmd.CommandPath(), args[0])
	}
	return nil
}

// one is for commands with one argument, which what describes.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return fmt.Errorf("%s needs %s. See %[1]s --help", cmd.CommandPath(), what)
		case len(args) > 1:
			return fmt.Errorf("%s takes %s, but there is also %q", cmd.CommandPath(), what, args[1])
		case args[0] == "":
			return fmt.Errorf("%s needs %s, but what was given is empty; maybe a variable of the script is not set", cmd.CommandPath(), what)
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
	return "--" + strings.Join(names[:last], ", --") + " " + and + " --" + names[last]
}
