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
func (c *choice) Type() string   { return "value" }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("must be %s", c.list())
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
		panic(err) // the flag does not exist: a bug in this program
	}
}

// orOneMore is args with one more argument that may be left out.
func orOneMore(optional string, what ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if len(given) > len(what) {
			return args(append(what, optional)...)(cmd, given)
		}
		return args(what...)(cmd, given)
	}
}

// args checks the number of arguments; each is described in words for the error.
func args(what ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > 0 && len(what) == 0:
			return fmt.Errorf("%s takes no arguments, but got %q. See %[1]s --help", cmd.CommandPath(), args[0])
		case len(args) < len(what):
			return fmt.Errorf("%s requires %s. See %[1]s --help", cmd.CommandPath(), strings.Join(what[len(args):], " and "))
		case len(args) > len(what):
			return fmt.Errorf("%s takes %s, but also got %q", cmd.CommandPath(), strings.Join(what, " and "), args[len(what)])
		}
		for i, arg := range args {
			if arg == "" {
				return fmt.Errorf("%s requires %s, but the value is empty; a variable of the script may be unset", cmd.CommandPath(), what[i])
			}
		}
		return nil
	}
}

// require adds rules about combinations of flags, which are checked before the command runs.
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

// exactlyOne requires exactly one of the flags, with a value that is not empty.
func exactlyOne(names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if given(cmd, names) == 0 {
			return errors.New(cmd.CommandPath() + " needs " + flags(names, "or"))
		}
		return atMostOne(names...)(cmd)
	}
}

// atMostOne allows at most one of the flags.
func atMostOne(names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if given(cmd, names) > 1 {
			return errors.New("use only one of " + flags(names, "and"))
		}
		return withValue(names...)(cmd)
	}
}

// withValue requires that the flags have a value that is not empty, if they are given.
func withValue(names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		for _, n := range names {
			if f := cmd.Flags().Lookup(n); f.Changed && f.Value.String() == "" {
				return fmt.Errorf("--%s is empty; a variable of the script may be unset", n)
			}
		}
		return nil
	}
}

// atLeastOne requires at least one of the flags.
func atLeastOne(names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if given(cmd, names) == 0 {
			return errors.New("nothing to update: use " + flags(names, "or"))
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

// each requires every one of the flags, with a value that is not empty.
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

// onlyWith allows the flags only together with another one.
func onlyWith(other string, names ...string) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if given(cmd, names) > 0 && !cmd.Flags().Changed(other) {
			return errors.New(flags(names, "and") + " require --" + other)
		}
		return nil
	}
}

// ifGiven is the value of a flag, or nil if it was not given; an empty value is not nil.
func ifGiven(cmd *cobra.Command, name, value string) *string {
	if !cmd.Flags().Changed(name) {
		return nil
	}
	return &value
}

// noFiles turns off file completion for the values of the flags.
func noFiles(cmd *cobra.Command, names ...string) {
	for _, n := range names {
		complete(cmd, n, cobra.NoFileCompletions)
	}
}

// people returns a number of people in words.
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprint(n, " people")
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprint(n, " ", noun)
}
