package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// strict makes a command that does not exist a usage error everywhere, also below other commands and as a topic of help.
func strict(root *cobra.Command) {
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [command]",
		Short: "Show the help of a command",
		RunE: func(_ *cobra.Command, args []string) error {
			of := root
			for _, name := range args {
				next, rest, err := of.Find([]string{name})
				if err != nil || len(rest) > 0 {
					return noSuchCommand(of, name)
				}
				of = next
			}
			return of.Help()
		},
	})
	var below func(*cobra.Command)
	below = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			below(sub)
		}
		if c.HasSubCommands() && !c.Runnable() {
			c.SuggestionsMinimumDistance = 2
			c.Args = func(c *cobra.Command, args []string) error {
				if len(args) > 0 {
					return noSuchCommand(c, args[0])
				}
				return nil
			}
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	below(root)
}

func noSuchCommand(c *cobra.Command, name string) error {
	text := fmt.Sprintf("%s has no command %q", c.CommandPath(), name)
	if near := c.SuggestionsFor(name); len(near) > 0 {
		text += ", did you mean " + strings.Join(near, " or ") + "?"
	} else {
		text += "."
	}
	return usage{fmt.Errorf("%s See %s --help", text, c.CommandPath())}
}
